"""The ledger of a list run: every entry with its state and label, every reply with what it cost.

    items, schema     the stored records; the tables, and how an older file is migrated
    ledger, requests  an open ledger; its tables of the provider's Batch API
    lock, writer      one process at a time; one transaction for many tasks
    rows, view        for those who only read, and for a person's corrections
    progress          how far a run has come, read while it is under way
    decisions         what reviewers decided, and the corrections that follow

The package has no SQL outside this folder.
"""
