"""Builds the site from docs/ and mkdocs.yml into site/, and checks that it is whole and works offline.

    python docs/build_site.py

Zensical's strict mode covers links and anchors. Two things are checked here: errors of mkdocstrings, which
strict mode lets pass, and addresses that a page would load from elsewhere when it is opened.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*?\bsrc=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preconnect|preload|icon|dns-prefetch))[^>]*?\bhref=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|(?:url\(|@import\s)["']?(?:https?:)?//[^"')\s]+""",
    re.IGNORECASE,
)


def build() -> list[str]:
    """Runs Zensical; returns what it reports as errors. Raises SystemExit if the build fails."""
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = COLOUR.sub("", done.stdout + done.stderr)
    if done.returncode:
        sys.exit(said.partition("Traceback (most recent call last)")[0].strip() or said)
    return [line for line in said.splitlines() if re.match(r"\s*(ERROR|WARNING|Error)\b", line)]


def foreign_loads() -> list[str]:
    """What pages and styles would load from the network, as `file: address`."""
    return [
        f"{path.relative_to(SITE)}: {found}"
        for path in sorted(SITE.rglob("*"))
        if path.suffix in (".html", ".css")
        for found in LOADS.findall(path.read_text(encoding="utf-8"))
    ]


def main() -> int:
    """Builds and checks; returns the exit code."""
    problems = [*build(), *foreign_loads()]
    for problem in problems:
        print(f"site: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"site: {len(list(SITE.rglob('*.html')))} pages in {SITE.name}/; open {SITE.name}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
