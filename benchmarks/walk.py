"""Through which modules one command walks, in order: `python benchmarks/walk.py classify|label|eval [--all]`.

Prints the rooms (packages and modules below `classifier/`) in the order in which the command first enters
them, with the modules of each, and how many doors it uses: pairs of rooms between which it goes. It sees
calls of functions in this process; what runs in sandboxed children is not seen. Works on any commit that has
`classifier.cli.app.run`: run it from that checkout's root.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

ROOT = Path.cwd()
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True
PACKAGE = ROOT / "classifier"

SUITE = [
    {
        "id": "a",
        "title": "Reward code by a language model",
        "label": "llm4rl/reward",
        "abstract": "A language model writes the rewards of a robot that learns by reinforcement learning.",
    },
    {
        "id": "b",
        "title": "A planner over skills",
        "label": "rl+llm/without-language-feedback",
        "abstract": "A language model plans over skills trained by reinforcement learning, and trains none.",
    },
    {
        "id": "c",
        "title": "A bridge",
        "label": "out-of-scope",
        "abstract": "We watch a bridge for a year.",
    },
]


class Walk:
    """The modules that were entered, in order, one entry for each change."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._names: dict[str, str | None] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """A profile function."""
        if event != "call" or frame.f_code.co_name == "<module>":
            return
        name = self._name(frame.f_code.co_filename)
        if name is not None and (not self.steps or self.steps[-1] != name):
            self.steps.append(name)

    def _name(self, file: str) -> str | None:
        if file not in self._names:
            path = Path(file)
            known = path.is_relative_to(PACKAGE)
            self._names[file] = ".".join(path.relative_to(PACKAGE).with_suffix("").parts) if known else None
        return self._names[file]


def command(name: str, folder: Path) -> list[str]:
    """The command line whose way is shown."""
    if name == "classify":
        return ["classify", str(ROOT / "examples" / "paper.pdf"), "--engine", "offline"]
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in SUITE), encoding="utf-8")
    if name == "label":
        return ["label", str(rows), "--engine", "offline", "--out", str(folder / "run")]
    return ["eval", "--suite", str(rows), "--engine", "offline", "--out", str(folder / "eval")]


def room(module: str) -> str:
    """The room that a module is in: the package's folder, or the module itself at the top."""
    return module.split(".")[0]


def main() -> None:
    """Runs the command under the tracer and prints its way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=("classify", "label", "eval"))
    parser.add_argument("--all", action="store_true", help="print every module, not only the rooms")
    given = parser.parse_args()
    from classifier.cli.app import run

    walk = Walk()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        threading.setprofile(walk)
        sys.setprofile(walk)
        try:
            run(command(given.command, Path(folder)))
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
    modules = dict.fromkeys(walk.steps)
    rooms: dict[str, list[str]] = {}
    for module in modules:
        rooms.setdefault(room(module), []).append(module)
    pairs = zip(walk.steps, walk.steps[1:], strict=False)
    doors = {(room(one), room(two)) for one, two in pairs if room(one) != room(two)}
    print(f"{given.command}: {len(rooms)} rooms, {len(modules)} modules, {len(doors)} doors between rooms")
    for name, inside in rooms.items():
        print(f"  {name:<14} {len(inside):>2}" + (f"  {', '.join(inside)}" if given.all else ""))


if __name__ == "__main__":
    main()
