"""The JSON API, below /api on the dashboard's port: Plausible's Stats API v2, and questions beyond it.

questions.py   the table: path -> the function of query/ that answers
routes.py      requests -> answers, the Flask blueprint
asking.py      who may ask, about which site; opens accounts and store
limit.py       how much a key may ask
forms.py       answers as JSON, CSV, NDJSON
openapi.py     the description of all this, for programs
errors.py      how it says no
"""
