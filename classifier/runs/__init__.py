"""What every resumable run needs, whether it labels a list or scores a suite.

    facts, fingerprint     what decides the results: only runs with equal ones are resumed
    workers, streak        many tasks over one supply of items; when to stop because nobody answers
    prices                 what requests cost under a run's settings
    intervals              the interval of a share

`classifier.batch` and `classifier.evaluation` are built on it.
"""
