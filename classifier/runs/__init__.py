"""Shared by all resumable runs: those that label a list and those that score a suite.

    facts, fingerprint     what decides the results; a run is resumed only if its fingerprint is equal
    workers, streak        many tasks that share one supply of items; when to stop after repeated failures
    prices                 the cost of requests under a run's settings
    intervals              the interval of a share

`classifier.batch` and `classifier.evaluation` are built on it.
"""
