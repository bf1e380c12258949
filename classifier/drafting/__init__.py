"""Texts that a survey's list lacks: drafted by a model, decided on by a person.

    material   a workspace -> the sections that lack texts, each with some of its papers
    reply      the schema of a model's reply, and a reply -> drafted texts
    kept       replies on disk, so that none is paid for twice, and the limit on money
    asking     sections -> drafted texts, a few at a time
    decide     a person's decisions -> taxonomy.yaml and drafts.yaml, with the difference (`settling`)
    job        a model drafts what a workspace lacks
    making     `classifier init` from beginning to end

Why drafts are in a file of their own: docs/adr/0018-init.md.
"""
