"""The ledger of a list run: every entry with its state and label, every reply with what it cost.

    items, schema     what is kept; the tables, and how an older file becomes a present one
    ledger, requests  an open ledger; its tables of the provider's Batch API
    lock, writer      one process at a time; one transaction for many tasks
    rows, view        for those who only read, and for a person's corrections
    progress          how far a run has come, read while it is under way
    decisions         what reviewers decided, and the corrections that follow

All SQL of the package stands here.
"""
