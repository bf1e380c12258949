"""Codes of TeX's fonts -> the characters that these fonts draw.

For fonts without glyph names or a map to Unicode (bitmaps by dvips, some subsets) an engine returns only
codes. Letters have ASCII codes, but ligatures and most symbols have codes below 32 and would be dropped: "the
ltering of dierent oces". The font of large symbols has sums and roots at the codes of letters. What enters
and what leaves have the same length, so that offsets stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import islice

_CODE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")
_FAMILY = re.compile(
    r"(?:\A|\+)(?:(CMMI|LMMathItalic)|(C?MB?SY|LMMathSymbols)|(CMEX|LMMathExtension))", re.IGNORECASE
)
_LIGATURES = dict(zip("\x0b\x0c\r\x0e\x0f", "\ufb00\ufb01\ufb02\ufb03\ufb04", strict=True))
# Knuth, The TeXbook, appendix F: codes 0 to 31 of the math italic, symbol and extension fonts.
_ITALIC = dict(zip(map(chr, range(32)), "ΓΔΘΛΞΠΣΥΦΨΩαβγδϵζηθικλμνξπρστυφχ", strict=True))
_SYMBOLS = dict(zip(map(chr, range(32)), "−·×∗÷⋄±∓⊕⊖⊗⊘⊙○∘•≍≡⊆⊇≤≥≼≽∼≈⊂⊃≪≫≺≻", strict=True))
_BRACKETS = dict(zip(map(chr, range(32)), "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\()()[]⌊⌋⌈⌉{}⟨⟩/\\", strict=True))
# The extension font has symbols in two sizes at the codes of letters.
_LARGE = dict(
    zip("PQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrst", "∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁∐∐ˆˆˆ˜˜˜[]⌊⌋⌈⌉{}√√√√√", strict=True)
)
# A letter that does not follow another. The pattern starts with the letter because that halves the time.
_LONE = re.compile(r"[P-Zh-t](?![a-z])(?:(?<![^\W\d_].)(?<=[P-Z])|(?!\S)(?<!\S.))", re.DOTALL)
_MOST_LONE = 400
"""Most letters of a page whose font is looked up; a page with formulas has about a hundred."""


def decode_tex(raw: str, font_of: Callable[[int], str] | None = None) -> str:
    r"""The text with TeX's codes replaced, one character by one.

    Args:
        raw: A page's text; line ends are "\n" or "\r\n".
        font_of: The name of the font of the character at an offset. Without names, only ligatures beside
            letters are replaced.
    """
    if _CODE.search(raw):
        raw = _CODE.sub(partial(_decode_control, font_of), raw)
    if font_of is None or "=" not in raw:  # a page without formulas
        return raw
    lone = islice(_LONE.finditer(raw), _MOST_LONE)
    large = [match.start() for match in lone if _is_large(font_of(match.start()))]
    if not large:
        return raw
    chars = list(raw)
    for at in large:
        chars[at] = _LARGE[chars[at]]
    return "".join(chars)


def _is_large(font: str) -> bool:
    family = _FAMILY.search(font)
    return family is not None and family[3] is not None


def _decode_control(font_of: Callable[[int], str] | None, match: re.Match[str]) -> str:
    code, at, raw = match[0], match.start(), match.string
    family = _FAMILY.search(font_of(at)) if font_of else None
    if family:
        return (_ITALIC if family[1] else _SYMBOLS if family[2] else _BRACKETS)[code]
    beside = raw[at + 1 : at + 2].islower() or raw[max(0, at - 1) : at].islower()
    return _LIGATURES.get(code, code) if beside else code
