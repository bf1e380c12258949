"""The counts of a run: each paper counts once, whether it was labelled, failed, or both under two keys."""

import pytest

from classifier.batch.tally import RunTally
from classifier.export.filed import FAILED, file_rows
from tests.labelled_rows import row, taxonomy

LEAF = next(iter(taxonomy().leaves))


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        # (label, key of the first entry of the paper) -> labelled, failed, duplicates, failures apart
        ([(LEAF, None), (LEAF, "0")], (1, 0, 1, 0)),
        ([("failed", None), ("failed", "0"), ("failed", "0")], (0, 1, 2, 2)),
        ([("failed", None), (LEAF, "0")], (1, 0, 1, 0)),
        ([("failed", None), (LEAF, "0"), ("failed", "0"), (LEAF, "0")], (1, 0, 3, 1)),
        ([(LEAF, None), ("failed", "0")], (1, 0, 1, 1)),
        ([("failed", None), ("failed", None), (LEAF, None), (LEAF, "1")], (2, 1, 1, 0)),
    ],
)
def test_a_paper_counts_once(rows, counts):
    tally = RunTally()
    made = [
        row(str(number), label).model_copy(update={"duplicate_of": first})
        for number, (label, first) in enumerate(rows)
    ]
    for filed in file_rows(made, taxonomy()):
        tally.add(filed)
        if filed.label == FAILED:
            tally.add_failure({"key": filed.key, "code": "needs-ocr", "duplicate_of": filed.row.duplicate_of})
    missing = tally.as_dict()["not_labelled"]
    assert (tally.labelled, tally.failed, tally.duplicates, missing["duplicates"]) == counts
    assert tally.labelled + tally.failed + tally.duplicates == len(rows)
    failed = [label for label, _ in rows].count("failed")
    assert sum(missing["reasons"].values()) + missing["duplicates"] == failed
