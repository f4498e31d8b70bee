"""What a hit is, and its way from a collector to an importer: the queue in Redis, the spool on disk, the ledger."""
