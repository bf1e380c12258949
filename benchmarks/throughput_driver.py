"""This project under the throughput bench: abstracts go in, labels come out, against a mock server.

    python bench.py --venv our=.venv/bin/python --run ../benchmarks/throughput_driver@our:BENCH=DIR \
        --run ../benchmarks/same_bodies_driver@our:BENCH=DIR

`BENCH` is the folder of the bench (bench.py, texts.py, drivers/). The whole way is measured: ledger, prompts,
adaptive concurrency, validation, quotes. Run again in the same `--workdir`, it continues.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["BENCH"]) / "drivers"))
import common

with common.Imports() as imp:
    from classifier.batch.job import Job
    from classifier.batch.ledger.rows import read_rows
    from classifier.batch.session import label_lists
    from classifier.model.entries import ListEntry
    from classifier.model.paper import Paper
    from classifier.settings import load_settings
    from classifier.survey.workspace import Workspace


def main() -> None:
    """Labels the bench's items and writes its output file."""
    a = common.args()
    work = Path(a.workdir)
    out = common.Writer(a.out)
    settings = load_settings(
        engine="openai", base_url=a.base_url + "/v1", model=a.model, data_dir=work / "data", calibration=False
    )
    entries = (
        ListEntry(key=str(i), source="bench", line=i + 1, paper=Paper(abstract=common.texts.text(i)))
        for i in range(a.n)
    )
    job = Job(sources=("bench",), out=work / "out", concurrency=a.concurrency, dedupe=False)
    summary = label_lists(job, settings, Workspace(), entries=entries)
    for row in read_rows(job.out):
        label = row.label
        told = "out-of-scope" if label.status == "out_of_scope" else label.leaf
        out.put(int(row.entry.key), told, label.error and label.error.message)
    note = {name: summary[name] for name in ("requests", "most_at_once", "stopped")}
    out.done(imp, a.concurrency, note=json.dumps(note))


if __name__ == "__main__":
    main()
