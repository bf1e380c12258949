"""Writes the files of a workspace's studies; only new and changed lines differ.

What enters: studies. What leaves: both files, or neither, and only if `classifier lint` has no new finding.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

from classifier.errors import InputError, StoreError
from classifier.files import replace_bytes
from classifier.model.identity import same_paper
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.study import Study
from classifier.survey.finding import Finding
from classifier.survey.lint import lint_workspace
from classifier.survey.workspace import GOLD_FILES, TAXONOMY_FILE, Workspace, read_studies
from classifier.text.counting import count_of


class GoldFiles:
    """The two files of studies; unchanged lines are written as they were."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._studies: list[tuple[str, Study]] = []
        self._old = {
            name: (root / name).read_bytes() if (root / name).is_file() else None for name in GOLD_FILES
        }
        self._lines: dict[str, list[tuple[str, str]]] = {}
        for name in GOLD_FILES:
            studies = dict(read_studies(root / name)) if self._old[name] is not None else {}
            self._studies += [(name, study) for study in studies.values()]
            text = (self._old[name] or b"").decode("utf-8-sig")
            self._lines[name] = [
                (studies[number].id, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()
            ]

    def find(self, study: Study) -> Study | None:
        """The study of the same paper."""
        return next((old for _, old in self._studies if same_paper(old, study)), None)

    def free_id(self, study: Study) -> str:
        """An id that no study has, such as smith2020 or smith2020b."""
        taken = {old.id for _, old in self._studies}
        endings = ["", *"bcdefghijklmnopqrstuvwxyz", *(f"-{number}" for number in range(2, len(taken) + 3))]
        return next(name for ending in endings if (name := f"{study.id}{ending}") not in taken)

    def put(self, study: Study, old: Study | None) -> None:
        """Adds a line, or replaces the old study's; in the other file if the new label requires it."""
        if study == old:
            return
        name = GOLD_FILES[study.label == OUT_OF_SCOPE]
        line = _line(study)
        lines = self._lines[name]
        places = [place for place, (other, _) in enumerate(lines) if other == study.id]
        if places:
            lines[places[0]] = (study.id, line)
        else:
            for others in self._lines.values():
                others[:] = [pair for pair in others if pair[0] != study.id]
            lines.append((study.id, line))
        self._studies = [pair for pair in self._studies if pair[1].id != study.id] + [(name, study)]

    def content(self) -> dict[str, bytes]:
        """File -> its new bytes; without files that would be new and empty."""
        return {
            name: "".join(f"{line}\n" for _, line in lines).encode()
            for name, lines in self._lines.items()
            if lines or self._old[name] is not None
        }

    def write(self) -> None:
        """Writes both files, or leaves both as they were.

        Raises:
            StoreError: One cannot be written.
        """
        done = []
        try:
            for name, data in self.content().items():
                if data != self._old[name]:
                    replace_bytes(
                        self._root / name, (data,), advice="make room, or choose another --workspace"
                    )
                    done.append(name)
        except StoreError:
            for name in done:
                before = self._old[name]
                if before is None:
                    (self._root / name).unlink()
                else:
                    replace_bytes(self._root / name, (before,))
            raise


def check_files(workspace: Workspace, files: GoldFiles) -> None:
    """Lints a copy with the new files.

    Raises:
        InputError: There is a new error; advice does not matter.
    """
    before = {_essence(finding) for finding in lint_workspace(workspace)}
    with tempfile.TemporaryDirectory(prefix="classifier-gold-") as folder:
        copy = Path(folder)
        shutil.copy(workspace.root / TAXONOMY_FILE, copy / TAXONOMY_FILE)
        for name, data in files.content().items():
            replace_bytes(copy / name, (data,))
        after = lint_workspace(Workspace(copy))
    # Leaves without a study are not caused by the added studies.
    errors = [one for one in after if one.level == "error" and one.code != "no-example"]
    new = [one for one in errors if _essence(one) not in before]
    if new:
        listed = "; ".join(f"{one.where}: {one.message}" for one in new[:3])
        more = f"; and {len(new) - 3} more" if len(new) > 3 else ""
        raise InputError(
            f"lint would find {count_of(len(new), 'new problem')}, so nothing is written: {listed}{more}"
        )


def _essence(finding: Finding) -> tuple[str, str, str]:
    """A finding without its line number, which may change."""
    return finding.code, re.sub(r":\d+", "", finding.where), finding.message


def _line(study: Study) -> str:
    data = study.model_dump(mode="json", exclude_defaults=True, exclude={"attributes"})
    if study.attributes:
        data["attributes"] = dict(study.attributes)
    return json.dumps(data, ensure_ascii=False)
