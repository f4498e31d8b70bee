"""Benchmarks. Each is run as `python -m bench.NAME`, prints ratios against a ceiling of the same run, and stands in README.md."""
