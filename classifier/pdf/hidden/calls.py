"""PDFium's calls on object handles, at half of their usual cost.

`pypdfium2.raw` types each pointer: a handle that comes back becomes a Python object, and is checked when it
goes in again. A page has hundreds of objects with a dozen questions each, so that this is most of the pass's
time. Here the same functions take and give handles as plain numbers (None for a null pointer); buffers,
structures and addresses go in alike.
"""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pypdfium2.raw as pdfium_c

_NAMES = (
    "FPDFClipPath_CountPathSegments",
    "FPDFClipPath_CountPaths",
    "FPDFClipPath_GetPathSegment",
    "FPDFFont_GetFontData",
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
    "FPDFPage_CountObjects",
    "FPDFPage_GetObject",
    "FPDFPathSegment_GetPoint",
    "FPDFPath_GetDrawMode",
    "FPDFTextObj_GetFont",
    "FPDFTextObj_GetFontSize",
    "FPDFTextObj_GetText",
    "FPDFTextObj_GetTextRenderMode",
    "FPDFText_GetCharOrigin",
    "FPDFText_GetTextObject",
)


def _is_pointer(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, ctypes._Pointer)


def _untyped(function: Any) -> Any:
    """The same function with its pointers as plain numbers."""
    arguments = [ctypes.c_void_p if _is_pointer(kind) else kind for kind in function.argtypes]
    result = ctypes.c_void_p if _is_pointer(function.restype) else function.restype
    address = ctypes.cast(function, ctypes.c_void_p).value or 0
    return ctypes.CFUNCTYPE(result, *arguments)(address)


fast = SimpleNamespace(**{name: _untyped(getattr(pdfium_c, name)) for name in _NAMES})
