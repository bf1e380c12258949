r"""Makes mathematics as models write it (LaTeX, ASCII) comparable with what pages show.

What enters: a quote or a page's text. What leaves: the quote without LaTeX, and a key in which `$\gamma_t$`,
"γt" and "gamma_t" are one string. Signs and relations are kept in the key: 10^{-3} is not 10^3, and ≤ is not
≥. It does not do algebra: a fraction must be written in the order in which the page shows it.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from classifier.text.characters import DASHES, LETTER, UNSEEN, Folded, fold

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

MAX_LATEX = 2_000
"""Longest text that is decoded, in characters: the decoder takes up to 0.1 s for it."""
_MAX_DEPTH = 30
"""Deepest nesting of braces that is decoded, since the decoder is recursive."""

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau|upsilon"
    "|phi|chi|psi|omega"
)
_SIGNS = {
    "×": "x",
    "·": "*",
    "⋅": "*",
    "∙": "*",
    "∗": "*",
    "≤": "<=",
    "⩽": "<=",
    "≦": "<=",
    "≥": ">=",
    "⩾": ">=",
    "≧": ">=",
    "≠": "!=",
    "∼": "~",
    "∣": "|",
    "∥": "||",
    "‖": "||",
    "⟨": "<",
    "〈": "<",
    "⟩": ">",
    "〉": ">",
    "∆": "delta",
    "∑": "sigma",
    "∏": "pi",
    "⁄": "/",
    "∕": "/",
    "−": "-",
    "∖": "\\",
    "\u0338": "!",
    "∘": "°",
    "″": "''",
}
_UNKNOWN = {  # commands that the decoder drops
    "ne": "≠", "neg": "¬", "lnot": "¬", "land": "∧", "lor": "∨", "gets": "←", "implies": "⇒", "iff": "⇔",
    "models": "⊨", "leadsto": "⇝", "coloneqq": ":=", "degree": "°", "euro": "€", "pounds": "£",
    "textbar": "|", "textless": "<", "textgreater": ">", "lbrack": "[", "rbrack": "]", "slash": "/",
    "hyphen": "-", "arg": "arg", "argmax": "argmax", "argmin": "argmin", "deg": "deg", "det": "det",
    "dim": "dim", "gcd": "gcd", "hom": "hom", "Im": "Im", "ker": "ker", "Pr": "Pr", "Re": "Re",
}  # fmt: skip
_MATHEMATICAL = re.compile(
    rf"[$\\^_ˆ˜¯˙±]|</?su[bp]>|[<>!]=|\d,\d{{3}}|[\u0370-\u03ff\u2070-\u209f\u2190-\u22ff\u27c0-\u27ff\u2a00-\u2aff×·]"
    rf"|\b(?:{_GREEK.pattern})\b",
    re.IGNORECASE,
)
_LATEX = re.compile(r"[$\\]|[\^_]\{|</?su[bp]>", re.IGNORECASE)
_TAG = re.compile(r"</?su[bp]>", re.IGNORECASE)
# JSON strings read some backslashes as control characters: "\theta" becomes a tab and "heta".
_EATEN = re.compile(
    r"\t(?=(?:heta|au|imes|ilde|ext|o\b))|\x08(?=[a-z])|\x0c(?=[a-z])|\n(?=(?:abla|eq\b|u\b))|\r(?=(?:ho|ight))"
)
_BACK = {"\t": r"\t", "\x08": r"\b", "\x0c": r"\f", "\n": r"\n", "\r": r"\r"}
_BARE = re.compile(r"(?<!\\)[%&#]")
_FORMULA = re.compile(r"\$[^$]{1,400}\$|\\\(.{1,400}?\\\)|\\\[.{1,400}?\\\]", re.DOTALL)
_ROOT = re.compile(r"√\(([^()]*)\)")
_REFERENCE = re.compile(r"\s*<(?:cit\.|ref)>")
_QUOTED = re.compile(r'(?<!\w)\\"([^"\\]{1,200})\\"(?!\w)')  # escaped twice; else it is an umlaut
_NORM = re.compile(r"\\\||\\[lr]?Vert(?![a-zA-Z])")
_FRACTION = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_COMMAND = re.compile(rf"\\({'|'.join(_UNKNOWN)})(?![a-zA-Z])")
_BOX = re.compile(
    r"\\[mh]box(?=\{)|\\(?:sub){0,2}section\*?(?=\{)|\\href\{[^{}]*\}(?=\{)|\\operatorname\*(?=\{)"
)
_ARGUMENT = r"(\{(?:[^{}]|\{[^{}]*\})*\}|\\[a-zA-Z]+|[^\s{}\\])"
_LOW_HIGH = re.compile(
    rf"_{_ARGUMENT}\s?\^{_ARGUMENT}|([\u2080-\u209c]+)([\u2070-\u207f\u00b9\u00b2\u00b3]+)"
)
_COLON = re.compile(r"\\colon(?![a-zA-Z])")

_DROPPED = (
    rf"[\s{UNSEEN}$\\{{}}_^]+|(?<=\d),(?=\d{{3}}(?!\d))"  # 1,024 is also printed as 1 024
    # Hyphens and dashes between words get lost or added at line ends; before a digit, they are a minus.
    rf"|(?<={LETTER})[-\u2010\u2011][\s{UNSEEN}]*(?={LETTER})|(?:[\u2013\u2014\u2015]|-{{2,3}})(?!\s?\d)"
)
_NOT_ASCII = r"[^\x00-\x7f\u2e80-\ud7a3\U00020000-\U0003ffff]"  # nor letters without upper case
_KEY = re.compile(rf"({_DROPPED})|{LETTER}[\u0300-\u036f\u20d0-\u20ff]+|{_NOT_ASCII}")
_STRUCK = re.compile("\u0338\\s?([=∈<>≤≥])")  # TeX sets the stroke of ≠ before the sign
_ACCENTS = dict.fromkeys("ˆ˜¯ˇ˙´`¨")
_RELATION = re.compile(r"[=<>≤≥⩽⩾≠∈∉⊂⊃⊆⊇∪∩+±∓∞∇∂∝→←⇒⇔≈≮≯≰≱∀∃¬∧∨]")
_OPERATOR = re.compile("[∑∏∫]")
_SAME_RELATIONS = {"⩽": "≤", "⩾": "≥"}
_MINUS = re.compile(r"\u2212\s?(?=\d)")
_SIGN = re.compile(rf"(?<!\w)[-{DASHES}](?=\d)")
_DASH = re.compile(rf"[-{DASHES}]\s?(?=\d)")
_BEFORE_WORDS = re.compile(rf"(?<!{LETTER}{LETTER})\u2212(?!\s?\d)|\u2212(?!\s?\d)(?!{LETTER}{LETTER})")
"""A minus that is not before a number; between two words it is a hyphen."""
_PRIMES = re.compile(rf"(?<!{LETTER}){LETTER}(['\u2019]+|\s?\u2032+)(?!{LETTER})")
"""Primes after a name of one letter; after a word they are quotation marks or apostrophes."""
_ANY_DASH = re.compile(rf"[-{DASHES}]")


def has_mathematics(text: str) -> bool:
    """Whether a text contains LaTeX, symbols, or names of Greek letters; a cheap check."""
    return _MATHEMATICAL.search(text) is not None


def without_latex(text: str) -> str:
    r"""The text as a page shows it, with sub- and superscripts on the line; unchanged if it has no LaTeX.

    A text that is too long or too deeply nested is unchanged, too.

    >>> without_latex(r"a \emph{discount} $\gamma_t \leq 10^{-3}$, 81\%")
    'a discount γt ≤ 10−3, 81%'
    """
    text = _COMMAND.sub(
        lambda found: f"{{{_UNKNOWN[found[1]]}}}", _EATEN.sub(lambda found: _BACK[found[0]], text)
    )
    if len(text) > MAX_LATEX or not _LATEX.search(text) or _depth(text) > _MAX_DEPTH:
        return text
    text = _NORM.sub("‖", _QUOTED.sub(r'"\1"', _TAG.sub("", _BOX.sub("", text))))
    text = _COLON.sub(":", _FRACTION.sub(r"\\frac", text))
    text = _FORMULA.sub(lambda found: found[0].replace("-", "−").replace("'", "′"), text)
    try:
        plain = str(_decoder().latex_to_text(_BARE.sub(r"\\\g<0>", text)))
    except Exception:  # noqa: BLE001  any text at all comes here, and the decoder fails in many ways
        return text
    plain = _REFERENCE.sub("", _ROOT.sub(r"√\1", plain))
    return " ".join(re.sub(r"[\^_](?=\S)", "", plain).split())


def spellings(text: str) -> tuple[str, ...]:
    r"""`without_latex` of a text, and of the same with superscripts before subscripts, as TeX prints them.

    >>> spellings(r"the sum $\sum_{t=0}^T g_t^2$")
    ('the sum ∑t=0T gt2', 'the sum ∑Tt=0 g2t')
    """
    plain = without_latex(text)
    turned = without_latex(_LOW_HIGH.sub(_turn, text))
    return (plain,) if turned == plain else (plain, turned)


def _turn(found: re.Match[str]) -> str:
    low, high, small, raised = found.groups()
    return f"{raised}{small}" if small else f"^{high}_{low}"


def mathematics_key(text: str) -> Folded:
    """The text with Greek letters by name, without accents, spaces, braces, `^`, `_` and `$`.

    Minus signs are kept; hyphens between letters are removed.
    """
    folded = fold(text, _KEY, _named)
    return Folded(folded.text.lower(), folded.source_length, folded._starts, folded._sources)


def same_signs(quote: str, page: str) -> bool:
    """Whether two texts have the same relations (=, ≤, +, ∈ …), and the same minus signs.

    A dash may also be a hyphen, which pages lose: it counts only if it must be a minus.
    """
    quote, page = (unicodedata.normalize("NFKC", text) for text in (quote, page))
    if _relations(quote) != _relations(page) or _primes(quote) != _primes(page):
        return False
    # The text of a sum sign may be "P".
    operators = _OPERATOR.findall(page)
    if operators and operators != _OPERATOR.findall(quote):
        return False
    dashes = len(_DASH.findall(quote)), len(_DASH.findall(page))
    if len(_MINUS.findall(page)) > dashes[0]:
        return False
    if len(_SIGN.findall(page)) > dashes[0] or len(_SIGN.findall(quote)) > dashes[1]:
        return False
    other = [len(_ANY_DASH.findall(text)) - dash for text, dash in zip((quote, page), dashes, strict=True)]
    return len(_BEFORE_WORDS.findall(page)) <= other[0] and len(_BEFORE_WORDS.findall(quote)) <= other[1]


def _primes(text: str) -> list[int]:
    return [len(primes.strip()) for primes in _PRIMES.findall(text)]


def _relations(text: str) -> Counter[str]:
    text = _STRUCK.sub("\\1\u0338", text.replace("<=", "≤").replace(">=", "≥").replace("!=", "≠"))
    text = unicodedata.normalize("NFC", text)
    return Counter(_SAME_RELATIONS.get(sign, sign) for sign in _RELATION.findall(text))


@lru_cache(maxsize=4096)
def _named(chunk: str) -> str:
    composed = unicodedata.normalize("NFKC", chunk)
    return "".join(_SIGNS.get(char) or _without_accents(char) for char in composed)


def _without_accents(char: str) -> str:
    return "".join(map(_name, unicodedata.normalize("NFKD", char)))


def _name(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if char in DASHES:
        return "-"
    if unicodedata.combining(char) or char in _ACCENTS or char.isspace() or not char.isprintable():
        return ""
    name = unicodedata.name(char, "")
    if name.startswith("GREEK "):
        letter = name.replace("LAMDA", "LAMBDA").lower().split()
        return next((word for word in letter if _GREEK.fullmatch(word)), char)
    return {"‘": "'", "’": "'", "′": "'", "“": '"', "”": '"', "″": '"'}.get(char, char).replace("\u0130", "I")


def _depth(text: str) -> int:
    """Approximate depth of nested braces, formulas and environments."""
    depth = deepest = 0
    for found in re.finditer(r"[{}]|\\[(\[]|\\[)\]]|\\(?:begin|end|left|right|frac|sqrt)\b", text):
        depth += -1 if found[0] in ("}", r"\)", r"\]", r"\end", r"\right") else 1
        deepest = max(deepest, depth)
    return deepest


@cache
def _decoder() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it warns about each unknown command
    return LatexNodes2Text(math_mode="text", strict_latex_spaces="macros")
