"""SIGKILL and a full disk for `classifier correct` and `export`; used by kill_runs.py.

A correction whose command ended well must be in the ledger afterwards, whatever was killed meanwhile. A file
that an export writes is as it was, or whole; a list that gets its labels in place is as it was, or whole.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from classifier.batch.ledger.rows import read_corrections
from tests import batch_kit as kit

URL = "http://127.0.0.1:9"  # nothing is asked
OTHER = "unplaced"


class Decisions:
    """Corrections of a run over `items` entries, and exports of it, by many processes.

    Attributes:
        saved: Note by key, of corrections whose command ended well or said that it saved.
        asked: Notes by key, of all that were begun.
        problems: What was lost or torn.
    """

    def __init__(self, out: Path, source: Path, items: int) -> None:
        self.out, self.source, self.items = out, source, items
        self.original = source.read_bytes()
        self.saved: dict[str, str] = {}
        self.asked: dict[str, set[str]] = {}
        self.problems: list[str] = []
        self.killed = 0
        self._numbers = iter(range(1_000_000))

    def correct(self) -> tuple[str, str, subprocess.Popen[str]]:
        """Starts a correction of one of the entries."""
        number = next(self._numbers)
        key, note = f"e{number * 7 % self.items}", f"note {number}"
        self.asked.setdefault(key, set()).add(note)
        command = ["correct", str(self.out), key, OTHER, "--by", "kill_runs", "--note", note]
        return key, note, self._start(command)

    def export(self, *more: str) -> subprocess.Popen[str]:
        """Starts an export."""
        return self._start(["export", str(self.out), "--workspace", str(kit.BRIDGES), *more])

    def ended(self, made: tuple[str, str, subprocess.Popen[str]]) -> None:
        """Takes note of a correction whose process was not killed."""
        key, note, process = made
        _, said = process.communicate(timeout=120)
        if process.returncode == 0 or "saved in the ledger" in said:
            self.saved[key] = note
        elif "Traceback" in said or "internal error" in said:
            self.problems.append(f"correct: {said.strip()[-300:]}")

    def check(self) -> None:
        """Whether all that was saved is in the ledger, and every file is whole."""
        found = {one.correction.key: one.correction.note for one in read_corrections(self.out)}
        for key, note in self.saved.items():
            # One that was killed after it had saved may have replaced it.
            if key not in found or found[key] not in self.asked[key] or _number(found[key]) < _number(note):
                self.problems.append(f"{key}: '{note}' was saved, the ledger has '{found.get(key)}'")
        for file in self.out.parent.glob("export*.jsonl"):
            if len(_lines(file)) != self.items:
                self.problems.append(f"{file}: {len(_lines(file))} lines")
        text = self.source.read_bytes()
        if text != self.original and (
            len(_items(text)) != self.items or not self.source.with_name(f"{self.source.name}.bak").exists()
        ):
            self.problems.append(f"{self.source}: torn")

    def verdict(self) -> bool:
        """Prints what came of it; True if anything is wrong."""
        process = self.export("-f", "jsonl", "--out", str(self.out.parent / "last.jsonl"))
        _, said = process.communicate(timeout=120)
        if process.returncode:
            self.problems.append(f"export at the end: {said.strip()[-300:]}")
        for file in (self.out / "labels.jsonl", self.out.parent / "last.jsonl"):
            labels = {line["ref"]: line for line in _lines(file)}
            missing = [key for key in self.saved if "correction" not in labels.get(key, {})]
            if missing:
                self.problems.append(f"{file.name} lacks corrections of {missing[:5]}")
        print(
            f"corrections and exports: {sum(map(len, self.asked.values()))} corrections begun, "
            f"{self.killed} processes killed, {len(self.saved)} entries with a saved correction, "
            f"{len(self.problems)} lost or torn"
        )
        print(*self.problems[:10], sep="\n", file=sys.stderr)
        return bool(self.problems)

    def _start(self, arguments: list[str]) -> subprocess.Popen[str]:
        return kit.start([sys.executable, "-m", "classifier", *arguments], URL)


def kill_decisions(decisions: Decisions, rounds: int, chance: random.Random) -> None:
    """Two corrections, an export to a file and one into the list, all at once; about half are killed."""
    for number in range(rounds):
        made = [decisions.correct(), decisions.correct()]
        target = decisions.out.parent / f"export{number % 2}.jsonl"
        exports = [
            decisions.export("-f", "jsonl", "--out", str(target), "--force"),
            decisions.export("-f", "csl-json", "--into", str(decisions.source)),
        ]
        processes = [process for _, _, process in made] + exports
        time.sleep(chance.uniform(0.1, 3.0))
        for process in chance.sample(processes, 2):
            if process.poll() is None:
                kit.kill(process)
                decisions.killed += 1
        for one in made:
            if one[2].returncode is None or one[2].returncode >= 0:
                decisions.ended(one)
        for process in exports:
            if process.returncode is None:
                process.communicate(timeout=120)
        decisions.check()
    last = decisions.correct()
    decisions.ended(last)


def fill_decisions(decisions: Decisions, leave_room: Callable[[int | None], None]) -> int:
    """Corrections and exports with ever more room; how many commands met the full disk.

    Args:
        leave_room: Fills the disk up to so many KB; None clears it.
    """
    full = 0
    for room_kb in (0, 30, 100, 300, 700):
        leave_room(room_kb)
        made = [decisions.correct(), decisions.correct()]
        target = decisions.out.parent / "export.jsonl"
        export = decisions.export("-f", "jsonl", "--out", str(target), "--force")
        for one in made:
            decisions.ended(one)
            full += one[2].returncode != 0
        _, said = export.communicate(timeout=120)
        full += export.returncode != 0
        if "Traceback" in said or "internal error" in said:
            decisions.problems.append(f"export: {said.strip()[-300:]}")
        leave_room(None)  # even reading a ledger takes 32 KB beside it
        decisions.check()
    return full


def write_items(source: Path, entries: Path) -> Path:
    """The list again as one JSON array, which labels can be put into."""
    source.write_text(json.dumps(_lines(entries), indent=1), encoding="utf-8")
    return source


def _lines(file: Path) -> list[dict[str, object]]:
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except ValueError:
        return []


def _items(text: bytes) -> list[object]:
    try:
        return list(json.loads(text))
    except ValueError:
        return []


def _number(note: str) -> int:
    return int(note.split()[-1])
