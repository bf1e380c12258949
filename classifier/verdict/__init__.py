"""Answer -> Label: quotes looked up, doubts raised, confidence calibrated."""
