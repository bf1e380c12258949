"""The service's own database: users, runs, decisions and spending. It contains all SQL of the service.

schema     tables, migrations, transactions
users      tokens and sessions, hashed
runs       lists and single papers, and whether they should run; repeated requests
events     events of a run, numbered, for streams that resume
money      a user's spent and reserved money of a day
decisions  all decisions about papers
ledgers    values of the run folders' ledgers, for reading only
"""
