"""A survey author's own list, outline or library -> a workspace that every command can use.

    source (Markdown, outline, tree file, library, five answers) -> sections and papers
    roles, plan   which sections are topics, and what becomes of the others
    filing        sections and papers -> tree, labelled studies, facets, piles; nothing is dropped silently
    words         what a section does not say: drafts from headings and from its papers' words
    folder        the workspace's files, all or nothing, resumable

What it does not do: ask a model, or fetch anything. Why it is so: docs/adr/0018-init.md.
"""
