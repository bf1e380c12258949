"""Many references: a list goes in, a folder with a ledger and its labels comes out.

    lists > intake > ledger > run > ledger > results

Reading order: `ledger` (what is kept), `intake` (list -> items), `reading` (entry -> document), `replies` and
`throttle` (what stands between the engine and the server), `labellers`, `run`, `results`, `job` (what was
asked for), `assembly` and `session` (settings -> all of these), `estimate`; `provider` is the way by batches,
`cluster` the way to many machines.
"""
