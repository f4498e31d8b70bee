"""`./fizzstat` and what is behind it: a module for each family of commands. cli.py is the table of them.

app.py       what a command is handed: settings, and from them queue, accounts, store
screen.py    how commands speak: tables, sentences, JSON that is safe on a terminal
failures.py  what may go wrong, as one sentence and exit code 1
"""
