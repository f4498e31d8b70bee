"""Referrer spam: hosts of our list and of an operator's file."""

import re
from pathlib import Path

import pytest

from importer.facts import Context, Drop
from importer.sources import by_host
from importer.spam import read_spam
from importer.steps.spam import drop_spam
from importer.watched import Unreadable
from tests.unit.steps import CONTEXT, facts_of, hit

SPAM = Context(keep_bots=False, salts={}, spam=read_spam())


def dropped(referrer: str, context: Context = SPAM) -> Drop | None:
    one = hit(referrer=referrer)
    return drop_spam(one, facts_of(one), context)


@pytest.mark.parametrize(
    "referrer",
    [
        "http://semalt.com/",
        "https://semalt.semalt.com/crawler.php?u=http://example.com",
        "http://www.buttons-for-website.com",
        "https://SIMPLE-share-buttons.com./",
        "http://site.4webmasters.org/",
        "http://forum.topic12345678.darodar.com/",
        "http://user@100dollars-seo.com:8080/try",
        "android-app://semalt.com/",
    ],
)
def test_a_referrer_that_is_known_for_spam_drops_the_hit(referrer: str) -> None:
    assert dropped(referrer) is Drop.SPAM


@pytest.mark.parametrize(
    "referrer",
    [
        "",
        "https://www.google.com/",
        "https://notsemalt.com/",
        "https://semalt.com.example.org/",
        "https://example.com/?from=semalt.com",
        "https://com/",
        "semalt.com",
        "about:blank",
        "https://[::1]/",
    ],
)
def test_other_referrers_do_not(referrer: str) -> None:
    assert dropped(referrer) is None


def test_without_a_list_nothing_is_spam() -> None:
    assert dropped("http://semalt.com/", CONTEXT) is None


def test_an_operators_file_adds_hosts_and_takes_some_off(tmp_path: Path) -> None:
    own = tmp_path / "spam.txt"
    own.write_text("# ours\nspam.example  # since May\n\nWWW.Bücher.example.\n!semalt.com\n! darodar.com\n")
    context = Context(keep_bots=False, salts={}, spam=read_spam((own,)))
    assert dropped("https://a.spam.example/", context) is Drop.SPAM
    assert dropped("https://bücher.example/", context) is Drop.SPAM
    assert dropped("http://semalt.com/", context) is None
    assert dropped("http://darodar.com/", context) is None
    assert dropped("http://econom.co/", context) is Drop.SPAM


@pytest.mark.parametrize(
    "line", ["https://spam.example/", "spam", "spam example", "*.spam.example", "spam.example, other.example"]
)
def test_a_line_that_is_no_host_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    own = tmp_path / "spam.txt"
    own.write_text(f"good.example\n{line}\n")
    with pytest.raises(Unreadable, match=r"FIZZSTAT_SPAM_FILE: .*spam\.txt, line 2: .*no host"):
        read_spam((own,))


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"caf\xe9.example\n")
    for name, why in (("missing", "cannot be read"), ("latin", "UTF-8")):
        with pytest.raises(Unreadable, match=f"FIZZSTAT_SPAM_FILE: .*{name} .*{why}"):
            read_spam((tmp_path / name,))


def test_our_list_has_hundreds_of_hosts_and_none_that_visits_come_from() -> None:
    spam = read_spam()
    assert len(spam) >= 250
    assert [host for host in spam if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host)] == []
    assert [host for host in spam if by_host(host)] == []
