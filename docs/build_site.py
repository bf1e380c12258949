"""Builds the site from docs/ and mkdocs.yml into site/, and checks that it is whole and works offline.

    python docs/build_site.py

Zensical's strict mode covers links and anchors. Three things are checked here: errors of mkdocstrings, which
strict mode lets pass; links to files that are no pages; and what a page would load from elsewhere.
"""

import html
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

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


def broken_links() -> list[str]:
    """Links between the built pages that lead to no file or no element, as `file: link`."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(SITE.rglob("*.html"))}
    names = {path: set(re.findall(r"""\bid=["']?([^"'\s>]+)""", text)) for path, text in texts.items()}
    found = []
    for page, text in texts.items():
        for link in re.findall(r"""<a\b[^>]*?\bhref=["']?([^"'\s>]+)""", text):
            address, _, name = html.unescape(link).partition("#")
            if re.match(r"[a-z]+:|//", address):
                continue
            target = (page.parent / unquote(address)).resolve() if address else page
            whole = target.is_file() and (not name or target not in names or unquote(name) in names[target])
            if not whole and page.name != "404.html":
                found.append(f"{page.relative_to(SITE)}: {link}")
    return found


def main() -> int:
    """Builds and checks; returns the exit code."""
    problems = [*build(), *foreign_loads(), *broken_links()]
    for problem in problems:
        print(f"site: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"site: {len(list(SITE.rglob('*.html')))} pages in {SITE.name}/; open {SITE.name}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
