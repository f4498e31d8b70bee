"""FizzStat seen from outside: the table of all metrics, the counters that processes keep, and their text for Prometheus."""
