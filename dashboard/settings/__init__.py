"""The settings of a site, in the dashboard: /sites/<site>/settings. Each module is a page and its forms.

desk.py      what they share: the menu, a change of the site's row, and what is said of it
general.py   name, hosts, time zone, currency, week, parameters of URLs
snippet.py   the tag for its pages, and whether it works
arrived.py   what came of the hits since somebody began to look
goals.py     what visitors are wished to do
segments.py  filters under a name
funnels.py   steps under a name
shields.py   whose hits are not counted
sharing.py   links that show a site, and whether anybody may see it
export.py    all documents, as files
erase.py     what cannot be undone: a visitor, all data, the site; orders for the importers, and how far they are
queue.py     the queue, for one request
pages.py     the blueprint
"""
