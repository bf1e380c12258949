"""Texts that a survey's list lacks: drafted by a model, decided on by a person.

    material    a workspace -> the sections that lack texts, each with some of its papers (`neighbours`)
    prompts     sections -> questions
    asking      questions -> answers, a few at a time (`model`)
    reply       the schema of a model's reply, and a reply -> drafted texts (`reply_json`)
    kept        replies on disk, so that none is paid for twice, and the limit on money
    decide      a person's decisions -> taxonomy.yaml and drafts.yaml, with the difference (`settling`)
    job         a model drafts what a workspace lacks
    survey_pdf  a model reads where a survey's PDF files its papers
    making      `classifier init` from beginning to end

Why drafts are in a file of their own: docs/adr/0018-init.md.
"""
