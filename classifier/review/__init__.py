"""Review by people: the order of papers, decisions, and when enough papers were reviewed (ADR 19).

    plan, ruling        who reviews and how; decisions -> the resulting label
    papers, queue       a run's papers with their decisions; the order for a person, with reasons
    decide, session     a person's decision -> the ledger; one person's review of a run
    veil, contrast      which labels are hidden; two labels side by side
    agreement           several reviewers: kappa, alpha, confused pairs of labels
    stopping, methods   results of the audit sample; a paragraph for the survey
    flow                counts for a PRISMA 2020 diagram
    gold                decided papers -> studies of the workspace

Nothing here prints or serves pages.
"""
