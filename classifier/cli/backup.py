"""`classifier backup DIR FILE` and `classifier restore FILE DIR`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import exits
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural


def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of `classifier serve`, or of one run.")
    ],
    archive: Annotated[
        Path, typer.Argument(metavar="FILE", help="The archive to write (.tar.gz); it must not exist.")
    ],
) -> int:
    """Save a folder of runs as one archive, also while the service and runs work in it."""
    from classifier.service.backup import back_up

    report = back_up(folder, archive)
    for problem in report.problems:
        print(f"classifier: not in the backup: {problem}", file=sys.stderr)
    print(
        f"classifier: {count_of(len(report.files), 'file')} of {folder}, {report.size:,} bytes, "
        f"{plural(len(report.files), 'is', 'are')} in {archive}; "
        f"`{command_line('restore', archive, 'NEWDIR')}` unpacks and checks it",
        file=sys.stderr,
    )
    return exits.PARTIAL if report.problems else exits.DONE


def restore(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="An archive of `classifier backup`.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> int:
    """Unpack a backup into a new folder and check every file of it."""
    from classifier.model.run_files import LEDGER_FILE
    from classifier.service.restore import restore as unpack

    files = unpack(archive, folder)
    # One run is no folder of runs.
    more = (
        ""
        if any(file.path == LEDGER_FILE for file in files)
        else f"; `{command_line('serve', folder)}` resumes what was in work"
    )
    are = plural(len(files), "is", "are")
    print(
        f"classifier: {count_of(len(files), 'file')} {are} in {folder}, all as saved{more}", file=sys.stderr
    )
    return exits.DONE
