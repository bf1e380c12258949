"""What decides a run's results, by name, so that results of different runs are never joined silently.

What enters: names and JSON values. What leaves: words for what differs, and hashes. It reads no files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

_HASHED = {
    "taxonomy_sha256": "the taxonomy",
    "studies_sha256": "the studies",
    "calibration_sha256": "the calibration",
    "prompt_sha256": "the prompts",
    "offline_sha256": "the offline engine's files",
    "engine_sha256": "the engine's files",
    "suite_sha256": "the suite",
    "texts_sha256": "the suite's texts",
}
_NAMED = {"base_url": "server", "reading": "--read"}


def sha256_of(parts: Iterable[bytes]) -> str:
    """One hash of several byte strings, in their order; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two fingerprints, each in a few words; hashes without their values.

    Of two engines, what only one of them has is left out, but for the model: it says nothing new.
    """
    names = [name for name in dict.fromkeys((*before, *now)) if before.get(name) != now.get(name)]
    if "engine" in names:
        names = [name for name in names if name == "model" or (name in before and name in now)]
    return tuple(_change(name, before.get(name), now.get(name)) for name in names)


def _change(name: str, before: Any, now: Any) -> str:
    if name.endswith("sha256"):
        return _HASHED.get(name, name.removesuffix("_sha256").replace("_", " "))
    old, new = ("none" if value is None else value for value in (before, now))
    return f"{_NAMED.get(name, name)}: {old} -> {new}"
