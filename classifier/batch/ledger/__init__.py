"""The ledger of a list run: every entry with its state and label, every reply with its cost.

    items, schema     the stored records; the tables, and migrations of older files
    ledger, requests  an open ledger; its tables of the provider's Batch API
    lock, writer      one process at a time; one transaction for many tasks
    rows, view        for readers, and for a person's corrections
    progress          the progress of a run, also while it is running
    measurements      labels get the accuracy of their engine that was measured since
    decisions         reviewers' decisions, and the corrections that result from them

The package has no SQL outside this folder.
"""
