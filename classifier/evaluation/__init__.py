"""Evaluation: labelled studies in, numbers that can be believed out.

Reading order: `records`, `suites`, `runner`, `recordings`, `metrics`, `scoring`, `comparison`,
`calibration`, `report`.
"""
