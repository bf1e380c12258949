"""The frozen records that one step passes to the next.

    Paper, PaperFile   sources -> pdf          what is known of a paper, and where its bytes lie
    Document           pdf -> prompting        pages of visible text, structure, what was hidden or lost
    Study              survey -> prompting     a labelled study, used as a few-shot example
    Excerpt, Prompt    prompting -> engines    what the model is shown
    Task, Reply        pipeline <-> engines    one question and its validated answer
    Label              verdict -> all          the result that users keep
    ListEntry          lists -> batch          one row of a reading list

`identity` says when two records are of the same paper, `reference` what a user's text refers to.
"""
