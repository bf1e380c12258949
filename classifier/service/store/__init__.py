"""The service's own database: users, runs, decisions and cost. All its SQL is in this package.

schema     tables, how a file becomes a present one, one transaction
users      tokens and sessions, hashed
runs       lists and single papers, and what is wanted of them; replayed requests
events     what happened in a run, numbered, for streams that resume
money      what a user has spent or reserved today
decisions  who decided what about which paper
"""
