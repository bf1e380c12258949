"""Where a survey files its papers: read out of its PDF by a model, checked against it, decided by a person.

    parts       a survey -> the sections and pages of tables that cite papers
    reply       the schema of a model's reply about one part, and a reply -> checked placements
    draft_list  checked placements -> survey-draft.yaml, which a person corrects and gives to `init`
    job         these steps in order

Why a file, and not the workspace at once: docs/adr/0018-init.md.
"""
