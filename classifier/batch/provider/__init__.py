"""The provider's Batch API: answers at half the price, within a day instead of a second.

    run: items > deferring (requests are kept) > queue (batches out, replies in) > the same items, answered

A pass over the list leads each item's conversation as far as replies are there; the first request without
one is kept in the ledger, and its item waits. Batches are made of what was kept, and their answers become
replies like any other. So the next pass comes one exchange further, re-asks included, with the same code
that asks directly. Reading order: `classifier.batch.ledger.requests` (what
is kept), `deferring`, `submit`, `answers`, `result_files`, `queue`, `replies`.
"""
