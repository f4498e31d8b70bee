"""The questions that are asked: `matrix()` goes through metrics, dimensions and filters, `composed(dice)` makes one up."""

import random
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from tests.questions.world import SITES, Asked

Json = Any
MAIN = "berlin.example"

#: What is asked together; every metric is in one of them at least.
METRICS = (
    ["visitors", "visits", "percentage"],
    ["visitors", "visits", "pageviews", "events"],
    ["visits", "bounce_rate", "visit_duration"],
    ["pageviews", "scroll_depth", "time_on_page"],
    ["visitors", "conversion_rate", "group_conversion_rate"],
    ["events", "total_revenue", "average_revenue"],
    ["views_per_visit", "bounce_rate"],
    ["visitors"],
    ["pageviews", "visitors", "bounce_rate", "visit_duration"],
)
ALONE = tuple(dict.fromkeys(metric for several in METRICS for metric in several))

VISIT = (
    *("source", "referrer", "channel", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    *("device", "screen", "browser", "browser_version", "os", "os_version"),
    *("country", "country_name", "region", "region_name", "city", "city_name"),
    *("language", "screen_size", "entry_page", "exit_page"),
)
DIMENSIONS = (
    *([f"visit:{name}"] for name in VISIT),
    *([f"event:{name}"] for name in ("page", "hostname", "name", "goal", "props:plan", "props:cart.size", "props:author")),
    *([f"time{interval}"] for interval in ("", ":hour", ":day", ":week", ":month")),
)
PAIRS = (
    ["time:day", "visit:source"],
    ["visit:country", "visit:city"],
    ["event:page", "visit:device"],
    ["event:goal", "event:props:plan"],
    ["event:goal", "visit:country_name"],
    ["event:name", "event:props:product"],
    ["time:week", "event:page"],
    ["visit:entry_page", "visit:exit_page"],
    ["visit:browser", "visit:os", "time:month"],
    ["event:page", "event:hostname"],
)

FILTERS: tuple[list[Json], ...] = (
    [],
    [["is", "visit:country", ["DE", "AT"]]],
    [["is_not", "visit:country", ["US"]]],
    [["is", "visit:country_name", ["Côte d’Ivoire", "Germany"]]],
    [["is", "visit:source", ["Direct / None", "Google"]]],
    [["is_not", "visit:source", ["Direct / None"]]],
    [["is", "visit:utm_campaign", ['Frühling "X"']]],
    [["contains", "visit:city", ["ünch", "rlin"]]],
    [["contains", "visit:city", ["VIENNA"], {"case_sensitive": False}]],
    [["contains_not", "visit:browser", ["Fire"]]],
    [["matches", "visit:referrer", ["^https://(www|news)\\."]]],
    [["matches_not", "visit:utm_content", ["a'b$"]]],
    [["is", "visit:entry_page", ["/", "/say%20%22hi%22"]]],
    [["is_not", "visit:entry_page", ["/"]]],
    [["is", "visit:exit_page", ["/pricing", "(not set)"]]],
    [["contains_not", "visit:exit_page", ["docs"]]],
    [["is", "event:page", ["/pricing"]]],
    [["is", "event:page", ["/PRICING"], {"case_sensitive": False}]],
    [["is_not", "event:page", ["/", "/docs"]]],
    [["contains", "event:page", ["/docs/", "'s"]]],
    [["contains_not", "event:page", ["/"]]],
    [["matches", "event:page", ["^/docs/?$", "%E6"]]],
    [["matches_not", "event:page", ["^/[^d]"]]],
    [["is", "event:hostname", ["www.berlin.example"]]],
    [["is_not", "event:hostname", ["berlin.example"]]],
    [["is", "event:name", ["signup", 'Say "hi" ☕']]],
    [["is_not", "event:name", ["pageview"]]],
    [["contains", "event:name", ["sign", "page"]]],
    [["is", "event:props:plan", ["pro"]]],
    [["is", "event:props:plan", ["pro"], {"case_sensitive": False}]],
    [["is", "event:props:plan", ["(none)", "free"]]],
    [["is_not", "event:props:plan", ["pro"]]],
    [["contains_not", "event:props:plan", ["pro"]]],
    [["matches", "event:props:product", ['"|ö']]],
    [["is", "event:goal", ["Signup"]]],
    [["is", "event:goal", ["Docs", "Read", "Pro"]]],
    [["is", "event:goal", ["Odd pages"]]],
    [["is_not", "event:goal", ["Signup", "Docs"]]],
    [["contains", "event:goal", ["docs"], {"case_sensitive": False}]],
    [["is", "event:goal", ["Signup"]], ["is", "event:props:plan", ["pro", "free"]]],
    [["is", "event:page", ["/pricing"]], ["is", "event:name", ["signup"]]],
    [["is", "event:page", ["/"]], ["is", "visit:device", ["mobile"]]],
    [["and", [["is", "visit:device", ["desktop"]], ["is", "event:page", ["/", "/docs"]]]]],
    [["or", [["is", "visit:source", ["Google"]], ["is", "event:page", ["/pricing"]]]]],
    [["or", [["is", "event:goal", ["Signup"]], ["contains", "event:page", ["docs"]]]]],
    [["not", ["is", "event:page", ["/"]]]],
    [["not", ["and", [["is", "visit:country", ["DE"]], ["is", "event:name", ["pageview"]]]]]],
    [["not", ["or", [["is", "visit:os", ["Windows"]], ["not", ["is", "visit:channel", ["Direct", "Referral"]]]]]]],
    [["has_done", ["is", "event:page", ["/pricing"]]]],
    [["has_done", ["is", "event:goal", ["Signup"]]]],
    [["has_not_done", ["is", "event:name", ["signup"]]]],
    [["has_not_done", ["and", [["is", "event:props:plan", ["pro"]], ["is_not", "event:page", ["/"]]]]]],
    [["has_done", ["is", "event:name", ["purchase"]]], ["is", "event:page", ["/", "/thanks"]]],
    [["not", ["has_done", ["contains", "event:page", ["docs"]]]]],
    [["is", "segment", [1]]],
    [["is", "segment", [1, 2]], ["is", "visit:channel", ["Organic Search", "Direct"]]],
    [["is_not", "segment", [2]]],
)

RANGES: tuple[Json, ...] = (
    "30d",
    ["2026-10-20", "2026-11-05"],
    "7d",
    ["2026-10-25", "2026-10-25"],
    "28d",
    "all",
    "24h",
    "month",
    ["2026-11-10T07:30:00+01:00", "2026-11-17T23:59:59+01:00"],
    "day",
    "12mo",
)


#: By these every filter is asked for, by the others every fifth.
FULLY: tuple[list[str], ...] = ([], ["visit:source"], ["event:page"], ["event:goal"], ["time:day"], PAIRS[3])


def matrix() -> dict[str, list[Asked]]:
    """By dimension: with filter after filter; which metrics are asked goes round, and so does the range."""
    made: dict[str, list[Asked]] = {}
    for place, dimensions in enumerate(([], *DIMENSIONS, *PAIRS)):
        asked = []
        for n, filters in enumerate(FILTERS):
            if dimensions in FULLY or (n + place) % 5 == 0:
                question = {"metrics": METRICS[(n + place) % len(METRICS)], "date_range": RANGES[(n * 5 + place) % 6]}
                if dimensions == ["time:hour"] and question["date_range"] == "all":
                    question["date_range"] = "month"  # of a year thousands of rows
                asked.append(Asked(MAIN, {**question, "dimensions": dimensions, "filters": filters}))
        made[", ".join(dimensions) or "no dimension"] = asked
    return made


def each_metric() -> Iterator[Asked]:
    """Every metric by every dimension, alone; where it needs a filter, or in turns, with one that allows all metrics."""
    filters = [["is", "event:goal", ["Signup", "Docs"]], ["contains", "event:page", ["/"]]]
    for place, dimensions in enumerate(([], *DIMENSIONS)):
        for n, metric in enumerate(ALONE):
            question: Json = {"metrics": [metric], "dimensions": dimensions, "date_range": "28d"}
            needs = metric in ("conversion_rate", "group_conversion_rate", "scroll_depth", "time_on_page")
            yield Asked(MAIN, question | ({"filters": filters} if needs or (n + place) % 3 == 0 else {}))


def times() -> Iterator[Asked]:
    """In every zone the parts of every range, and what it was before."""
    more: tuple[Json, ...] = (
        *("91d", "6mo", "year"),
        *(["2026-10-04", "2026-10-04"], ["2026-11-01", "2026-11-01"], ["2026-03-29", "2026-03-29"], ["2026-04-05", "2026-04-05"]),
        *(["2026-09-05", "2026-09-06"], ["2026-04-04", "2026-04-04"], ["2026-03-08", "2026-03-08"]),
        ["2026-11-24T20:11:30+01:00", "2026-11-25T01:30:29+01:00"],
    )
    includes = cycle(({}, {"time_labels": True, "total_rows": True}))
    for site in SITES:
        for span in (*(RANGES if site == MAIN else ("7d", "24h", "day")), *more):
            for interval in ("time", "time:hour", "time:day", "time:week", "time:month"):
                if interval == "time:hour" and span in ("all", "12mo", "91d", "6mo", "year"):
                    continue  # nine thousand rows
                if interval in ("time:week", "time:month") and (span in ("day", "24h") or span[0][:10] == span[-1][:10]):
                    continue  # one row
                metrics = METRICS[8] if interval != "time:day" else METRICS[1]
                yield Asked(site, {"metrics": metrics, "dimensions": [interval], "date_range": span, "include": next(includes)})
        for span in ("day", "24h", more[-1]):
            question = {"metrics": ["visitors", "pageviews"], "dimensions": ["time:minute"], "date_range": span}
            yield Asked(site, {**question, "include": {"time_labels": True}})


def comparisons() -> Iterator[Asked]:
    modes: tuple[Json, ...] = ("previous_period", "year_over_year", ["2026-11-01", "2026-11-09"])
    dimensions = ([], ["time:day"], ["visit:source"], ["event:page"], ["time:hour"], ["visit:country_name"], ["event:goal"])
    metrics = cycle((*METRICS[:3], METRICS[5], METRICS[8]))
    for site in (MAIN, "york.example"):
        for mode in modes:
            for grouped in dimensions:
                for span in ("7d", "day") if site == MAIN else ("month", "24h"):
                    question = {"metrics": next(metrics), "dimensions": grouped, "date_range": span, "include": {"compare": mode}}
                    yield Asked(site, question)


# --- made up


def composed(dice: random.Random) -> Asked:
    site = dice.choice((MAIN, MAIN, *SITES))
    metrics = dice.sample(ALONE, dice.choice((1, 1, 2, 3, 5)))
    if dice.random() < 0.8:  # a mixture that can be asked more likely
        metrics = list(dice.choice(METRICS))
    dimensions = dice.choice(([], dice.choice(DIMENSIONS), dice.choice(PAIRS), _several(dice)))
    spans = RANGES if "time:hour" not in dimensions else (*RANGES[2:5], *RANGES[6:10])  # of a year thousands of rows
    question: Json = {"metrics": metrics, "date_range": dice.choice(spans)}
    if dimensions:
        question["dimensions"] = dimensions
    if filters := [_filter(dice, 0) for _ in range(dice.choice((0, 1, 1, 2, 3)))]:
        question["filters"] = filters
    if dimensions and dice.random() < 0.3:
        names = dice.sample([*metrics, *dimensions], dice.choice((1, 2)) if len([*metrics, *dimensions]) > 1 else 1)
        question["order_by"] = [[name, dice.choice(("asc", "desc"))] for name in names]
    if dimensions and dice.random() < 0.3 and _is_counted(question):
        question["pagination"] = {"limit": dice.choice((1, 2, 5, 50)), "offset": dice.choice((0, 0, 1, 7))}
    if dice.random() < 0.2:
        question["include"] = {"total_rows": True}
    elif dice.random() < 0.2:
        question["include"] = {"compare": dice.choice(("previous_period", "year_over_year"))}
        question.pop("pagination", None)
    return Asked(site, question)


def _is_counted(question: Json) -> bool:
    """Ordered by whole numbers and dimensions alone, so that the oracle knows which rows come first."""
    rounded = set(ALONE) - {"visitors", "visits", "pageviews", "events"}
    names = [name for name, _ in question["order_by"]] if "order_by" in question else question["metrics"][:1]
    return not rounded & {*names}


def _several(dice: random.Random) -> list[str]:
    chosen = [one for [one] in dice.sample(DIMENSIONS, 3)]
    times = [one for one in chosen if one.startswith("time")]
    return [one for one in chosen if one not in times[1:]][: dice.choice((2, 3))]


def _filter(dice: random.Random, depth: int) -> Json:
    if depth < 3 and dice.random() < 0.35:
        match dice.choice(("and", "or", "not", "has_done", "has_not_done")):
            case "not":
                return ["not", _filter(dice, depth + 1)]
            case "and" | "or" as joined:
                return [joined, [_filter(dice, depth + 1) for _ in range(dice.choice((1, 2, 3)))]]
            case done:
                inside = [one for filters in FILTERS for one in filters if _is_simple(one)]
                return [done, dice.choice(inside)] if depth == 0 else dice.choice(inside)
    several = dice.choice([filters for filters in FILTERS if filters])
    return dice.choice(
        [one for one in several if depth == 0 or one[0] not in ("has_done", "has_not_done")] or [["is", "segment", [1]]]
    )


def _is_simple(one: Json) -> bool:
    return len(one) > 2 and str(one[1]).startswith("event:")
