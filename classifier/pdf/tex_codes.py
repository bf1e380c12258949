"""Control codes of TeX's fonts -> the characters that these fonts draw.

For fonts without glyph names or a map to Unicode (bitmaps by dvips, some subsets) an engine returns only
codes. Letters have ASCII codes, but ligatures and most symbols have codes below 32 and would be dropped: "the
ltering of dierent oces". What enters and what leaves have the same length, so that offsets stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CODE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)")
_FAMILY = re.compile(
    r"(?:\A|\+)(?:(CMMI|LMMathItalic)|(C?MB?SY|LMMathSymbols)|(CMEX|LMMathExtension))", re.IGNORECASE
)
_LIGATURES = dict(zip("\x0b\x0c\r\x0e\x0f", "\ufb00\ufb01\ufb02\ufb03\ufb04", strict=True))
# Knuth, The TeXbook, appendix F: codes 0 to 31 of the math italic, symbol and extension fonts.
_ITALIC = dict(zip(map(chr, range(32)), "ΓΔΘΛΞΠΣΥΦΨΩαβγδϵζηθικλμνξπρστυφχ", strict=True))
_SYMBOLS = dict(zip(map(chr, range(32)), "−·×∗÷⋄±∓⊕⊖⊗⊘⊙○∘•≍≡⊆⊇≤≥≼≽∼≈⊂⊃≪≫≺≻", strict=True))
_BRACKETS = dict(zip(map(chr, range(32)), "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\()()[]⌊⌋⌈⌉{}⟨⟩/\\", strict=True))


def decode_tex(raw: str, font_of: Callable[[int], str] | None = None) -> str:
    r"""The text with TeX's codes replaced, one character by one.

    Args:
        raw: A page's text; line ends are "\n" or "\r\n".
        font_of: The name of the font of the character at an offset. Without names, only ligatures beside
            letters are replaced.
    """
    if not _CODE.search(raw):
        return raw

    def replace(match: re.Match[str]) -> str:
        code, at = match[0], match.start()
        family = _FAMILY.search(font_of(at)) if font_of else None
        if family:
            return (_ITALIC if family[1] else _SYMBOLS if family[2] else _BRACKETS)[code]
        beside = raw[at + 1 : at + 2].islower() or raw[max(0, at - 1) : at].islower()
        return _LIGATURES.get(code, code) if beside else code

    return _CODE.sub(replace, raw)
