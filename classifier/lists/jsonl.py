"""JSON lines (one object per line; also the project's suites) -> raw entries.

What enters: lines. What leaves: one finding per line that is not blank.
"""

from __future__ import annotations

from collections.abc import Iterator

from classifier.lists.json_records import raw_from_record
from classifier.lists.json_values import broken_key, parse_object
from classifier.lists.lines import ListLine
from classifier.lists.raw import ASSUMED, Damaged, Found, Raw, too_long


def read_jsonl(lines: Iterator[ListLine]) -> Iterator[Found]:
    """One finding per line; no content of the file raises an error."""
    for line in lines:
        if line.cut:
            yield too_long(line.number)
        elif line.text.strip():
            value = parse_object(line.text)
            if isinstance(value, str):
                yield Damaged(line.number, value, broken_key(line.text))
            else:
                found = raw_from_record(value, line.number)
                if isinstance(found, Raw):
                    found.notices += [ASSUMED] * line.assumed
                yield found
