"""Plausible's Stats API v1, which many client libraries still speak. In: a request's parameters. Out: what v1 tells, of the
answer to a question of v2.

https://plausible.io/docs/stats-api-v1: `period` (with today in it, other than v2's) and `date`, `metrics`, `filters`
(`visit:browser==Firefox|Chrome;event:page!=/blog/**`), `compare`, `interval`, `property`, `limit`, `page`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from collect.errors import BadField
from query.ask import ask
from query.dates import months_later
from query.errors import BadQuestion
from query.realtime import realtime
from query.site import Site
from store.base import Store

Parameters = Mapping[str, str]
Answer = Callable[[Store, Parameters, Site, datetime], Any]

LIMIT = 1000  # rows of a breakdown
COUNTS = ("visitors", "visits", "pageviews", "events")
_PIPE = re.compile(r"(?<!\\)\|")


def aggregate(store: Store, given: Parameters, site: Site, now: datetime) -> Any:
    """{"results": {"visitors": {"value": 12, "change": 20}}}; `change` with compare=previous_period."""
    include = {"include": {"compare": "previous_period"}} if given.get("compare") == "previous_period" else {}
    question = _question(given, site, now) | include
    [row] = ask(store, question, site, now)["results"]
    results = {metric: {"value": value} for metric, value in zip(question["metrics"], row["metrics"], strict=True)}
    if include:
        for metric, change in zip(question["metrics"], row["comparison"]["change"], strict=True):
            results[metric]["change"] = change
    return {"results": results}


def timeseries(store: Store, given: Parameters, site: Site, now: datetime) -> Any:
    """{"results": [{"date": "2026-11-25", "visitors": 12}]}, of every day or month."""
    usual = "month" if given.get("period") in ("6mo", "12mo") else "hour" if given.get("period") == "day" else "day"
    interval = {"date": "day"}.get(given.get("interval", usual), given.get("interval", usual))
    question = _question(given, site, now)
    question |= {"dimensions": [f"time:{interval}"], "include": {"time_labels": True}}
    answer = ask(store, question, site, now)
    there = {row["dimensions"][0]: row["metrics"] for row in answer["results"]}
    nothing = [0 if metric in COUNTS else None for metric in question["metrics"]]
    return {
        "results": [
            {"date": label, **dict(zip(question["metrics"], there.get(label, nothing), strict=True))}
            for label in answer["meta"]["time_labels"]
        ]
    }


def breakdown(store: Store, given: Parameters, site: Site, now: datetime) -> Any:
    """{"results": [{"page": "/", "visitors": 12}]}"""
    dimension = given.get("property", "")
    if not dimension:
        raise BadField("property", "property is missing: name what is broken down by, such as event:page.")
    limit, page = _number(given, "limit", 100, LIMIT), _number(given, "page", 1, 1000)
    question = _question(given, site, now)
    question |= {"dimensions": [dimension], "pagination": {"limit": limit, "offset": (page - 1) * limit}}
    name = dimension.removeprefix("event:props:") if dimension.startswith("event:props:") else dimension.partition(":")[2]
    names = (name, *question["metrics"])
    rows = ask(store, question, site, now)["results"]
    return {"results": [dict(zip(names, (row["dimensions"][0], *row["metrics"]), strict=True)) for row in rows]}


def visitors_now(store: Store, given: Parameters, site: Site, now: datetime) -> Any:
    """A number alone."""
    return realtime(store, {"site_id": site.id}, site, now)["now"]["visitors"]


ROUTES: dict[str, Answer] = {
    "stats/aggregate": aggregate,
    "stats/timeseries": timeseries,
    "stats/breakdown": breakdown,
    "stats/realtime/visitors": visitors_now,
}


def _question(given: Parameters, site: Site, now: datetime) -> dict[str, Any]:
    return {
        "site_id": site.id,
        "metrics": [name.strip() for name in given.get("metrics", "visitors").split(",")],
        "date_range": _range(given, now.astimezone(ZoneInfo(site.zone)).date()),
        "filters": _filters(given.get("filters", "")),
    }


def _range(given: Parameters, today: date) -> Any:
    """Two dates: what v1's words mean."""
    period, told = given.get("period", "30d"), given.get("date", "")
    if period == "custom":
        parts = [part.strip() for part in told.split(",")]
        if len(parts) != 2:
            raise BadField("date", "With a custom period, date is two dates: 2026-11-01,2026-11-30.")
        return parts
    if period == "all":
        return "all"
    day = _date(told) if told and told != "today" else today
    month = day.replace(day=1)
    ends = months_later(day, 1) - timedelta(days=1)
    ranges = {
        "day": (day, day),
        "7d": (day - timedelta(days=6), day),
        "30d": (day - timedelta(days=30), day),
        "month": (month, ends),
        "6mo": (months_later(day, -5), ends),
        "12mo": (months_later(day, -11), ends),
        "year": (date(day.year, 1, 1), date(day.year, 12, 31)),
    }
    if period not in ranges:
        raise BadField("period", f"There is no period {period!r}; there are {', '.join(ranges)}, all and custom.")
    return [one.isoformat() for one in ranges[period]]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadField("date", f"{text!r} is no date; give one such as 2026-11-25.") from None


def _number(given: Parameters, name: str, usual: int, most: int) -> int:
    text = given.get(name, str(usual))
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 1 <= number <= most:
        raise BadField(name, f"{name} is a number from 1 to {most}.")
    return number


def _filters(text: str) -> list[Any]:
    return [_filter(part) for part in text.split(";") if part.strip()]


def _filter(text: str) -> list[Any]:
    """`event:page==/a|/b`, with `*` for anything within a part of a path and `**` for anything."""
    found = re.fullmatch(r"\s*([^!=]+?)\s*(==|!=)\s*(.*?)\s*", text, re.DOTALL)
    if not found:
        raise BadQuestion(
            f"Invalid filter {text!r}: it is written as in visit:browser==Firefox or event:page!=/blog/**.", "filters"
        )
    name, sign, told = found.groups()
    negated = "_not" if sign == "!=" else ""
    values = [value.replace("\\|", "|") for value in _PIPE.split(told)]
    if "*" in told and name != "event:goal":
        return [f"matches{negated}", name, [_pattern(value) for value in values]]
    return [f"is{negated}", name, values]


def _pattern(text: str) -> str:
    parts = {"**": ".*", "*": "[^/]*"}
    escaped = (parts.get(part) or re.escape(part).replace("\\ ", " ") for part in re.split(r"(\*\*|\*)", text))
    return f"^{''.join(escaped)}$"  # RE2 knows no escaped space
