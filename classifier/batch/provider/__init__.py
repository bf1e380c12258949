"""The provider's Batch API: answers at half the price, within a day instead of a second.

    run: items > deferring (requests are kept) > queue (batches out, replies in) > the same items, answered

A pass over the list continues each item's conversation as far as there are stored replies; the first request
without one is stored in the ledger, and its item waits. Batches are made of these stored requests, and their
answers become replies like any other. So each pass continues every conversation by one exchange, including
re-asks, with the same code that asks directly. Reading order: `classifier.batch.ledger.requests` (the stored
requests), `deferring`, `submit`, `answers`, `result_files`, `queue`, `replies`.
"""
