"""What an operator sets is what a running importer does: shields, spam, bots that are kept, databases of places that change."""

from itertools import count
from pathlib import Path

import pytest

from hits.hit import Hit
from tests.real.shell import Shell
from tests.real.system import Start, System
from tests.servers import until
from tests.unit.test_steps_place import NESTED, country, write

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
numbers = count(1)
NOW = 1_795_608_000_000  # 2026-11-25T12:00:00Z


def view(**fields: object) -> Hit:
    n = next(numbers)
    given = {
        "site": "a.example",
        "ip": "203.0.113.9",
        "agent": CHROME,
        "accept_language": "de",
        "url": "https://a.example/",
        **fields,
    }
    return Hit(receipt=f"{n:032x}", received=NOW + n, way="hit", kind="view", view=f"view{n}", **given)  # type: ignore[arg-type]


@pytest.fixture
def one(system: Start, tmp_path: Path) -> System:
    spam = tmp_path / "spam.txt"
    spam.write_text("spam.example\n")
    write(tmp_path / "places.mmdb", NESTED)
    return system(
        "embedded", FIZZSTAT_SPAM_FILE=str(spam), FIZZSTAT_GEOIP_DB=str(tmp_path / "places.mmdb"), FIZZSTAT_KEEP_BOTS="yes"
    )


def test_shields_and_spam_are_dropped_with_a_reason_that_the_ledger_tells(one: System) -> None:
    fizzstat = Shell(one.environ)
    rules = ("--shield-ip", "198.51.100.0/24", "--shield-country", "BR", "--shield-path", "/admin/*")
    assert fizzstat("sites", "add", "a.example", *rules).code == 0
    one.take(
        [
            view(ip="198.51.100.7"),
            view(ip="203.0.113.10"),
            view(ip="192.0.2.1", url="https://a.example/admin/users"),
            view(ip="192.0.2.1", referrer="https://www.semalt.com/"),
            view(ip="192.0.2.1", referrer="https://x.spam.example/"),
            view(ip="192.0.2.1", referrer="https://www.google.com/"),
            view(site="b.example", url="https://b.example/admin/users", ip="203.0.113.10"),
        ]
    )
    one.start("import")
    ledger = one.imported()
    assert (ledger.stored, ledger.dropped, ledger.balanced) == (2, {"shield": 3, "spam": 2}, True)
    assert "A shield of its site" in fizzstat("ledger").out


def test_a_bot_that_forgot_something_is_kept_with_its_name_and_kind(one: System) -> None:
    one.take([view(webdriver=True), view(agent="Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)")])
    one.start("import")
    one.imported()
    bots = [document["bot"] for document in one.documents("bot-view")]
    assert sorted((bot["name"], bot["kind"]) for bot in bots) == [("GPTBot", "ai-crawler"), ("WebDriver", "browser-automation")]


def test_a_new_database_of_places_and_a_new_spam_file_are_used_without_a_restart(one: System, tmp_path: Path) -> None:
    one.start("import")
    one.take([view(ip="192.0.2.1")])
    assert one.imported().stored == 1
    write(tmp_path / "new.mmdb", country("FR"))
    (tmp_path / "new.mmdb").replace(tmp_path / "places.mmdb")
    (tmp_path / "spam.txt").write_text("other.example\n")

    def french() -> bool:
        one.take([view(ip="192.0.2.1", client_hash=f"{next(numbers)}", referrer="https://other.example/")])
        one.take([view(ip="192.0.2.1", client_hash=f"{next(numbers)}")])
        ledger = one.imported()
        codes = {document["client"]["geo"]["country_iso_code"] for document in one.documents("view")}
        return codes == {"DE", "FR"} and ledger.dropped.get("spam", 0) > 0

    until(french, "the new files to be used")
