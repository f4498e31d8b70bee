"""The page of one site, /sites/<site>: numbers, a chart and panels, all of them made here as HTML, and readable without scripts.

state.py      the URL's parameters <-> what is looked at
filters.py    one filter: its text in the URL, its part of a question, its words
periods.py    the times that a page can be about, and their menu
words.py      numbers, times and places, in the reader's locale
view.py       what every part is made with: a site, a State, a Span; asks query/
tabs.py       the table of panels and their tabs
lists.py      a tab's rows
top.py        the numbers on top
chart.py      the curve
world.py      the map
behaviour.py  goals, events, properties, revenue, funnel, journey
quality.py    web vitals, retention
live.py       what happens now
documents.py  the rows behind a number, and Kibana's link to them
parts.py      the parts of a page, several at once
pages.py      the routes
"""
