"""mappings/ has the fields of DESIGN.md and CONTRACT.md, and both stores are made from it."""

import tantivy

from store.base import BOT_KINDS, KINDS
from store.columns import schema
from store.elastic_setup import Shape, template
from store.mappings import FOLDER, Field, fields, find

KEYWORDS = """
    site hit.way hit.receipt bot.name bot.kind client.id language language_header screen.size document.encoding
    client.geo.continent_code client.geo.country_iso_code client.geo.region_iso_code client.geo.region_name
    client.geo.subdivision_2_name client.geo.city_name client.geo.timezone
    user_agent.name user_agent.version user_agent.os.name user_agent.os.version user_agent.device.type user_agent.original
    visit.id visit.entry_path traffic.channel traffic.source traffic.referrer_domain traffic.click_id
    http.request.referrer http.request.referrer_header utm.source utm.medium utm.campaign utm.term utm.content
"""
COMMON = {
    **dict.fromkeys(KEYWORDS.split(), "keyword"),
    "@timestamp": "date",
    "client.num": "long",
    "client.part": "byte",
    "client.traits": "flattened",
    "client.geo.location": "geo_point",
    "client.geo.accuracy_km": "short",
    "screen.depth": "short",
}
EXPECTED = {
    "client": {"client.first_seen": "date", "client.last_seen": "date", "client.hash": "keyword"},
    "visit": {
        "visit.started": "date",
        "visit.ended": "date",
        "visit.duration_seconds": "double",
        "visit.views": "long",
        "visit.events": "long",
        "visit.bounced": "byte",
        "visit.exit_path": "keyword",
        "visit.pages": "keyword",
        "visit.event_names": "keyword",
        "visit.steps": "object",
    },
    "view": {
        "view.id": "keyword",
        "url.domain": "keyword",
        "url.path": "keyword",
        "url.query": "keyword",
        "page.title": "keyword",
        "view.engaged_seconds": "double",
        "view.scroll_percent": "byte",
        "view.activity": "long",
        "event.data": "flattened",
    },
    "event": {
        "event.name": "keyword",
        "event.value": "keyword",
        "event.number": "double",
        "event.data": "flattened",
        "revenue.amount": "double",
        "revenue.currency": "keyword",
        "view.id": "keyword",
        "url.domain": "keyword",
        "url.path": "keyword",
    },
}
KEPT = {"hit.receipt", "user_agent.original"}
#: Types of the core that every distribution has; unsigned_long, wildcard and scaled_float are not in it.
CORE = {"keyword", "date", "long", "short", "byte", "double", "flattened", "geo_point", "object"}


def test_every_kind_has_exactly_the_fields_of_the_contract() -> None:
    for kind in KINDS:
        assert {path: field.type for path, field in fields(kind).items()} == {**COMMON, **EXPECTED[kind]}
        assert {path for path, field in fields(kind).items() if field.kept} == KEPT | (
            {"visit.steps"} if kind == "visit" else set()
        )
        assert fields(f"bot-{kind}") == fields(kind)


def test_no_kind_says_again_what_is_common() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {"common.json", *(f"{kind}.json" for kind in KINDS)}
    for kind in KINDS:
        assert not EXPECTED[kind].keys() & COMMON.keys()
        assert len(fields(kind)) == len(EXPECTED[kind]) + len(COMMON)


def test_all_types_are_of_elasticsearchs_core() -> None:
    assert {field.type for kind in KINDS for field in fields(kind).values()} <= CORE


def test_elasticsearchs_templates_have_all_fields() -> None:
    for kind in KINDS:
        name, body = template("fizzstat", kind)
        assert name == f"fizzstat-{kind}"
        assert body["index_patterns"] == [f"fizzstat-{kind}-*", f"fizzstat-bot-{kind}-*"]
        assert body["template"]["mappings"]["dynamic"] is False
        properties = body["template"]["mappings"]["properties"]
        assert {path: mapping["type"] for path, mapping in properties.items()} == {**COMMON, **EXPECTED[kind]}


def test_elasticsearchs_templates_have_the_shards_and_replicas_of_the_settings() -> None:
    def shape(shards: int, replicas: str) -> dict[str, object]:
        settings: dict[str, object] = template("fizzstat", "view", Shape(shards, replicas))[1]["template"]["settings"]
        return {name: value for name, value in settings.items() if name != "mapping.coerce"}

    assert shape(1, "0-1") == {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
    assert shape(6, "2") == {"number_of_shards": 6, "number_of_replicas": 2}
    assert template("fizzstat", "view", Shape(2))[1]["_meta"] != template("fizzstat", "view")[1]["_meta"]


def test_a_templates_hash_follows_its_fields() -> None:
    hashes = {template(prefix, kind)[1]["_meta"]["hash"] for prefix in ("a", "b") for kind in KINDS}
    assert len(hashes) == 8
    assert template("a", "view") == template("a", "view")


def test_the_embedded_stores_columns_take_every_field_that_is_not_only_kept() -> None:
    values = {"keyword": "x", "date": 1, "long": 1, "short": 1, "byte": 1, "double": 1.5, "flattened": {"k": ["v"]}}
    for kind in (*KINDS, *BOT_KINDS):
        row = {path: values.get(field.type, "x") for path, field in fields(kind).items()}
        columns = set(tantivy.Document.from_dict(row, schema(kind)).to_dict())
        assert columns == {path for path, field in fields(kind).items() if not field.kept and field.type != "geo_point"}


def test_searches_know_fields_keys_and_metadata_and_nothing_else() -> None:
    assert find("view", "url.path") == Field("url.path", "keyword")
    assert find("event", "event.data.plan") == Field("event.data.plan", "key")
    assert find("bot-view", "bot.name") == Field("bot.name", "keyword")
    assert find("view", "_index") == Field("_index", "keyword")
    for unknown in ("url", "url.pat", "url.path.x", "event.name", "hit.receipt", "user_agent.original", "event.data.", ""):
        assert find("view", unknown) is None
    assert find("event", "event.data.") is None
