"""What decides a run's results, by name, so that results of different runs are never joined in silence.

What enters: names and JSON values. What leaves: words for what differs, and hashes. It reads no files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any


def sha256_of(parts: Iterable[bytes]) -> str:
    """One hash of several byte strings, in their order; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two fingerprints, each in a few words; hashes without their values."""
    names = sorted({*before, *now})
    return tuple(
        _change(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name)
    )


def _change(name: str, before: Any, now: Any) -> str:
    if name.endswith("sha256"):
        return f"{name.removesuffix('_sha256')} changed"
    return f"{name}: {before} -> {now}"
