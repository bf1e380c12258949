"""JSON of one list (CSL-JSON, Better BibTeX, Zotero, Crossref, OpenAlex, Semantic Scholar) -> raw entries.

What enters: lines. What leaves: one finding per element of the list, whose `line` is its number, from 1.
`json_array` finds and cuts the elements, `json_records` knows their fields in each tool.
"""

from __future__ import annotations

from collections.abc import Iterator

from classifier.lists.json_array import Element, cut_elements
from classifier.lists.json_records import raw_from_record, records_within
from classifier.lists.json_values import broken_key, parse_value
from classifier.lists.lines import ListLine
from classifier.lists.plain import read_plain
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw, too_long


def read_csl_json(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per element; no content of the file raises an error."""
    number = 0
    for element in cut_elements(lines):
        if element.long:
            number += 1
            yield too_long(number)
            continue
        for found in _findings(element, number + 1):
            number += 1
            if isinstance(found, Raw):
                found.notices += [ASSUMED] * element.assumed
            yield found


def _findings(element: Element, number: int) -> Iterator[Found]:
    if not element.closed:
        yield Damaged(number, "the file ends inside this element", broken_key(element.text))
        return
    try:
        value = parse_value(element.text)
    except ValueError as error:
        yield Damaged(number, str(error), broken_key(element.text))
        return
    if isinstance(value, str):  # a list of ids or titles
        yield from read_plain(iter([ListLine(number, value)]))
    else:
        for place, record in enumerate(records_within(value), start=number):
            yield raw_from_record(record, place)
