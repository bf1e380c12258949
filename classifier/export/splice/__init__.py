"""Labels into a user's own list: keywords (or a marked section) change, all else stays as it was.

A parser finds the entries; its writer is never used, since writers order, indent and recode. Edits are cut
into the original text, which goes back through the encoding it came from.
"""
