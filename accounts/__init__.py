"""Who and what FizzStat knows by name: sites, their goals and segments, people, and API keys, in a database of their own.

    tables.py     the rows
    database.py   opening it, reading it, changing it; a change that collectors must know of ends as a snapshot in Redis
    migrate.py    its tables, from whatever version made them (migrations/)
    sites.py      sites: add, set, drop, adopt what the ledger names
    shields.py    whose hits of a site are not counted
    goals.py      what a site's visitors are wished to do: add, list, drop
    segments.py   filters under a name: add, list, rename, drop
    funnels.py    steps under a name: add, set, drop
    shared.py     links that show a site: add, list, drop, and whose pass a browser has
    asked.py      what questions about a site need to know of it
    keys.py       API keys: add, list, drop, and whose a key is
    users.py      people: add, list, drop, their roles and passwords
    roles.py      who may do what
    passwords.py  their hashes
    logins.py     browsers that somebody is signed in with
    attempts.py   how often it may be tried to sign in
    first.py      the one-time token for the first account
    upkeep.py     publishes again when Redis was emptied
    errors.py     what it can end in

Collectors and importers never open this database: they read the snapshot (hits/snapshot.py).
"""
