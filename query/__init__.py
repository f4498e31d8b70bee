"""Questions about a site, answered by either store. It knows nothing of HTTP or accounts.

- `site`: what an answer depends on besides the documents
- `errors`: what a question can end in
- `ask`: Plausible's Stats API v2: question → plan → searches → answer; read on in this order:
  - `question`, `filters`, `dimensions`, `metrics`, `dates`: what can be asked, and what it means
  - `plan`, `where`, `terms`, `conditions`: which documents answer it, as store queries
  - `gather`, `tables`, `uniques`, `scroll`: what is asked of the store, and the numbers that come back
  - `rows`, `comparison`, `meta`, `cache`: metrics, and what is told beside them

Beyond that, each a function of its module's name, with the arguments and the shape of `ask` (docs/beyond.md):

- `funnel`, `journeys`, `flows`: ways through visits; `steps` and `visited` are what they share
- `retention`, `realtime`, `vitals`, `properties`
- `documents`: what is behind any number
- `overview`: all sites at a glance
- `asked`: what their questions have in common
"""
