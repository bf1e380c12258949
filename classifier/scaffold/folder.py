"""Writes the files of a new workspace into a folder, all or nothing; it can be repeated.

What enters: names and texts. What leaves: the files, and `init/state.json`, which says which files are ours.
A folder with other files is rejected; a file that a person changed is kept unless `force` is set, or it is
one that a person edits for the next init. After a kill at any moment, the same command completes the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from classifier.errors import ConfigError, StoreError
from classifier.files import PART, replace_text

STATE_FILE = "init/state.json"
_ADVICE = "choose another folder, or make room"
_SHOWN = 5


class InitFolder:
    """The folder of a new workspace.

    Raises:
        ConfigError: It is a file, or has files that no init has written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        if root.exists() and not root.is_dir():
            raise ConfigError(f"{root}: is a file; expected a new or empty folder")
        self._state = self._load()
        if self._state is None and root.is_dir():
            names = sorted(path.name for path in root.iterdir() if not _is_nothing(path))
            if names:
                shown = ", ".join(names[:_SHOWN]) + ", …" * (len(names) > _SHOWN)
                raise ConfigError(
                    f"{root}: has files that `classifier init` did not make ({shown}); choose a new or "
                    "empty folder"
                )

    @property
    def is_new(self) -> bool:
        """Whether no init has written this folder yet."""
        return self._state is None

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the last init noted about its source; empty if there was none."""
        return self._state or {}

    def changed(self) -> tuple[str, ...]:
        """Files of an earlier init that were changed since then."""
        known = self._known()
        return tuple(name for name in sorted(known) if (sha := self._sha(name)) and sha not in known[name])

    def adopt(self, name: str, text: str) -> None:
        """See `note_own_change`."""
        state, sha = self._state or {}, self._sha(name)
        if not sha or name in self.changed():
            return
        for key, value in (("before", sha), ("files", _sha256(text))):
            state = {**state, key: {**(state.get(key) or {}), name: value}}
        self._save(state)

    def write(
        self,
        files: Mapping[str, str],
        facts: Mapping[str, Any],
        *,
        force: bool = False,
        inputs: Collection[str] = (),
        kept: Collection[str] = (),
    ) -> list[str]:
        """Writes all files; returns the names of those that were new or changed.

        Args:
            files: Relative name -> text. Files of an earlier init that are not among them are removed.
            facts: Data about the source and the options, stored in the state.
            force: Replace files that were changed by hand, too; FILE.bak keeps the old content.
            inputs: Files that a person edits for this init: replaced without `force`, and kept as FILE.bak.
            kept: Files that stay as they are, byte for byte, if they exist.

        Raises:
            ConfigError: Files were changed by hand.
            StoreError: A file cannot be written; rerun to resume.
        """
        wanted = {
            name: (self._sha(name) if name in kept else "") or _sha256(text) for name, text in files.items()
        }
        changed = [name for name in self.changed() if wanted.get(name, _sha256("")) != self._sha(name)]
        refused = [name for name in changed if name not in inputs]
        if refused and not force:
            raise ConfigError(
                f"{self.root}: changed since init made them: {', '.join(refused)}; add --force to replace "
                "them (FILE.bak keeps what they were), or choose another folder"
            )
        before = {name: sha for name in {*self._known(), *wanted} if (sha := self._sha(name))}
        ours = {name: sha for name, sha in before.items() if name not in changed}
        state = {"schema_version": 1, **facts, "files": wanted}
        self._save({**state, "done": False, "before": ours})
        self._clear_parts()
        for name in changed:
            self._keep(name)
        written = []
        for name, text in files.items():
            if before.get(name) != wanted[name]:
                replace_text(self.root / name, text, advice=_ADVICE)
                written.append(name)
        for name in ours.keys() - wanted.keys():
            (self.root / name).unlink(missing_ok=True)
        self._save({**state, "done": True})
        return written

    def _known(self) -> dict[str, set[str]]:
        """File -> hashes of the contents that an init wrote there, or found unchanged."""
        found: dict[str, set[str]] = {}
        for key in ("files", "before"):
            for name, sha in ((self._state or {}).get(key) or {}).items():
                if Path(name).is_absolute() or ".." in Path(name).parts:
                    continue  # a manipulated state must not name files outside
                found.setdefault(str(name), set()).add(str(sha))
        return found

    def _load(self) -> dict[str, Any] | None:
        path = self.root / STATE_FILE
        if not path.is_file():
            return None
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{path}: cannot be read ({error}); remove the folder, or choose another"
            ) from error
        if not isinstance(state, dict) or not all(
            isinstance(state.get(k) or {}, dict) for k in ("files", "before")
        ):
            raise ConfigError(f"{path}: is no state of an init; remove the folder, or choose another")
        return state

    def _save(self, state: dict[str, Any]) -> None:
        replace_text(
            self.root / STATE_FILE, json.dumps(state, ensure_ascii=False, indent=1) + "\n", advice=_ADVICE
        )
        self._state = state

    def _sha(self, name: str) -> str:
        path = self.root / name
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be read ({error.strerror or error}); choose another folder"
            ) from error

    def _keep(self, name: str) -> None:
        """Copies a changed file to a free name beside it."""
        path = self.root / name
        numbers = ("", *(f".{n}" for n in range(1, 1000)))
        backup = next(b for n in numbers if not (b := path.with_name(f"{path.name}.bak{n}")).exists())
        try:
            backup.write_bytes(path.read_bytes())
        except OSError as error:
            raise StoreError(f"cannot write {backup}: {error.strerror or error}; {_ADVICE}") from error

    def _clear_parts(self) -> None:
        """Removes unfinished files of a killed init."""
        for name in (STATE_FILE, *self._known()):
            folder = (self.root / name).parent
            for part in folder.glob(f".{Path(name).name}.*{PART}"):
                part.unlink(missing_ok=True)


def note_own_change(root: Path, name: str, text: str) -> None:
    """Notes that a command of ours is about to change a file, so that a later init takes it for its own.

    Nothing is noted if no init made the folder, or if a person has changed the file before.

    Raises:
        StoreError: The state cannot be written.
    """
    if not (root / STATE_FILE).is_file():
        return
    folder = InitFolder(root)
    folder.adopt(name, text)


def _is_nothing(path: Path) -> bool:
    """Whether a file does not count: hidden, or left by an init that was killed at its start."""
    if path.name.startswith("."):
        return True
    own = path.name == Path(STATE_FILE).parent.name and path.is_dir()
    return own and all(inner.name.startswith(".") for inner in path.iterdir())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()
