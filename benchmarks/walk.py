"""The modules that a command calls, in order: `python benchmarks/walk.py classify|label|eval [--all]`.

Prints the top-level packages and modules of `classifier/` in the order in which the command first calls
them, with the modules of each, and the number of pairs of packages between which calls go. It sees function
calls in this process, not in sandboxed children. Works on any commit that has `classifier.cli.app.run`: run
it from that checkout's root.
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
    """The arguments of the command that is traced."""
    if name == "classify":
        return ["classify", str(ROOT / "examples" / "paper.pdf"), "--engine", "offline"]
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in SUITE), encoding="utf-8")
    if name == "label":
        return ["label", str(rows), "--engine", "offline", "--out", str(folder / "run")]
    return ["eval", "--suite", str(rows), "--engine", "offline", "--out", str(folder / "eval")]


def package_of(module: str) -> str:
    """The top-level package that a module is in, or the module itself if it is at the top level."""
    return module.split(".")[0]


def main() -> None:
    """Runs the command under the tracer and prints the modules that it called."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=("classify", "label", "eval"))
    parser.add_argument("--all", action="store_true", help="print every module, not only the packages")
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
    packages: dict[str, list[str]] = {}
    for module in modules:
        packages.setdefault(package_of(module), []).append(module)
    pairs = zip(walk.steps, walk.steps[1:], strict=False)
    crossings = {(a, b) for a, b in ((package_of(x), package_of(y)) for x, y in pairs) if a != b}
    print(
        f"{given.command}: {len(packages)} packages, {len(modules)} modules, "
        f"{len(crossings)} pairs of packages between which calls go"
    )
    for name, inside in packages.items():
        print(f"  {name:<14} {len(inside):>2}" + (f"  {', '.join(inside)}" if given.all else ""))


if __name__ == "__main__":
    main()
