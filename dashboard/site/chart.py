"""The chart: one metric over time, beside the time that it is compared with. In: a View. Out: a Chart, whose points
stand in a plane of 1000 by 200, and the same numbers as texts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.site.state import State
from dashboard.site.top import shown
from dashboard.site.view import View
from dashboard.site.words import METRICS
from query.dates import buckets, local

WIDTH, HEIGHT = 1000.0, 200.0
LABELS = 8  # at most
WORDS = {"minute": "Minutes", "hour": "Hours", "day": "Days", "week": "Weeks", "month": "Months"}


@dataclass(frozen=True)
class Point:
    """`x` and `y` in percent of the plane; `url` is the page of this part of the time alone."""

    label: str
    x: float
    y: float
    text: str
    then_label: str
    then_y: float
    then_text: str
    start: str
    end: str
    url: str
    is_open: bool  # it goes on
    is_ahead: bool  # it has not begun


@dataclass(frozen=True)
class Line:
    """A line of the grid, in percent from above."""

    y: float
    text: str


@dataclass(frozen=True)
class Mark:
    x: float
    text: str
    is_minor: bool
    anchor: str


@dataclass(frozen=True)
class Chart:
    metric: str
    label: str
    interval: str
    points: tuple[Point, ...]
    grid: tuple[Line, ...]
    marks: tuple[Mark, ...]
    curve: str
    open_curve: str  # its last part, which goes on
    area: str
    then_curve: str
    intervals: tuple[tuple[str, str, bool], ...]  # label, URL, whether chosen
    is_compared: bool


def chart(view: View) -> Chart:
    metric, interval = shown(view), view.span.interval
    rows = list(_rows(view, metric, interval))
    most = _ceiling(max((value for row in rows for value in (row[2], row[4]) if value), default=0), metric)
    is_compared = any(row[3] for row in rows)
    points = tuple(_point(view, metric, interval, n, len(rows), row, most) for n, row in enumerate(rows))
    begun = [one for one in points if not one.is_ahead]
    goes_on = len(begun) > 1 and begun[-1].is_open
    closed = begun[:-1] if goes_on else begun
    curve = _path([(one.x, one.y) for one in closed])
    return Chart(
        metric=metric,
        label="Conversions" if metric == "events" and view.state.has_goal else METRICS[metric],
        interval=interval,
        points=points,
        grid=tuple(
            Line(round(100 - 25 * n, 2), view.words.metric(metric, _step(most * n / 4, metric), short=True)) for n in (1, 2, 3, 4)
        ),
        marks=tuple(_marks(view, interval, [row[1] for row in rows])),
        curve=curve,
        open_curve=_path([(one.x, one.y) for one in begun[-2:]]) if goes_on else "",
        area=_area([(one.x, one.y) for one in begun]),
        then_curve=_path([(one.x, one.then_y) for one in points if one.then_label]) if is_compared else "",
        intervals=tuple((WORDS[one], view.url(view.state.change(interval=one)), one == interval) for one in view.span.intervals),
        is_compared=is_compared,
    )


Found = tuple[int, str, float | None, str, float | None, int]  # start, label, value, label and value then, end


def _rows(view: View, metric: str, interval: str) -> Iterator[Found]:
    """Every part of the time, without gaps, until the one that goes on."""
    found = _found(view, metric, interval)
    now = view.now.timestamp() * 1000
    nothing = {"metrics": [0 if metric in ("visitors", "visits", "pageviews", "events") else None]}
    for bucket in buckets(view.span.range, interval, view.site.week_starts):
        row = found.get(bucket.label, nothing)
        then = row.get("comparison", {})
        label = (then.get("dimensions") or [None])[0] or ""
        value = row["metrics"][0] if bucket.start <= now else None
        yield bucket.start, bucket.label, value, label, then["metrics"][0] if label else None, bucket.end


def _found(view: View, metric: str, interval: str) -> dict[str, dict[str, Any]]:
    """Rows by their label. In realtime a visitor counts in every minute in which something came."""
    if view.span.is_realtime and metric in ("visitors", "pageviews"):
        rows = view.beyond("realtime", limit=1)["results"]
        value = ("visitors", "pageviews").index(metric)
        return {f"{row['dimensions'][0][:16]}:00".replace("T", " "): {"metrics": row["metrics"][value:]} for row in rows}
    include = {"compare": view.state.compare} if view.span.is_compared else {}
    answer = view.ask(metric, by=f"time:{interval}", include=include)
    return {row["dimensions"][0]: row for row in answer["results"]}


def _point(view: View, metric: str, interval: str, n: int, count: int, row: Found, most: float) -> Point:
    start, label, value, then_label, then, end = row
    first, last = (local(ms, view.zone) for ms in (start, end - 1))
    words, now = view.words, view.now.timestamp() * 1000
    return Point(
        label=words.label(label, interval, full=True),
        x=_x(n, count),
        y=_y(value, most),
        text=words.metric(metric, value),
        then_label=words.label(then_label, interval, full=True) if then_label else "",
        then_y=_y(then, most),
        then_text=words.metric(metric, then) if then_label else "",
        start=_moment(first, interval),
        end=_moment(last, interval),
        url=view.url(_zoomed(view.state, interval, first, last)),
        is_open=start <= now < end,
        is_ahead=start > now,
    )


def _moment(at: datetime, interval: str) -> str:
    return at.strftime("%Y-%m-%dT%H:%M") if interval in ("minute", "hour") else at.date().isoformat()


def _zoomed(state: State, interval: str, first: datetime, last: datetime) -> State:
    """The page of a part of the time: a day's, a month's, or of the time itself."""
    if interval in ("day", "month"):
        return state.at(interval, first.date().isoformat())
    if interval == "minute":  # one alone has nothing to see
        first, last = first - timedelta(minutes=5), last + timedelta(minutes=5)
    return state.at("custom", start=_moment(first, interval), end=_moment(last, interval))


def _x(n: int, count: int) -> float:
    return round(100 * n / (count - 1), 3) if count > 1 else 50.0


def _y(value: float | None, most: float) -> float:
    return round(100 - 100 * (value or 0) / most, 2)


def _ceiling(most: float, metric: str) -> float:
    """A round number over all values, of which a quarter is round too."""
    if metric in ("bounce_rate", "conversion_rate"):
        return 100 if most > 40 else max(4.0, 4 * math.ceil(most / 4))
    if metric == "visit_duration":
        return next(
            (step for step in (4, 20, 40, 60, 120, 240, 480, 1200, 2400, 3600, 7200) if step >= most),
            14400 * math.ceil(most / 14400),
        )
    if most <= 4:
        return 4
    size: float = 10 ** math.floor(math.log10(most))
    fitting = (size * step for step in (1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8) if size * step >= most and (size * step) % 4 == 0)
    return next(fitting, size * 10)


def _step(value: float, metric: str) -> float:
    return value if metric == "views_per_visit" else round(value)


def _path(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:  # a line as long as nothing is still a dot
        points = [*points, *points]
    return "".join(f"{'L' if n else 'M'}{x * WIDTH / 100:g} {y * HEIGHT / 100:g}" for n, (x, y) in enumerate(points))


def _area(points: Sequence[tuple[float, float]]) -> str:
    if len(points) < 2:
        return ""
    first, last = (x * WIDTH / 100 for x in (points[0][0], points[-1][0]))
    return f"{_path(points)}L{last:g} {HEIGHT:g}L{first:g} {HEIGHT:g}Z"


def _marks(view: View, interval: str, labels: Sequence[str]) -> Iterator[Mark]:
    """At most LABELS, evenly; every second one is left out on a narrow screen."""
    every = max(1, math.ceil(len(labels) / LABELS))
    for n, place in enumerate(range(0, len(labels), every)):
        x = _x(place, len(labels))
        anchor = "start" if x < 3 else "end" if x > 97 else "middle"
        long = interval == "hour" and len(labels) > 49
        text = view.words.label(labels[place], "day" if long else interval)
        yield Mark(x, text, n % 2 == 1, anchor)
