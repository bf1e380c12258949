"""The Parquet export, read back by pyarrow."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.export.render import Options, render
from classifier.model.entries import Correction
from tests.labelled_rows import HOSTILE, row, sample, taxonomy


def table(rows) -> pa.Table:
    return pq.read_table(io.BytesIO(b"".join(render("parquet", rows, taxonomy(), Options()))))


def test_every_entry_is_a_row_with_typed_columns_and_its_label():
    rows = list(sample())
    made = table(rows)
    assert made["key"].to_pylist() == [row.entry.key for row in rows]
    assert made.schema.field("confidence").type == pa.float64()
    assert made.schema.field("needs_review").type == pa.bool_()
    assert made.schema.field("authors").type == pa.list_(pa.string())
    assert [json.loads(text)["ref"] for text in made["label_json"].to_pylist()] == [
        row.label.ref for row in rows
    ]
    by_status = dict(zip(made["status"].to_pylist(), made["error"].to_pylist(), strict=True))
    assert by_status["failed"] == "needs-ocr"
    assert by_status["placed"] is None


def test_a_correction_rules():
    leaf = next(iter(taxonomy().leaves))
    given = [row("k", "out-of-scope", correction=Correction(key="k", label=leaf, by="Ada"))]
    (made,) = table(given).to_pylist()
    assert (made["label"], made["status"], made["decided_by"], made["confidence"]) == (
        leaf,
        "placed",
        "person",
        None,
    )
    assert json.loads(made["label_json"])["correction"]["was"] == "out-of-scope"


@pytest.mark.parametrize("title", HOSTILE.values())
def test_hostile_titles_are_plain_strings_on_one_line(title):
    (made,) = table([row("k", title=title)]).to_pylist()
    assert made["title"]
    assert made["title"].isprintable()


def test_no_rows_are_a_table_without_rows():
    assert table([]).num_rows == 0


def test_long_lists_are_groups_of_rows():
    data = b"".join(render("parquet", [row(str(n)) for n in range(5001)], taxonomy(), Options()))
    assert pq.ParquetFile(io.BytesIO(data)).num_row_groups == 2
