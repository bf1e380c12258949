"""Labels lists: a list goes in, a folder with a ledger and its labels comes out.

    lists > intake > ledger > run > ledger > results

Reading order: `ledger` (the stored state), `intake` (list -> items), `reading` (entry -> document), `replies`
and `throttle` (between the engine and the server), `labellers`, `run`, `results`, `job` (what to label),
`assembly` and `session` (settings -> all of these), `estimate`; `provider` uses the provider's Batch API,
`cluster` uses many machines.
"""
