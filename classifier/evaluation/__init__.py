"""Evaluation: scores an engine on labelled papers.

Reading order: `records`, `suites`, `texts`, `protocol`, `runner` and `journal` (suite -> predictions),
`recordings`, `recorded_engines` and `recorded` (conversations that are stored and replayed), `metrics`,
`scoring`, `comparison`, `calibration`, `report`, `job` and `session` (where they meet).
"""
