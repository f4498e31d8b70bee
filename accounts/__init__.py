"""Who and what FizzStat knows by name: sites and API keys today, in a database of their own.

    tables.py     the rows
    database.py   opening it, reading it, changing it; each change ends as a snapshot in Redis
    sites.py      sites: add, set, drop, adopt what the ledger names
    shields.py    whose hits of a site are not counted
    keys.py       API keys: add, list, drop
    upkeep.py     publishes again when Redis was emptied
    errors.py     what it can end in

Collectors and importers never open this database: they read the snapshot (hits/snapshot.py).
"""
