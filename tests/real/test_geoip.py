"""`./fizzstat geoip` as an operator runs it, with a server that sends databases of places and what is none."""

import base64
import gzip
import hashlib
import io
import os
import resource
import signal
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from cli import cli
from importer.geo import open_places
from tests.real.shell import Said, Shell
from tests.real.system import Start
from tests.real.test_cli import view
from tests.servers import until
from tests.website import Reply, Request, Website

GERMANY = {"country": {"iso_code": "DE"}, "city": {"names": {"en": "Berlin"}}}
ACCOUNT, KEY = "123456", "aVerySecretKey"
PERMALINK = "/geoip/databases/GeoLite2-City/download?suffix=tar.gz"

Run = Callable[..., Said]


def database(tmp_path: Path, records: Mapping[str, Any], type: str = "GeoLite2-City") -> bytes:
    writer = MMDBWriter(6, type, ipv4_compatible=True)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(tmp_path / "made.mmdb"))
    return (tmp_path / "made.mmdb").read_bytes()


@pytest.fixture
def city(tmp_path: Path) -> bytes:
    return database(tmp_path, {"8.8.8.0/24": GERMANY, "2001:4860::/32": GERMANY})


@pytest.fixture
def website() -> Iterator[Website]:
    with Website() as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the databases go."""
    return tmp_path / "data" / "geoip"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("FIZZSTAT_")}
    return {**mine, "FIZZSTAT_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def geoip(environ: dict[str, str]) -> Run:
    def run(*arguments: str, **settings: str) -> Said:
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - set(environ):
                patch.delenv(name)
            result = CliRunner().invoke(cli, ["geoip", *arguments], env={**environ, **settings}, prog_name="fizzstat")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


def tar_gz(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member, content in ((name.rpartition("/")[0] + "/LICENSE.txt", b"free"), (name, data)):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def text(said: Said) -> str:
    """Its sentences, however they were broken into lines."""
    assert said.code == 0, said.err
    return " ".join(said.out.split())


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"lock"} if folder.exists() else set()


@pytest.mark.parametrize("packing", ["mmdb", "mmdb.gz", "tar.gz"])
def test_a_database_is_fetched_checked_and_used(website: Website, city: bytes, geoip: Run, folder: Path, packing: str) -> None:
    packed = {"mmdb": city, "mmdb.gz": gzip.compress(city), "tar.gz": tar_gz("GeoLite2-City_20261124/GeoLite2-City.mmdb", city)}
    website.answers[f"/city.{packing}"] = packed[packing]
    said = text(geoip("--url", f"{website.url}/city.{packing}"))
    assert "GeoLite2-City of 20" in said
    assert "8.8.8.8 is in DE" in said
    assert files(folder) == {"places.mmdb", "places.json"}
    assert open_places(str(folder / "places.mmdb"))("8.8.8.8")["city_name"] == "Berlin"
    assert (folder / "places.mmdb").stat().st_mode & 0o077 == 0


def test_asking_again_costs_one_small_request_until_there_is_a_new_one(
    website: Website, city: bytes, geoip: Run, tmp_path: Path
) -> None:
    version = {"etag": '"one"', "data": city}

    def answer(request: Request) -> Reply:
        headers = {"ETag": str(version["etag"]), "Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"}
        if request.headers["If-None-Match"] == version["etag"]:
            return Reply(304, headers=headers)
        return Reply(200, bytes(version["data"]), headers)  # type: ignore[arg-type]

    website.answers["/city.mmdb"] = answer
    url = f"{website.url}/city.mmdb"
    assert geoip("--url", url, "--json").json[0]["fresh"] is True
    assert "is the newest already" in text(geoip("--url", url))
    assert website.asked[-1].headers["If-Modified-Since"] == "Tue, 24 Nov 2026 10:00:00 GMT"
    version.update(etag='"two"', data=database(tmp_path, {"8.8.8.0/24": {"country_code": "FR"}}, "new"))
    new = geoip("--url", url, "--json").json[0]
    assert (new["fresh"], new["type"], new["known"]) == (True, "new", {"8.8.8.8": "FR"})


def test_a_file_that_somebody_else_put_there_is_not_taken_for_the_newest(
    website: Website, city: bytes, geoip: Run, folder: Path
) -> None:
    website.answers["/city.mmdb"] = lambda request: Reply(
        304 if request.headers["If-None-Match"] else 200, city, {"ETag": '"one"'}
    )
    url = f"{website.url}/city.mmdb"
    geoip("--url", url)
    (folder / "places.mmdb").write_bytes(b"by hand")
    assert geoip("--url", url, "--json").json[0]["fresh"] is True


REFUSED: dict[str, tuple[Callable[[bytes], Reply], str]] = {
    "a page": (lambda city: Reply(body=b"<html>Please log in</html>"), "is no .mmdb"),
    "half a database": (lambda city: Reply(body=city[: len(city) // 2]), "is no .mmdb"),
    "a broken gzip": (lambda city: Reply(body=gzip.compress(city)[:-20]), "is damaged"),
    "an archive without one": (lambda city: Reply(body=tar_gz("x/readme", b"none")), "has no .mmdb"),
    "a break": (lambda city: Reply(body=city[:100], length=len(city)), "broke off"),
    "nothing": (lambda city: Reply(body=b""), "is no .mmdb"),
    "an error": (lambda city: Reply(503, b"later"), "answers 503: try again later"),
    "no such file": (lambda city: Reply(404), "answers 404: it has no such database"),
}


@pytest.mark.parametrize("sent", REFUSED)
def test_what_is_no_database_changes_nothing(website: Website, city: bytes, geoip: Run, folder: Path, sent: str) -> None:
    website.answers["/good.mmdb"] = city
    geoip("--url", f"{website.url}/good.mmdb")
    before = (folder / "places.mmdb").read_bytes()
    reply, reason = REFUSED[sent]
    website.answers["/bad.mmdb"] = lambda request: reply(city)
    assert reason in geoip("--url", f"{website.url}/bad.mmdb").sentence
    assert (folder / "places.mmdb").read_bytes() == before
    assert files(folder) == {"places.mmdb", "places.json"}


def test_a_database_of_something_else_than_places_is_refused(website: Website, geoip: Run, folder: Path, tmp_path: Path) -> None:
    website.answers["/asn.mmdb"] = database(tmp_path, {"8.8.8.0/24": {"autonomous_system_number": 15169}}, "GeoLite2-ASN")
    assert "(GeoLite2-ASN) knows no country" in geoip("--url", f"{website.url}/asn.mmdb").sentence
    assert files(folder) == set()


def test_with_an_account_it_comes_from_maxmind_and_its_key_is_seen_nowhere(
    website: Website, city: bytes, geoip: Run, folder: Path
) -> None:
    archive = tar_gz("GeoLite2-City_20261124/GeoLite2-City.mmdb", city)
    with Website({"/signed": archive}) as store:
        storage = store.url.replace("127.0.0.1", "localhost")

        def permalink(request: Request) -> Reply:
            right = "Basic " + base64.b64encode(f"{ACCOUNT}:{KEY}".encode()).decode()
            if request.headers["Authorization"] != right:
                return Reply(401, b"Invalid license key")
            headers = {"Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"}
            return Reply(200, b"", headers) if request.method == "HEAD" else Reply(302, headers={"Location": f"{storage}/signed"})

        def signed(request: Request) -> Reply:
            return Reply(200, archive, {"Last-Modified": "Tue, 24 Nov 2026 10:00:00 GMT"})

        store.answers["/signed"] = signed
        website.answers[PERMALINK] = permalink
        digest = hashlib.sha256(archive).hexdigest()
        website.answers[PERMALINK + ".sha256"] = f"{digest}  GeoLite2-City_20261124.tar.gz\n".encode()
        account = {"FIZZSTAT_MAXMIND_ACCOUNT": ACCOUNT, "FIZZSTAT_MAXMIND_KEY": KEY, "FIZZSTAT_MAXMIND_URL": website.url}

        first = geoip(**account)
        assert "8.8.8.8 is in DE" in text(first)
        assert store.asked[-1].headers["Authorization"] is None  # what is a secret of one host is none of another's
        assert "is the newest already" in text(geoip(**account))
        assert [request.method for request in website.asked] == ["GET", "GET", "HEAD"]
        assert len(store.asked) == 1

        wrong = geoip(**{**account, "FIZZSTAT_MAXMIND_KEY": "wrongKey"})
        assert "answers 401: it does not know this account and key" in wrong.sentence
        said = "".join(run.out + run.err for run in (first, wrong))
        kept = b"".join(path.read_bytes() for path in folder.iterdir())
        assert KEY not in said
        assert "wrongKey" not in said
        assert KEY.encode() not in kept


def test_a_download_with_another_checksum_than_the_service_tells_is_refused(
    website: Website, city: bytes, geoip: Run, folder: Path
) -> None:
    website.answers |= {PERMALINK: tar_gz("a/b.mmdb", city), PERMALINK + ".sha256": b"0" * 64 + b"  b.tar.gz\n"}
    account = {"FIZZSTAT_MAXMIND_ACCOUNT": ACCOUNT, "FIZZSTAT_MAXMIND_KEY": KEY, "FIZZSTAT_MAXMIND_URL": website.url}
    assert "does not have the checksum" in geoip(**account).sentence
    assert files(folder) == set()


def test_what_is_secret_in_a_url_is_not_said(website: Website, geoip: Run) -> None:
    secret = website.url.replace("//", "//me:passw0rd@") + "/gone.mmdb?token=t0ken"
    said = geoip(FIZZSTAT_GEOIP_URL=secret).sentence
    assert "answers 404" in said
    assert "passw0rd" not in said
    assert "t0ken" not in said
    assert base64.b64decode(website.asked[-1].headers["Authorization"].split()[1]) == b"me:passw0rd"
    assert website.asked[-1].path == "/gone.mmdb?token=t0ken"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "city.mmdb", "http://", "http://[::1"])
def test_what_is_no_web_address_is_refused(geoip: Run, url: str) -> None:
    assert "--url takes an http:// or https:// URL" in geoip("--url", url).sentence


def test_a_server_that_is_not_there_is_named(geoip: Run) -> None:
    assert "http://127.0.0.1:9/x cannot be reached: Connection refused" in geoip("--url", "http://127.0.0.1:9/x").sentence


def test_a_folder_that_cannot_be_written_to_is_named(website: Website, city: bytes, geoip: Run, folder: Path) -> None:
    website.answers["/city.mmdb"] = city
    folder.parent.mkdir()
    folder.write_text("no folder")
    assert f"{folder} cannot be written to: File exists" in geoip("--url", f"{website.url}/city.mmdb").sentence


def test_a_full_disk_is_said_and_leaves_what_was_there(website: Website, city: bytes, geoip: Run, folder: Path) -> None:
    website.answers["/city.mmdb"] = city
    geoip("--url", f"{website.url}/city.mmdb")
    website.answers["/large.mmdb"] = b"x" * 200_000
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
        said = geoip("--url", f"{website.url}/large.mmdb").sentence
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "cannot be written to: File too large. Nothing has changed." in said
    assert (folder / "places.mmdb").read_bytes() == city
    assert files(folder) == {"places.mmdb", "places.json"}


def test_without_a_source_it_says_which_there_are(geoip: Run) -> None:
    said = geoip()
    assert said.code == 2
    assert "--url" in said.err
    assert "FIZZSTAT_MAXMIND_KEY" in said.err


def test_two_databases_share_the_addresses_and_the_second_goes_when_it_is_not_asked_for(
    website: Website, city: bytes, geoip: Run, folder: Path
) -> None:
    website.answers |= {"/4.mmdb": city, "/6.mmdb": city}
    assert geoip(FIZZSTAT_GEOIP_URL=f"{website.url}/4.mmdb, {website.url}/6.mmdb").code == 0
    assert files(folder) == {"places.mmdb", "places.json", "places-2.mmdb", "places-2.json"}
    assert geoip("--url", f"{website.url}/4.mmdb").code == 0
    assert files(folder) == {"places.mmdb", "places.json"}


def test_a_download_that_is_killed_leaves_nothing_that_is_used_and_the_next_tidies_up(
    website: Website, city: bytes, environ: dict[str, str], geoip: Run, folder: Path
) -> None:
    held = threading.Event()

    def stuck(request: Request) -> Reply:
        held.wait(20)
        return Reply(body=city)

    website.answers |= {"/city.mmdb": city, "/stuck.mmdb": stuck}
    with Shell(environ).start("geoip", "--url", f"{website.url}/stuck.mmdb") as process:
        until(lambda: website.asked, "the download to begin")
        process.send_signal(signal.SIGKILL)
    held.set()
    assert not (folder / "places.mmdb").exists()
    assert geoip("--url", f"{website.url}/city.mmdb").code == 0
    assert files(folder) == {"places.mmdb", "places.json"}


def test_a_running_importer_goes_over_to_a_database_that_comes(website: Website, city: bytes, system: Start) -> None:
    website.answers["/city.mmdb"] = city
    one, sites = system("embedded"), count()
    one.start("import")

    def cities() -> set[str]:
        one.take([view(f"s{next(sites)}.example", ip="8.8.8.8")])
        one.imported()
        return {source["client"]["geo"].get("city_name", "") for source in one.documents("view")}

    assert cities() == {""}
    assert Shell(one.environ)("geoip", "--url", f"{website.url}/city.mmdb").code == 0
    until(lambda: "Berlin" in cities(), "the importer to know the city", 20)
