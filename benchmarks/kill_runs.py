"""SIGKILL at random moments, each followed by the same command; or a disk that fills up.

    python benchmarks/kill_runs.py [--items 300] [--kills 20] [--concurrency 32]
    python benchmarks/kill_runs.py --full-disk

In the end every label must be there and right, and answers bought twice at most those in flight at each
kill. Then the same for a person's work: corrections and exports, several at once (`kill_decisions`).
`--full-disk` mounts a small tmpfs (needs root; fails where it cannot) that runs full, is cleared, and
runs full again. Exits with 1 where anything is wrong.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.kill_decisions import Decisions, fill_decisions, kill_decisions, write_items
from classifier.survey.workspace import Workspace
from tests import batch_kit as kit
from tests.llm_server import LlmServer


def main() -> int:
    """Runs one of the two; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full-disk", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        return full_disk(work, given) if given.full_disk else kills(work, given)


def kills(work: Path, given: argparse.Namespace) -> int:
    """Kills the run again and again, at moments that spread over the time that is left."""
    workspace, chance = Workspace(kit.BRIDGES), random.Random(given.seed)
    source, out = kit.write_list(work / "list.jsonl", given.items), work / "out"
    arguments = kit.command(source, out, "--concurrency", str(given.concurrency))
    model, lost = kit.Model(workspace, wait_s=0.2), 0
    with LlmServer(model) as server:
        for _ in range(given.kills):
            # From the import of the program to the end of what is left.
            left = (given.items - model.answered.total() + lost) / given.concurrency * 0.2
            process = kit.start(arguments, server.url)
            time.sleep(chance.uniform(0, 1.5 + left * 1.5))
            ended = process.poll() is not None
            kit.kill(process) if not ended else process.communicate()
            lost = sum(model.answered.values()) - len(model.answered)
        process = kit.start(arguments, server.url)
        said = process.communicate(timeout=300)
    limit = given.kills * given.concurrency
    wrong = verdict(workspace, out, given, model, process.returncode, said, limit)
    decisions = Decisions(out, write_items(work / "items.json", source), given.items)
    kill_decisions(decisions, given.kills, chance)
    return int(bool(wrong) | decisions.verdict())


def full_disk(work: Path, given: argparse.Namespace) -> int:
    """Lets the run meet a full disk, makes room, and continues, until it is through."""
    workspace = Workspace(kit.BRIDGES)
    disk = work / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    try:
        source, out = kit.write_list(work / "list.jsonl", given.items), disk / "out"
        arguments = kit.command(source, out, "--concurrency", str(given.concurrency))
        model, ballast, full = kit.Model(workspace, wait_s=0.05), disk / "ballast", 0
        with LlmServer(model) as server:
            # Room for less than the list needs, a little more each time, and then all of it.
            for room_kb in (0, 100, 400, 700, 1000, None):
                fill(disk, ballast, room_kb)
                process = kit.start(arguments, server.url)
                said = process.communicate(timeout=300)
                full += process.returncode == 1 and ("full" in said[1] or "No space" in said[1])
                print(f"room {room_kb} KB: exit {process.returncode}: {said[1].strip()[-150:]}")
            print(f"{full} runs met a full disk")
            limit = full * given.concurrency
            wrong = verdict(workspace, out, given, model, process.returncode, said, limit)
        decisions = Decisions(out, write_items(work / "items.json", source), given.items)
        refused = fill_decisions(decisions, lambda room_kb: fill(disk, ballast, room_kb))
        print(f"{refused} corrections and exports met a full disk")
        decisions.ended(decisions.correct())
        return int(bool(wrong) | decisions.verdict() | (full == 0) | (refused == 0))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, ballast: Path, room_kb: int | None) -> None:
    """Writes a file that leaves so much room on the disk; None takes it away."""
    import shutil

    ballast.unlink(missing_ok=True)
    if room_kb is None:
        return
    free = shutil.disk_usage(disk).free - room_kb * 1024
    ballast.write_bytes(b"\0" * max(0, free))


def verdict(
    workspace: Workspace,
    out: Path,
    given: argparse.Namespace,
    model: kit.Model,
    code: int,
    said: tuple[str, str],
    limit: int,
) -> int:
    """Prints what came of it; 1 where it is wrong."""
    wrong = kit.wrong_labels(workspace, out, given.items)
    twice = sum(model.answered.values()) - given.items
    print(
        f"{given.items} items, {len(kit.labels_of(out))} labels, {len(wrong)} lost or wrong, "
        f"{twice} answers bought twice (allowed: {limit}), exit code {code}"
    )
    failed = wrong or twice > limit or code != 0
    if failed:
        print(*said, sep="\n", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
