"""Writes fizzstat.ndjson; a test fails while it is out of date."""

from pathlib import Path

from deploy.kibana import saved_objects

if __name__ == "__main__":
    Path(__file__).with_name("fizzstat.ndjson").write_text(saved_objects("fizzstat"))
