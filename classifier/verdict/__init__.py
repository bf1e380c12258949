"""Answer -> Label: verifies quotes, collects reasons for review, calibrates the confidence."""
