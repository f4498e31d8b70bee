"""The pages that are of no single site; each module is a Flask blueprint of one page and its forms.

door.py      the first account, sign in, sign out
sites.py     all sites
ledger.py    what was received, and what became of it
account.py   one's own password and sessions
users.py     people and their roles
keys.py      API keys
words.py     what is said after something was done
"""
