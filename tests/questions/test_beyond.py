"""Funnels, journeys, flows, retention, realtime and properties say on all stores what the oracle counts."""

import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from query.flows import flows
from query.funnel import funnel
from query.journeys import journeys
from query.properties import properties
from query.realtime import realtime
from query.retention import retention
from tests.questions import beyond
from tests.questions.questions import FILTERS
from tests.questions.traffic import NOW
from tests.questions.world import SITES, World

Json = Any
STEPS: tuple[Json, ...] = (
    *("/", "/pricing", "/docs/**", "/docs/*", "/**", "/it's", "/thanks", "signup", "purchase", 'Say "hi" ☕', "Signup", "Docs"),
    *({"event": "signup", "properties": {"plan": "pro"}}, {"goal": "Read"}, {"goal": "Pro"}, {"page": "/say%20%22hi%22"}),
)
ASK: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "funnel": (funnel, beyond.funnel),
    "journeys": (journeys, beyond.journeys),
    "flows": (flows, beyond.flows),
    "retention": (retention, beyond.retention),
    "properties": (properties, beyond.properties),
}


def composed(kind: str, dice: random.Random) -> tuple[str, Json]:
    site = dice.choice(list(SITES))
    question: Json = {"date_range": dice.choice(["30d", "7d", "all", ["2026-10-20", "2026-11-05"], "month"])}
    if dice.random() < 0.5:
        question["filters"] = dice.choice(FILTERS)
    match kind:
        case "funnel":
            question["steps"] = [dice.choice(STEPS) for _ in range(dice.choice((2, 3, 4)))]
        case "journeys":
            question |= {"at": dice.choice(STEPS[:10]), "limit": 10_000}
            question |= {"before": dice.randrange(4), "after": dice.choice((1, 3)), "events": dice.random() < 0.4}
            question["by"] = dice.choice(("step", "path"))
        case "flows":
            question["limit"] = 10_000
            if dice.random() < 0.6:
                question["page"] = dice.choice([one for one in STEPS if str(one)[0] == "/"])
        case "retention":
            question |= {"interval": dice.choice(("day", "week", "month"))}
            if question["date_range"] == "all":
                question["date_range"] = "91d" if question["interval"] != "month" else "12mo"
        case "properties":
            question["event"] = dice.choice(("signup", "purchase", "search", "pageview", 'Say "hi" ☕'))
            if dice.random() < 0.7:
                question["property"] = dice.choice(("plan", "product", "cart.size", "n", "author"))
    return site, question


def table(results: Json) -> dict[Any, Any]:
    return {tuple(row["dimensions"]): row["metrics"] for row in results}


def told_wrong(told: Mapping[Any, Any], expected: Mapping[Any, Any]) -> list[str]:
    keys = [key for key in {**told, **expected} if told.get(key) != expected.get(key)]
    return [f"{key} is {told.get(key)}, not {expected.get(key)}" for key in keys]


@pytest.mark.parametrize("kind", ASK)
def test_all_stores_say_what_the_oracle_counts(world: World, kind: str) -> None:
    ours, plain = ASK[kind]
    dice, wrong = random.Random(kind), []
    for _ in range(40):
        site, question = composed(kind, dice)
        expected = plain(world.oracles[site], question)
        for name, store in world.stores.items():
            found = told_wrong(table(ours(store, question, SITES[site], NOW)["results"]), expected)
            if found:
                wrong.append(
                    json.dumps({"store": name, "site": site, "question": question, "wrong": found[:5]}, ensure_ascii=False)
                )
    assert not wrong, f"{len(wrong)} answers differ:\n" + "\n".join(wrong[:8])


def test_the_last_half_hour_is_what_came_in_it(world: World) -> None:
    dice, wrong = random.Random(6), []
    for _ in range(15):
        site = dice.choice(list(SITES))
        oracle = world.oracles[site]
        minute = dice.choice(oracle.hits).time // 60_000 + dice.choice((0, 1, 5, 29))
        now = datetime.fromtimestamp(minute * 60, UTC) + timedelta(seconds=59, milliseconds=999)
        rows, here = beyond.realtime(oracle, now)
        for name, store in world.stores.items():
            told = realtime(store, {"limit": 1000}, SITES[site], now)
            found = told_wrong(table(told["results"]), rows)
            for what in ("pages", "sources"):
                found += told_wrong(table(told["now"][what]), here[what])
            if told["now"]["visitors"] != here["visitors"].get((), [0])[0]:
                found.append(f"{told['now']['visitors']} are there, not {here['visitors']}")
            if found:
                wrong.append(
                    json.dumps({"store": name, "site": site, "now": now.isoformat(), "wrong": found[:5]}, ensure_ascii=False)
                )
    assert not wrong, "\n".join(wrong[:8])
