"""Fingerprints: what decides a run's results, by name, so that results of different runs are never mixed.

What enters: names and JSON values. What leaves: hashes, and descriptions of differences. It reads no files.
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
    "embedding_weights_sha256": "the weights for the embeddings",
    "suite_sha256": "the suite",
    "texts_sha256": "the suite's texts",
}
_NAMED = {"base_url": "server", "reading": "--read"}

_NOTES = ("reading",)
"""In ledgers of version 0.1; today each label says what it was decided from."""


def sha256_of(parts: Iterable[bytes]) -> str:
    """One hash of several byte strings; their order and their boundaries matter."""
    return join_digests(hashlib.sha256(part).digest() for part in parts)


def join_digests(digests: Iterable[bytes]) -> str:
    """One hash of the SHA-256 digests of several byte strings, as `sha256_of` computes it."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Describes each difference between two fingerprints in a few words; hashes without their values.

    If the engines differ, values that only one engine has are left out, except for the model: they follow
    from the engine.
    """
    names = [
        name
        for name in dict.fromkeys((*before, *now))
        if name not in _NOTES and before.get(name) != now.get(name)
    ]
    if "engine" in names:
        names = [name for name in names if name == "model" or (name in before and name in now)]
    return tuple(_change(name, before.get(name), now.get(name)) for name in names)


def _change(name: str, before: Any, now: Any) -> str:
    if name.endswith("sha256"):
        return _HASHED.get(name, name.removesuffix("_sha256").replace("_", " "))
    old, new = ("none" if value is None else value for value in (before, now))
    return f"{_NAMED.get(name, name)}: {old} -> {new}"
