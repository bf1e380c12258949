"""How fast reading lists are read and compared, and what memory that takes.

    python benchmarks/lists.py [ENTRIES]        (default 100000; invented entries with abstracts)

Each measurement is a process of its own: entries a CPU second, and peak memory in MiB, for 1,000 entries and
for ENTRIES; the difference is what a longer list costs.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

COMMON = [
    "learning",
    "policy",
    "robots",
    "agents",
    "planning",
    "reward",
    "robust",
    "tasks",
    "visual",
    "control",
]
WORDS = COMMON + [f"word{number}" for number in range(300)]


def titles(count: int) -> Iterator[str]:
    """Titles that share words, beginnings and ends, as those of one field do."""
    draw = random.Random(2)
    for number in range(count):
        words = [draw.choice(COMMON if draw.random() < 0.5 else WORDS) for _ in range(draw.randint(5, 12))]
        words = ["deep", "learning", "for", *words] if draw.random() < 0.03 else words
        words += ["via", "deep", "learning"] if draw.random() < 0.03 else []
        yield (f"Sys{number}: " if draw.random() < 0.3 else "") + " ".join(words).title()


def write_lists(folder: Path, count: int) -> None:
    """The same entries as JSON lines and as BibTeX."""
    draw = random.Random(3)
    with (folder / f"{count}.jsonl").open("w") as lines, (folder / f"{count}.bib").open("w") as bibtex:
        for number, title in enumerate(titles(count)):
            abstract = " ".join(draw.choice(WORDS) for _ in range(150))
            row = {
                "id": f"k{number}",
                "title": title,
                "authors": ["Ann Lee", "Bo Müller"],
                "abstract": abstract,
            }
            lines.write(json.dumps(row | {"year": 2020, "doi": f"10.1000/x.{number}"}) + "\n")
            bibtex.write(
                f"@article{{k{number},\n  title = {{{{{title}}}}},\n"
                f'  author = {{Lee, Ann and M{{\\"u}}ller, Bo}},\n'
                f"  year = {{2020}},\n  doi = {{10.1000/x.{number}}},\n  abstract = {{{abstract}}},\n"
                f"  file = {{:files/{number}.pdf:PDF}},\n}}\n\n"
            )


def measure(file: str, compare: bool) -> None:
    """Reads one list in this process and prints what it took."""
    from classifier.batch.duplicates import Duplicates
    from classifier.lists import read_lists

    duplicates = Duplicates()
    start = time.process_time()
    count = found = 0
    for entry in read_lists([file]):
        count += 1
        found += compare and duplicates.find(entry) is not None  # type: ignore[arg-type]
    rate = count / (time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = "read and compared" if compare else "read"
    print(
        f"{Path(file).name:14} {what:18} {rate:8,.0f} entries/CPU s   peak {peak:6.1f} MiB   "
        f"{found} duplicates"
    )


def main(count: int) -> None:
    """Writes the lists and measures each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for size in (1000, count):
            write_lists(Path(folder), size)
        for suffix in ("jsonl", "bib"):
            for size in (1000, count):
                for how in ("read", "compare"):
                    file = Path(folder) / f"{size}.{suffix}"
                    subprocess.run([sys.executable, __file__, how, str(file)], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[2], sys.argv[1] == "compare")
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
