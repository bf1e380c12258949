"""Review by people: which paper is asked next, what was decided, and when enough was looked at (ADR 19).

    plan, ruling        who reviews and how; decisions -> the label that they give
    papers, queue       a run's papers with their decisions; the order in which a person is asked, and why
    decide, session     a person's act -> the ledger; one person at one run
    veil, contrast      which labels are hidden; two labels side by side
    agreement           several reviewers: kappa, alpha, the pairs that are confused
    stopping, methods   what the audit sample says; a paragraph for the survey
    flow                counts for a PRISMA 2020 diagram
    gold                decided papers -> studies of the workspace

Nothing here prints or serves pages.
"""
