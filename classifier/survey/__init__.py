"""One survey as data: the workspace, its taxonomy, the answer schema generated from it, and checks."""
