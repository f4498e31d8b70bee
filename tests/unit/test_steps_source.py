"""Where a visit comes from: referrer, source, channel, campaign."""

import re

import pytest

from importer.data import read
from importer.facts import Context
from importer.sources import by_host, by_tag
from importer.steps.channel import CHANNELS
from importer.steps.source import put_source
from tests.unit.steps import cases, put

CASES = cases("sources")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.get('from', '')} {case.get('with', '')}")
def test_a_referrer_and_tags_give_channel_and_source(case: dict[str, str]) -> None:
    facts = put(put_source, url=f"https://www.example.com/?{case.get('with', '')}", referrer=case.get("from", ""))
    assert f"{facts.traffic['channel']} / {facts.traffic.get('source', '-')}" == case["is"]


def test_the_cases_cover_every_channel() -> None:
    assert len(CASES) >= 100
    assert {case["is"].partition(" / ")[0] for case in CASES} == set(CHANNELS)


def test_a_direct_visit_has_a_channel_and_nothing_else() -> None:
    facts = put(put_source)
    assert (facts.traffic, facts.referrer, facts.utm) == ({"channel": "Direct"}, "", {})


@pytest.mark.parametrize(
    ("referrer", "stored"),
    [
        ("https://news.ycombinator.com/item?id=1#x", "https://news.ycombinator.com/item"),
        ("https://user:secret@Example.ORG:443/a/../b?token=1", "https://example.org/b"),
        ("http://intranet.example.org:8080/wiki", "http://intranet.example.org:8080/wiki"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("android-app://com.google.android.gm/", "android-app://com.google.android.gm/"),
        ("android-app://com.google.android.gm", "android-app://com.google.android.gm/"),
    ],
)
def test_a_referrer_is_stored_without_user_query_and_fragment(referrer: str, stored: str) -> None:
    assert put(put_source, referrer=referrer).referrer == stored


def test_a_referrers_domain_is_its_host_without_www_even_where_a_tag_names_the_source() -> None:
    facts = put(put_source, url="https://example.com/?utm_source=fb", referrer="https://www.old.example.org/")
    assert facts.traffic == {"channel": "Organic Social", "source": "Facebook", "referrer_domain": "old.example.org"}


def test_a_long_referrer_is_cut_between_escapes() -> None:
    referrer = put(put_source, referrer="https://example.org/" + "ä" * 2000).referrer
    assert len(referrer) <= 2048
    assert re.fullmatch(r"https://example\.org/(%C3%A4)*(%C3)?", referrer)


@pytest.mark.parametrize("url", ["https://example.com/", "https://shop.example.com/", "https://www.shop.example.com/x"])
@pytest.mark.parametrize("referrer", ["https://example.com/a", "https://www.example.com/b", "https://shop.example.com/c"])
def test_hosts_of_the_same_site_are_no_referrers(url: str, referrer: str) -> None:
    context = Context(keep_bots=False, salts={}, site_hosts={"example.com": frozenset({"example.com", "shop.example.com"})})
    facts = put(put_source, context, site="example.com", url=url, referrer=referrer)
    assert (facts.referrer, facts.traffic) == ("", {"channel": "Direct"})


def test_utm_parameters_are_decoded_and_only_those_that_say_something_are_kept() -> None:
    url = "https://example.com/?utm_source=News%20Letter&utm_medium=e+mail&utm_campaign=%C3%9Cber&utm_term=&utm_content=%00a%0Ab"
    utm = put(put_source, url=url).utm
    assert utm == {"source": "News Letter", "medium": "e mail", "campaign": "Über", "content": "a b"}


def test_the_first_of_a_repeated_parameter_counts() -> None:
    assert put(put_source, url="https://example.com/?utm_source=a&utm_source=b").utm == {"source": "a"}


def test_utm_parameters_are_cut_at_the_limit_of_a_keyword() -> None:
    assert len(put(put_source, url="https://example.com/?utm_campaign=" + "x" * 8000).utm["campaign"]) == 2048


@pytest.mark.parametrize("name", ["gclid", "gbraid", "wbraid", "msclkid", "fbclid", "twclid", "ttclid", "yclid", "li_fat_id"])
def test_of_a_click_id_only_the_name_is_kept(name: str) -> None:
    facts = put(put_source, url=f"https://example.com/?{name}=SECRET")
    assert facts.traffic["click_id"] == name
    assert "SECRET" not in str(facts)


def test_sources_are_many_and_well_formed() -> None:
    pattern = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*\.([a-z]{2,}|\*)")
    rows = [(category, name, known) for category, sources in read("sources").items() for name, known in sources.items()]
    hosts = [host for _, _, known in rows for host in known.get("hosts", [])]
    apps = [app for _, _, known in rows for app in known.get("apps", [])]
    tags = [tag for _, name, known in rows for tag in {name.lower(), *known.get("tags", []), *known.get("ads", [])}]
    assert len(set(hosts)) >= 250
    assert [one for one in hosts if not pattern.fullmatch(one) or one.startswith("www.")] == []
    assert [one for one in (*hosts, *apps, *tags) if one != one.lower()] == []
    for listed in (hosts, apps, tags, [name for _, name, _ in rows]):
        assert sorted(one for one in set(listed) if listed.count(one) > 1) == []
    assert {category for category, _, _ in rows} == {"search", "social", "video", "shopping", "email", "ai", "push", "other"}


def test_every_host_app_and_tag_of_a_source_leads_to_it() -> None:
    for category, sources in read("sources").items():
        for name, known in sources.items():
            for host in (*known.get("hosts", []), *known.get("apps", [])):
                example = host.removeprefix("*.").replace(".*", ".co.uk")
                assert by_host(example) == (name, category), host
            for tag in (name, *known.get("tags", []), *known.get("ads", [])):
                assert by_tag(tag) == by_tag(tag.upper()) == (name, category), tag
