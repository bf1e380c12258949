"""A request body -> its hash: by which replies are kept and found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def request_sha256(request: Mapping[str, Any]) -> str:
    """Hash of a request body (or of what it asks), whatever the order of its keys."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
