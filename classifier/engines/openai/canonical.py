"""A request body -> its hash, under which replies are stored and found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def request_sha256(request: Mapping[str, Any]) -> str:
    """Hash of a request body (or of its question); the order of its keys does not matter."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
