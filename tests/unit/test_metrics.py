"""Counters, their sums and their text, read as Prometheus' own parser reads them; the docs of each."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import collect.errors
from docs.build import PAGES
from metrics.table import PARTS, Metric
from metrics.tally import ROWS, Tally, read
from metrics.text import allowed, render
from tests.unit.collecting import Collected

HITS = Metric("a_hits_total", "counter", 'Hits, "taken".', ("way",))
PLAIN = Metric("a_plain_total", "counter", "No labels.")
SECONDS = Metric("a_seconds", "histogram", "Seconds.", ("way",), (0.1, 1))
STEP = Metric("a_step_seconds", "summary", "Steps.", ("step",))
LEVEL = Metric("a_level", "gauge", "A level.", ("of",))


def samples(text: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_what_several_threads_counted_is_added_up(tmp_path: Path) -> None:
    one, two = Tally(tmp_path, "part"), Tally(tmp_path, "part")
    one.add(HITS, "hit")
    two.add(HITS, "hit", n=2)
    two.add(HITS, "pixel")
    Tally(tmp_path, "other").add(HITS, "hit")
    assert read(tmp_path, "part") == {("a_hits_total", "hit"): 3, ("a_hits_total", "pixel"): 1}


def test_who_comes_after_one_that_ended_counts_on_in_its_file(tmp_path: Path) -> None:
    for _ in range(3):
        tally = Tally(tmp_path, "part")
        tally.add(HITS, "hit")
        del tally
    assert read(tmp_path, "part") == {("a_hits_total", "hit"): 3}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Tally(tmp_path / "file" / "metrics", "part").add(HITS, "hit")
    assert read(tmp_path / "file" / "metrics", "part") == {}


def test_what_there_is_no_room_for_is_left_out_and_harms_no_other(tmp_path: Path) -> None:
    tally = Tally(tmp_path, "part")
    for n in range(ROWS + 50):
        tally.add(HITS, str(n))
    tally.add(HITS, "x" * 200)
    found = read(tmp_path, "part")
    assert found == {("a_hits_total", str(n)): 1 for n in range(ROWS)}


def test_a_file_that_is_none_of_ours_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "part.0.tally").write_bytes(b"x" * 5000)
    assert read(tmp_path, "part") == {}
    Tally(tmp_path, "part").add(HITS, "hit")
    assert read(tmp_path, "part") == {("a_hits_total", "hit"): 1}


def test_the_text_says_what_was_counted(tmp_path: Path) -> None:
    tally = Tally(tmp_path, "part")
    tally.add(HITS, 'we"ird\\')
    for value in (0.05, 0.1, 0.5, 7):
        tally.observe(SECONDS, value, "hit")
    tally.observe(STEP, 1.5, "read")
    tally.observe(STEP, 1.5, "read")
    text = render((HITS, PLAIN, SECONDS, STEP, LEVEL), read(tmp_path, "part"))
    assert samples(text) == {
        ("a_hits_total", 'we"ird\\'): 1,
        ("a_plain_total",): 0,
        ("a_seconds_bucket", "hit", "0.1"): 2,
        ("a_seconds_bucket", "hit", "1"): 3,
        ("a_seconds_bucket", "hit", "+Inf"): 4,
        ("a_seconds_sum", "hit"): 7.65,
        ("a_seconds_count", "hit"): 4,
        ("a_step_seconds_sum", "read"): 3,
        ("a_step_seconds_count", "read"): 2,
    }
    assert "a_level" not in text


def test_only_who_has_the_key_may_read() -> None:
    assert allowed("Bearer secret", "secret")
    assert not allowed("Bearer other", "secret")
    assert not allowed("secret", "secret")
    assert not allowed("Bearer ", "")


@pytest.mark.parametrize(
    ("key", "sent", "status"), [("", "Bearer ", 404), ("k", "", 401), ("k", "Bearer x", 401), ("k", "Bearer k", 200)]
)
def test_the_collector_shows_its_metrics_to_who_has_the_key(tmp_path: Path, key: str, sent: str, status: int) -> None:
    collected = Collected(METRICS_KEY=key, DATA_DIR=str(tmp_path))
    answer = collected.client.get("/metrics", headers={"Authorization": sent})
    assert answer.status_code == status
    assert ("fizzstat_collect_requests_total" in answer.text) == (status == 200)


def test_every_metric_is_explained_and_no_other() -> None:
    found = re.findall(r"^\| `(fizzstat_\w+)` \| (\w+) \|", (PAGES / "metrics.md").read_text(), re.MULTILINE)
    assert found == [(metric.name, metric.kind) for part in PARTS.values() for metric in part]


def test_the_page_speaks_of_no_metric_that_is_none() -> None:
    names = {metric.name for part in PARTS.values() for metric in part}
    spoken = re.findall(r"fizzstat_[a-z_]+", (PAGES / "metrics.md").read_text())
    assert set(spoken) == names


def test_every_reason_to_refuse_is_explained() -> None:
    text = (PAGES / "metrics.md").read_text()
    reasons = {kind.reason for kind in refusals(collect.errors.Refused)} | {"limit_client", "limit_site"}
    assert {reason for reason in reasons if f"`{reason}`" not in text} == set()


def refusals(kind: type[collect.errors.Refused]) -> Iterator[type[collect.errors.Refused]]:
    for below in kind.__subclasses__():
        yield below
        yield from refusals(below)
