"""Writes labels into a user's own list: keywords (or a marked section) change, nothing else.

A parser finds the entries; its writer is never used, since writers reorder, indent and recode. Edits are
applied to the original text, which is encoded again as it was.
"""
