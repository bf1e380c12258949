"""One survey as data: the workspace, its taxonomy, the answer schema made from it, and their checks."""
