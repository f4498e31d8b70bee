"""What all ways in have in common, and the script."""

import gzip
import io
from pathlib import Path

import pytest

from tests.unit.collecting import URL, Collected

SCRIPT = b"(()=>{/* " + b"tracker " * 100 + b"*/})();"


@pytest.fixture
def collected(tmp_path: Path) -> Collected:
    script = tmp_path / "tracker.min.js"
    script.write_bytes(SCRIPT)
    return Collected(script)


def test_a_hit_is_answered_without_a_body_and_with_its_length(collected: Collected) -> None:
    answer = collected.post()
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (202, b"", "0")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "?"]
)
def test_the_content_type_is_not_looked_at(collected: Collected, content_type: str) -> None:
    assert collected.post(headers={"Content-Type": content_type}).status_code == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b"null", b'"x"', b"\x00", b"\xff", b"{} {}", b'{"x":' * 10_000, b'{"url":"\\u"}'],
)
def test_a_body_that_is_no_json_object_is_refused(collected: Collected, body: bytes) -> None:
    answer = collected.post(body)
    assert answer.status_code == 400
    assert answer.json
    assert answer.json["field"] == ""
    assert "JSON" in answer.json["error"]


def test_a_body_has_room_for_64_kib(collected: Collected) -> None:
    body = b'{"url":"%s","x":"' % URL.encode()
    assert collected.post(body + b"x" * (65_536 - len(body) - 2) + b'"}').status_code == 202
    assert collected.post(body + b"x" * (65_537 - len(body) - 2) + b'"}').status_code == 413


@pytest.mark.parametrize("path", ["/hit", "/nowhere", "/healthz"])
def test_a_body_that_is_too_large_is_read_to_its_end_before_the_refusal(collected: Collected, path: str) -> None:
    stream = io.BytesIO(b"x" * 2_100_000)
    answer = collected.client.post(path, input_stream=stream)
    assert answer.status_code == {"/hit": 413, "/nowhere": 404, "/healthz": 405}[path]
    assert stream.tell() == 2_100_000


def test_what_is_thrown_away_has_a_bound(collected: Collected) -> None:
    stream = io.BytesIO(b"x" * (20 << 20))
    assert collected.client.post("/hit", input_stream=stream).status_code == 413
    assert stream.tell() < 9 << 20


def test_a_body_that_breaks_off_is_refused(collected: Collected) -> None:
    answer = collected.client.post("/hit", data=b'{"url":', environ_overrides={"CONTENT_LENGTH": "100"})
    assert answer.status_code == 400
    assert answer.json
    assert "broke off" in answer.json["error"]


@pytest.mark.parametrize(
    ("length", "terminated", "status"),
    [(10, True, 202), (70_000, True, 413), (10, False, 411)],
    ids=["short", "long", "without end"],
)
def test_a_chunked_body_is_read_to_its_end(collected: Collected, length: int, terminated: bool, status: int) -> None:
    body = b'{"url":"%s","x":"%s"}' % (URL.encode(), b"x" * length)
    answer = collected.client.post(
        "/hit",
        input_stream=io.BytesIO(body),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": terminated},
    )
    assert answer.status_code == status
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", "٣"])
def test_a_length_that_is_none_is_a_body_of_none(collected: Collected, length: str) -> None:
    answer = collected.client.post("/hit", data=b"{}", environ_overrides={"CONTENT_LENGTH": length})
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/hit", "/pixel.gif"])
def test_pages_of_any_origin_may_send_hits_and_read_the_answer(collected: Collected, path: str) -> None:
    preflight = collected.client.options(path, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    refused = collected.client.open(path, method="POST" if path == "/hit" else "GET")
    assert (preflight.status_code, preflight.headers["Content-Length"], refused.status_code) == (200, "0", 400)
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    for answer in (preflight, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "X-FizzStat-Dropped" in answer.headers["Access-Control-Expose-Headers"]
    assert not collected.hits


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/hit/", 404),
        ("GET", "/hit", 405),
        ("PUT", "/event", 405),
        ("POST", "/", 405),
        ("GET", "/%ff%00", 404),
    ],
)
def test_unknown_paths_and_methods_are_refused_in_json(collected: Collected, method: str, path: str, status: int) -> None:
    answer = collected.client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert answer.json
    assert set(answer.json) == {"error", "field"}
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/tracker.js", "/"])
def test_the_script_is_cacheable_and_open_to_all_origins(collected: Collected, path: str) -> None:
    answer = collected.client.get(path)
    assert answer.data == SCRIPT
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("*", True),
        ("gzip;q=0.5", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
    ],
)
def test_the_script_comes_packed_to_who_unpacks_it(collected: Collected, accepts: str, packed: bool) -> None:
    answer = collected.client.get("/tracker.js", headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(answer.data) if packed else answer.data) == SCRIPT
    assert len(answer.data) == int(answer.headers["Content-Length"])


@pytest.mark.parametrize("accepts", ["gzip", "identity"])
def test_the_script_is_sent_once_to_who_keeps_it(collected: Collected, accepts: str) -> None:
    headers = {"Accept-Encoding": accepts}
    tag = collected.client.get("/tracker.js", headers=headers).headers["ETag"]
    for known, status in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200), (tag.strip('"'), 304)):
        answer = collected.client.get("/tracker.js", headers={**headers, "If-None-Match": known})
        assert (answer.status_code, answer.headers["ETag"]) == (status, tag)
        assert bool(answer.data) == (status == 200)


def test_packed_and_plain_are_told_apart(collected: Collected) -> None:
    tags = {collected.client.get("/", headers={"Accept-Encoding": accepts}).headers["ETag"] for accepts in ("gzip", "")}
    assert len(tags) == 2


def test_another_script_has_another_tag(tmp_path: Path, collected: Collected) -> None:
    (tmp_path / "other.js").write_bytes(SCRIPT + b"\n")
    other = Collected(tmp_path / "other.js")
    assert other.client.get("/").headers["ETag"] != collected.client.get("/").headers["ETag"]


def test_a_fault_of_ours_is_said_in_json_and_without_its_details(collected: Collected, caplog: pytest.LogCaptureFixture) -> None:
    collected.intake.take = lambda hits: 1 / 0  # type: ignore[method-assign, assignment]
    answer = collected.post(title="private")
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
    assert "division" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert "private" not in caplog.text
