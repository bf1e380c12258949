"""A ledger's waiting items, labelled on a cluster by Ray Data: Parquet out, Parquet in.

    ledger > parts > DIR/ray/run-NNNN/entries > Ray Data: worker > DIR/ray/run-NNNN/labels > parts > ledger

Reading order: `tables` (the columns), `parts` (ledger <-> Parquet), `shared_budget` (settings and cap that
the workers share), `worker` (one process that labels), `connection` (a cluster, found or started), `runner`
(all of it).
"""
