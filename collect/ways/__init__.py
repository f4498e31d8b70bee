"""The ways in, one module each: an Arrival in, an Answer out, hits to the collector in between."""
