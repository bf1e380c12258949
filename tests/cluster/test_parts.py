"""What goes out of a ledger as Parquet and comes back into it; pyarrow alone, no cluster."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.batch.cluster.parts import Stop, take_in, write_entries
from classifier.batch.cluster.tables import KeptReply, entries_schema, label_row, labels_schema
from classifier.batch.ledger.items import pack
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.ledger.lock import open_ledger
from classifier.errors import ClassifierError
from classifier.model.reply import Usage
from tests.unit.test_ledger import entry, failed, label, save, take

MADE_FROM = {"model": "a"}
REPLY: KeptReply = (("sha", 0), pack({"said": "yes"}), Usage(tokens_in=7, cost_usd=0.5))


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(tmp_path, MADE_FROM) as opened:
        take(opened, entry("one", file=Path("one.pdf")), entry("two \ud800"))
        yield opened


def come_back(ledger: Ledger, folder: Path, stopped: ClassifierError | None = None) -> None:
    """The first item labelled, the second with its reply alone."""
    first, second = ledger.waiting(0, 10)
    rows = [
        label_row(first, label("one"), 1, [REPLY], None),
        label_row(second, None, 1, [REPLY], stopped),
    ]
    pq.write_table(pa.Table.from_pylist(rows, labels_schema()), folder / "labels" / "part.parquet")


def test_what_waits_goes_out_with_its_replies_and_an_absolute_path(tmp_path, ledger):
    first = ledger.waiting(0, 1)[0]
    ledger.save_reply(first, *REPLY)
    folder = write_entries(ledger, tmp_path, MADE_FROM)
    table = pq.read_table(folder / "entries")
    assert table.schema == entries_schema()
    one, two = table.to_pylist()
    assert one["replies"] == [{"request": "sha", "nth": 0, "body": REPLY[1]}]
    assert str(Path("one.pdf").absolute()) in one["entry"]
    assert (two["key"], two["replies"]) == ("two ?", [])


def test_labels_and_replies_come_in_once_however_often_they_are_read(tmp_path, ledger):
    folder = write_entries(ledger, tmp_path, MADE_FROM)
    come_back(ledger, folder, ClassifierError("enough"))
    taken = take_in(ledger, tmp_path, MADE_FROM, ended=False)
    assert (taken.requests, taken.stopped) == (2, Stop("error", "enough"))
    first = (ledger.counts(), ledger.spent())
    assert (first[0].done, first[0].waiting) == (1, 1)
    assert (first[1].replies, first[1].cost_usd) == (2, 1.0)
    assert (folder / "entries").is_dir()
    take_in(ledger, tmp_path, MADE_FROM)
    assert (ledger.counts(), ledger.spent()) == first
    assert not (folder / "entries").exists()
    assert take_in(ledger, tmp_path, MADE_FROM).requests == 0


def test_labels_of_other_settings_do_not_count_and_their_replies_do(tmp_path, ledger):
    come_back(ledger, write_entries(ledger, tmp_path, MADE_FROM))
    take_in(ledger, tmp_path, {"model": "b"})
    assert (ledger.counts().done, ledger.spent().replies) == (0, 2)


def test_a_label_of_an_earlier_round_does_not_count(tmp_path, ledger):
    come_back(ledger, write_entries(ledger, tmp_path, MADE_FROM))
    save(ledger, failed("one"))
    ledger.retry_failed()
    take_in(ledger, tmp_path, MADE_FROM)
    assert ledger.counts().done == 0


def test_each_run_has_a_folder_of_its_own(tmp_path, ledger):
    names = [write_entries(ledger, tmp_path, MADE_FROM).name for _ in range(2)]
    assert names == ["run-0001", "run-0002"]
