"""The page that people open on port 8001: today the ledger, the last hits and visits, and how the parts are.

overview.py   asks queue and store, and never fails: what is away is said
rows.py       documents -> the rows of a table
words.py      numbers, times, countries as people read them
app.py        the Flask app: one page, its live fragment, its headers
wsgi.py       what uWSGI loads
"""
