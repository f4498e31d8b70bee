"""Is Elasticsearch well, and does it take documents?"""

from collections.abc import Iterator

from commands.checks.finding import Finding, Ward, error, note, warning
from store.base import KINDS, StoreError
from store.elastic_client import talking
from store.elastic_setup import Shape, installed, pattern, template

TESTED = (8, 19)
NEARLY = 0.8  # of the shards that a cluster may have


def store_answers(ward: Ward) -> Iterator[Finding]:
    """Elasticsearch can be reached, and lets FizzStat in."""
    try:
        with talking(ward.store_shown):
            ward.elastic.cluster.health()
    except StoreError as away:
        ward.store_away = away
        yield error(
            f"{str(away)[:1].upper()}{str(away)[1:]}.", "start it, or correct FIZZSTAT_STORE_URL and FIZZSTAT_STORE_API_KEY"
        )


def store_is_a_version_that_is_tested(ward: Ward) -> Iterator[Finding]:
    """It is Elasticsearch 8.19 or 9."""
    with talking(ward.store_shown):
        nodes = ward.elastic.nodes.info(filter_path="nodes.*.version").body.get("nodes", {})
    for version in sorted({str(node["version"]) for node in nodes.values()}):
        numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
        if numbers < (8,):
            yield error(f"Elasticsearch is version {version}, and FizzStat needs 8.19 or 9.")
        elif numbers < TESTED or numbers >= (10,):
            yield warning(f"Elasticsearch is version {version}; FizzStat is tested with 8.19 and 9.")


def store_is_green(ward: Ward) -> Iterator[Finding]:
    """All shards of its indices are there."""
    with talking(ward.store_shown):
        health = ward.elastic.cluster.health(index=f"{ward.settings.index_prefix}-*", expand_wildcards="all").body
    where = f"{ward.store_shown}/_cluster/allocation/explain?pretty"
    if health["status"] == "red":
        yield error("Indices are red: some of what was stored cannot be read or written.", f"curl '{where}'")
    elif health["status"] == "yellow":
        yield warning("Indices are yellow: there is no second copy of some of what was stored.", f"curl '{where}'")


def templates_are_up_to_date(ward: Ward) -> Iterator[Finding]:
    """The index templates are those of this version of FizzStat."""
    prefix, shape = ward.settings.index_prefix, Shape.of(ward.settings)
    with talking(ward.store_shown):
        found = {kind: installed(ward.elastic, template(prefix, kind)[0]) for kind in KINDS}
    missing = [kind for kind, meta in found.items() if meta is None]
    old = [kind for kind, meta in found.items() if meta is not None and meta != template(prefix, kind, shape)[1]["_meta"]]
    if missing:
        yield error(f"There are no index templates for {', '.join(missing)}: the first importer makes them.", "./fizzstat setup")
    if old:
        yield warning(
            f"The index templates for {', '.join(old)} are of another version of FizzStat, or of other settings.",
            "./fizzstat setup",
        )


def store_takes_documents(ward: Ward) -> Iterator[Finding]:
    """No index is closed to writing, as Elasticsearch does when a disk is full."""
    index = [pattern(ward.settings.index_prefix, kind) for kind in KINDS]
    with talking(ward.store_shown):
        settings = ward.elastic.indices.get_settings(
            index=index, name="index.blocks.*", flat_settings=True, ignore_unavailable=True
        )
        cluster = ward.elastic.cluster.get_settings(flat_settings=True).body
    blocked = [name for name, one in settings.body.items() if "true" in one["settings"].values()]
    if blocked:
        yield error(
            f"{', '.join(sorted(blocked)[:5])} can be read only; Elasticsearch does that when its disk is full. Make room, then:",
            f"curl -X PUT -H 'Content-Type: application/json' '{ward.store_shown}/{ward.settings.index_prefix}-*/_settings' "
            """-d '{"index.blocks.read_only_allow_delete": null, "index.blocks.read_only": null, "index.blocks.write": null}'""",
        )
    every = {**cluster["persistent"], **cluster["transient"]}
    for name in ("cluster.blocks.read_only", "cluster.blocks.read_only_allow_delete"):
        if every.get(name) == "true":
            yield error(
                f"{name} is set: the whole cluster can be read only.",
                f"set {name} to null in {ward.store_shown}/_cluster/settings",
            )


def shards_are_few(ward: Ward) -> Iterator[Finding]:
    """The cluster has room for the indices of the next months."""
    with talking(ward.store_shown):
        health = ward.elastic.cluster.health().body
        settings = ward.elastic.cluster.get_settings(flat_settings=True, include_defaults=True).body
    limits = {**settings.get("defaults", {}), **settings["persistent"], **settings["transient"]}
    most = int(limits.get("cluster.max_shards_per_node", 1000)) * health["number_of_data_nodes"]
    if health["active_shards"] > NEARLY * most:
        mend = "FIZZSTAT_INDEX_PERIOD=month" if ward.settings.index_period == "day" else ""
        yield warning(f"{health['active_shards']:,} of {most:,} shards are taken: past that no index can be made.", mend)


def store_clock_is_right(ward: Ward) -> Iterator[Finding]:
    """Its clock and this machine's agree."""
    before = ward.now()
    with talking(ward.store_shown):
        nodes = ward.elastic.nodes.stats(metric="os", filter_path="nodes.*.timestamp").body.get("nodes", {})
    here = (before + ward.now()) / 2
    for node in nodes.values():
        if abs(node["timestamp"] / 1000 - here) > 60:
            yield note(
                f"Elasticsearch's clock is {node['timestamp'] / 1000 - here:+.0f} s off from this machine's.", "timedatectl"
            )
            return


CHECKS = (
    store_answers,
    store_is_a_version_that_is_tested,
    store_is_green,
    templates_are_up_to_date,
    store_takes_documents,
    shards_are_few,
    store_clock_is_right,
)
