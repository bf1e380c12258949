"""The immutable records that one step passes to the next.

    Paper, PaperFile   sources -> pdf          what is known about a paper, and the path of its bytes
    Document           pdf -> prompting        pages of visible text, structure, hidden and missing text
    Study              survey -> prompting     a labelled study, used as a few-shot example
    Excerpt, Prompt    prompting -> engines    the part of the paper that the model sees
    Task, Reply        pipeline <-> engines    one question and its validated answer
    Label              verdict -> all          the result that users keep
    ListEntry          lists -> batch          one entry of a reading list

`identity` decides whether two records are the same paper, `reference` what a user's text refers to.
"""
