"""LaTeX as bibliographies hold it -> plain text.

What enters: a field's value. What leaves: text with accents, symbols and simple formulas as characters and
without braces and commands. pylatexenc does the work; what it would misread in prose (a bare "%" or "&") is
escaped before, and a value without any LaTeX does not reach it, since it costs about half a millisecond.
"""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_BARE = re.compile(r"(?<!\\)[%&#]")
_PLAIN = str.maketrans({"{": None, "}": None, "~": " "})
_LINK = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}")
_HREF = re.compile(r"\\href\s*\{[^{}]*\}\s*\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([_%&#~{}$])")
_COMMAND = re.compile(r"\\[A-Za-z]+\s?|\\.")


def decode_latex(text: str) -> str:
    r"""Plain text of a value; what cannot be decoded loses its commands and braces.

    >>> decode_latex(r"{\"U}ber {Things}: 50% of $\pi_0$ \& more")
    'Über Things: 50% of π_0 & more'
    """
    if "\\" not in text and "$" not in text:
        return text.translate(_PLAIN).replace("---", "—").replace("--", "–")
    text = _HREF.sub(r"\1", _LINK.sub(r"\1", text))
    try:
        return str(_decoder().latex_to_text(_BARE.sub(r"\\\g<0>", text))).replace("\u00a0", " ")
    except Exception:  # noqa: BLE001  any text at all comes here, and the decoder fails in many ways
        return _COMMAND.sub("", text).translate(_PLAIN).replace("$", "")


def decode_address(text: str) -> str:
    r"""An address or id without LaTeX: `\url{…}` and escaped characters are undone, nothing else."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", text)).strip("{} ")


@cache
def _decoder() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    # It warns of every command that it does not know; the text is kept either way.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    return LatexNodes2Text(math_mode="text", strict_latex_spaces="macros")
