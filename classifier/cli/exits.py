"""The table from errors to exit codes.

0    done
1    internal failure (a file that cannot be written, a bug)
2    usage or configuration
3    bad input, or lint findings
4    source unavailable
5    model unavailable, refused, or no valid reply
6    some of several items failed or could not be read, or a cost cap stopped the run
7    quality gate missed
130  interrupted
"""

from __future__ import annotations

from classifier.errors import (
    ClassifierError,
    ConfigError,
    InputError,
    ModelError,
    PaperNotFound,
    ReplyError,
    SourceError,
    WrongPaper,
)

DONE, FAILURE, USAGE, BAD_INPUT, SOURCE, MODEL, PARTIAL, GATE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130

# The first matching class decides. "No such paper" is an error of the input, not of the source.
_CODES: tuple[tuple[type[ClassifierError], int], ...] = (
    (ConfigError, USAGE),
    (InputError, BAD_INPUT),
    (PaperNotFound, BAD_INPUT),
    (WrongPaper, BAD_INPUT),
    (SourceError, SOURCE),
    (ModelError, MODEL),
    (ReplyError, MODEL),
)


def exit_code(error: ClassifierError | type[ClassifierError]) -> int:
    """The exit code of one error, or of a class of errors."""
    kind = error if isinstance(error, type) else type(error)
    return next((code for known, code in _CODES if issubclass(kind, known)), FAILURE)
