"""A survey author's own list, outline or library -> a workspace that every command can use.

    source (Markdown, outline, tree file, library, five answers) -> sections and papers
    roles, plan   which sections are topics, and how the others are used
    filing        sections and papers -> tree, labelled studies, facets, piles; nothing is dropped silently
    words         texts that a section lacks: drafts from headings and from its papers' words
    folder        the workspace's files, all or nothing, resumable

What it does not do: ask a model, or fetch anything. The reasons are in docs/adr/0018-init.md.
"""
