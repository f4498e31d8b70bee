"""The numbers on top, each with its change against the time that it is compared with. In: a View. Out: Numbers, and what to say
where there is nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.site.view import View
from dashboard.site.words import METRICS
from query.ask import ask
from query.filters import leaves, read
from query.metrics import change
from query.realtime import realtime

TOP = ("visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration")
OF_PAGES = ("visitors", "visits", "pageviews", "time_on_page", "bounce_rate", "visit_duration")
CONVERSIONS = ("visitors", "events", "conversion_rate")
#: Of these less is better.
LESS = ("bounce_rate",)


@dataclass(frozen=True)
class Number:
    metric: str
    label: str
    text: str
    exact: str
    change: str  # "12 %"
    direction: str  # "up", "down", "same" or "" without a comparison
    is_good: bool
    before: str
    url: str
    chosen: bool


def metrics(view: View) -> tuple[str, ...]:
    """Of a page there is the time on it; what its views per visit were, nobody could say."""
    if view.state.has_goal:
        return CONVERSIONS
    asked = leaves(read(view.state.questions(), view.site))
    return OF_PAGES if any(one.dimension.name == "event:page" for one in asked) else TOP


def numbers(view: View) -> list[Number]:
    names = metrics(view)
    now, before = _asked(view, names)
    return [
        _number(view, *of)
        for of in zip(names, now, before or [None] * len(names), [before is not None] * len(names), strict=True)
    ]


def visitors_now(view: View) -> int:
    """Of the last five minutes, whatever the filters are."""
    answer = realtime(view.store, {"site_id": view.site.id, "limit": 1}, view.site, view.now)
    return int(answer["now"]["visitors"])


def _asked(view: View, names: tuple[str, ...]) -> tuple[list[Any], list[Any] | None]:
    """What is, and what was. Half a day is compared with half a day."""
    if not view.span.is_compared:
        return view.ask(*names)["results"][0]["metrics"], None
    if view.state.period == "day" and view.span.range.first == view.today:
        return tuple(_of_today(view, names, back) for back in (0, 1 if view.state.compare == "previous_period" else 365))  # type: ignore[return-value]
    [row] = view.ask(*names, include={"compare": view.state.compare})["results"]
    return row["metrics"], row["comparison"]["metrics"]


def _of_today(view: View, names: tuple[str, ...], back: int) -> list[Any]:
    """Until this minute, of today or of a day before."""
    now = view.now.astimezone(view.zone).replace(second=0, microsecond=0, tzinfo=None) - timedelta(days=back)
    first = datetime.combine(now.date(), datetime.min.time())
    bounds = [one.replace(tzinfo=view.zone).isoformat() for one in (first, now + timedelta(seconds=59))]
    question = {"site_id": view.site.id, "metrics": list(names), "date_range": bounds, "filters": view.state.questions()}
    found: list[Any] = ask(view.store, question, view.site, view.now)["results"][0]["metrics"]
    return found


def _number(view: View, metric: str, now: Any, before: Any, is_compared: bool) -> Number:
    words = view.words
    more = change(metric, now, before) if is_compared else None
    return Number(
        metric=metric,
        label="Conversions" if metric == "events" and view.state.has_goal else METRICS[metric],
        text=words.metric(metric, now, short=True),
        exact=words.metric(metric, now),
        change=words.change(more),
        direction="" if more is None else "up" if more > 0 else "down" if more < 0 else "same",
        is_good=more is not None and (more < 0) == (metric in LESS),
        before=words.metric(metric, before) if is_compared else "",
        url=view.url(view.state.change(metric=metric)),
        chosen=metric == shown(view),
    )


def shown(view: View) -> str:
    """The metric of the chart."""
    names = metrics(view)
    return view.state.metric if view.state.metric in names else names[0]
