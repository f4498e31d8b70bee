"""Whatever is sent: every hit ends in facts that documents can hold, or in a known drop, and in no other exception."""

import json
import re
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hits.hit import Hit, Revenue
from hits.snapshot import Shields
from importer.facts import Context, Drop, Facts
from importer.shields import shield_of
from importer.steps.channel import CHANNELS
from importer.steps.event import flatten
from tests.unit.steps import cases, run

#: Any text, lone surrogates and control characters too, and texts that look a little like what is expected.
anything = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = """
https:// http: // example.com www. google. .co.uk ? & = # % %C3%A4 ä @ : [::1] /../ android-app:// 😀
utm_source utm_medium utm_campaign ref gclid cpc newsletter
Mozilla/5.0 ( ) ; Android Mobile bot Chrome/ 1. Tablet de - _ x 1920 Europe/ Berlin
"""
pieces = st.sampled_from([*PIECES.split(), "\x00", "\ud800", " ", "\n"])
texts = anything | st.lists(pieces, max_size=20).map("".join)
long = texts | st.builds(lambda text, times: (text * times)[:10_000], texts, st.integers(1, 2000))
urls = long | long.map(lambda text: "https://example.com/" + text) | long.map(lambda text: "https://example.com/?" + text)
agents = texts | st.sampled_from([case["agent"] for case in cases("agents")])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | long,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=10,
)
hits = st.builds(
    Hit,
    receipt=st.just("r"),
    received=st.just(1),
    way=st.sampled_from(["hit", "pixel", "event"]),
    kind=st.sampled_from(["view", "event", "engagement"]),
    site=texts,
    ip=texts | st.ip_addresses().map(str),
    agent=agents,
    accept_language=texts,
    hint_brands=texts | st.just('"Brave";v="142"'),
    hint_platform=texts,
    hint_mobile=st.booleans(),
    webdriver=st.booleans(),
    url=urls,
    view=texts,
    referrer=urls,
    title=long,
    screen=texts,
    screen_depth=st.integers(),
    language=texts,
    time_zone=texts,
    name=texts,
    value=long | st.floats().map(str) | st.integers().map(str),
    data=st.just({}) | st.dictionaries(texts, values, max_size=3),
    revenue=st.none() | st.builds(Revenue, st.floats(), texts | st.sampled_from(["EUR", "usd"])),
)
shields = st.builds(Shields, countries=st.just(("DE",)), paths=st.sampled_from([(), ("/*",), ("*x*",)]))
contexts = st.builds(
    Context,
    keep_bots=st.booleans(),
    salts=st.just({}),
    spam=st.frozensets(st.sampled_from(["example.com", "google.com", "com"])),
    shields=st.dictionaries(texts, shields.map(shield_of), max_size=3),
    allowed_query=st.dictionaries(texts, st.frozensets(texts, max_size=3), max_size=3),
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
LIMITS = {"title": 512, "value": 1024, "name": 128}


def texts_of(part: Any) -> list[str]:
    if isinstance(part, dict):
        return [text for key, value in part.items() for text in (key, *texts_of(value))]
    return [part] if isinstance(part, str) else []


def check(facts: Facts) -> None:
    fields = {
        name: getattr(facts, name)
        for name in facts.__struct_fields__
        if name not in ("id", "receipt", "kind", "way", "site", "view")
    }
    json.dumps(fields, allow_nan=False, ensure_ascii=False).encode()
    assert msgspec.json.decode(msgspec.json.encode(fields)) is not None
    for name, value in fields.items():
        for text in texts_of(value):
            assert len(text) <= LIMITS.get(name, 2048), name
            assert not CONTROL.search(text), name
        if isinstance(value, dict):
            assert not any(part in ("", None, {}) for part in value.values()), name
    assert len(facts.data) <= 30
    assert facts.traffic["channel"] in CHANNELS
    assert not any(mark in facts.path + facts.referrer for mark in "?#")
    assert facts.path == "" or facts.path.startswith("/")


@given(hits, contexts)
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_hit_gives_facts_that_documents_can_hold_or_a_known_drop(one: Hit, context: Context) -> None:
    before = msgspec.structs.asdict(one)
    ended = run(one, context)
    if isinstance(ended, Drop):
        assert ended in (Drop.BOT, Drop.BAD_URL, Drop.SPAM, Drop.SHIELD)
    else:
        check(ended)
    assert repr(msgspec.structs.asdict(one)) == repr(before)


@given(st.dictionaries(long, values, max_size=60))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_data_is_flattened_to_thirty_short_texts(data: dict[str, Any]) -> None:
    flat = flatten(data)
    assert len(flat) <= 30
    for key, value in flat.items():
        assert 0 < len(key) <= 300
        assert 0 < len(value) <= 2048
        assert all(key.split("."))
        assert not CONTROL.search(key + value)


@given(hits)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_same_hit_gives_the_same_facts(one: Hit) -> None:
    context = Context(keep_bots=True, salts={})
    assert repr(run(one, context)) == repr(run(one, context))
