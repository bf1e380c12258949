"""Calls PDFium on object handles at half the usual cost.

`pypdfium2.raw` types each pointer: a handle that comes back becomes a Python object, and is checked when it
goes in again. A page has hundreds of objects with a dozen calls each, so this is most of the pass's time.
Here the same functions take and return handles as plain numbers (None for a null pointer); buffers,
structures and addresses are passed in the same way. They write their results into a `Register`.
"""

from __future__ import annotations

import ctypes
from functools import partial
from struct import Struct
from types import SimpleNamespace
from typing import Any

import pypdfium2.raw as pdfium_c

_NAMES = (
    "FPDFAnnot_GetAP",
    "FPDFAnnot_GetFlags",
    "FPDFAnnot_GetRect",
    "FPDFAnnot_GetSubtype",
    "FPDFAnnot_HasKey",
    "FPDFClipPath_CountPathSegments",
    "FPDFClipPath_CountPaths",
    "FPDFClipPath_GetPathSegment",
    "FPDFFont_GetBaseFontName",
    "FPDFFont_GetFontData",
    "FPDFFont_GetIsEmbedded",
    "FPDFFormObj_CountObjects",
    "FPDFFormObj_GetObject",
    "FPDFPageObjMark_GetName",
    "FPDFPageObjMark_GetParamValueType",
    "FPDFPageObj_CountMarks",
    "FPDFPageObj_GetBounds",
    "FPDFPageObj_GetClipPath",
    "FPDFPageObj_GetFillColor",
    "FPDFPageObj_GetMark",
    "FPDFPageObj_GetMatrix",
    "FPDFPageObj_GetStrokeColor",
    "FPDFPageObj_GetStrokeWidth",
    "FPDFPageObj_GetType",
    "FPDFPageObj_HasTransparency",
    "FPDFPageObj_RemoveMark",
    "FPDFPageObj_SetIsActive",
    "FPDFPage_CloseAnnot",
    "FPDFPage_CountObjects",
    "FPDFPage_GetAnnot",
    "FPDFPage_GetAnnotCount",
    "FPDFPage_GetObject",
    "FPDFPathSegment_GetPoint",
    "FPDFPath_GetDrawMode",
    "FPDFTextObj_GetFont",
    "FPDFTextObj_GetFontSize",
    "FPDFTextObj_GetText",
    "FPDFTextObj_GetTextRenderMode",
    "FPDFText_GetCharIndexFromTextIndex",
    "FPDFText_GetCharOrigin",
    "FPDFText_GetFontSize",
    "FPDFText_GetMatrix",
    "FPDFText_GetTextObject",
    "FPDFText_GetUnicode",
)


def _is_pointer(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, ctypes._Pointer)


def _untyped(function: Any) -> Any:
    """The same function with its pointers as plain numbers."""
    arguments = [ctypes.c_void_p if _is_pointer(kind) else kind for kind in function.argtypes]
    result = ctypes.c_void_p if _is_pointer(function.restype) else function.restype
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    # This prototype keeps the interpreter's lock: PDFium is not thread-safe, and releasing it costs time.
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


fast = SimpleNamespace(**{name: _untyped(getattr(pdfium_c, name)) for name in _NAMES})


def address_of(thing: Any) -> int:
    """The handle, as a plain number, of a pypdfium2 object (a page, a text page)."""
    return ctypes.cast(thing.raw, ctypes.c_void_p).value or 0


class Register:
    """Output values of a call, which it writes by address and which are read in one step.

    Reading the elements of a ctypes array would take longer than the call.

    Attributes:
        places: The addresses to pass to a call, one per number; the first is that of the whole.
        read: Gives the numbers as a tuple.
    """

    def __init__(self, count: int, code: str = "f") -> None:
        """Reserves space for `count` numbers of the type `code`, as in `struct`: f, d, i or I."""
        layout = Struct(f"={count}{code}")
        buffer = ctypes.create_string_buffer(layout.size)
        start, step = ctypes.addressof(buffer), layout.size // count
        self.places = [start + step * number for number in range(count)]
        self.read = partial(layout.unpack_from, buffer)
