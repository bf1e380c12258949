"""Evaluation: labelled studies in, numbers that can be believed out.

Reading order: `records`, `suites`, `texts`, `protocol`, `runner` and `journal` (suite -> predictions),
`recordings` and `recorded` (conversations kept and replayed), `metrics`, `scoring`, `comparison`,
`calibration`, `report`, `job` and `session` (where they meet).
"""
