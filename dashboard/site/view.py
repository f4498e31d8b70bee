"""What every part of a page is made with. In: a request's site, URL and locale. Out: a View, which asks query/."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dashboard.api.questions import QUESTIONS
from dashboard.site import periods
from dashboard.site.filters import SEGMENT
from dashboard.site.periods import Span
from dashboard.site.state import State
from dashboard.site.words import Words
from query.ask import ask, began
from query.dates import days, local
from query.site import Site
from store.base import Store

ASKED = {question.name: question.ask for question in QUESTIONS}


@dataclass(frozen=True)
class View:
    """Threads share it. `given` is the URL's State, `state` the same with its period named."""

    store: Store
    site: Site
    given: State
    words: Words
    now: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.zone)

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @cached_property
    def began(self) -> date | None:
        """The day of the first visit; None before there was one."""
        return began(self.store, self.site, self.zone)

    @cached_property
    def state(self) -> State:
        """A site that began today or yesterday is first seen today: no day before is worth a look."""
        if self.given.period in (*periods.FIXED, "day", "month", "year", "custom"):
            return self.given
        is_new = self.began is not None and (self.today - self.began).days < 2
        return self.given.change(period="day" if is_new else periods.USUAL, date="")

    @cached_property
    def span(self) -> Span:
        return periods.span(self.state, self.zone, self.now, lambda: self.began)

    @property
    def base(self) -> str:
        """The page's path."""
        return f"/sites/{quote(self.site.id, safe='')}"

    def url(self, state: State, path: str = "", **more: str) -> str:
        return f"{self.base}{path}{state.query(**more)}"

    def ask(self, *metrics: str, by: str = "", limit: int = 0, filters: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        """`filters` come beside those of the URL."""
        question: dict[str, Any] = {
            "site_id": self.site.id,
            "metrics": list(metrics),
            "date_range": self.span.question,
            "filters": [*self.state.questions(), *(filters or [])],
            **more,
        }
        if by:
            question["dimensions"] = [by]
        if limit:
            question["pagination"] = {"limit": limit, **more.get("pagination", {})}
        return ask(self.store, question, self.site, self.now)

    def beyond(self, name: str, filters: list[Any] | None = None, **more: Any) -> dict[str, Any]:
        question = {"site_id": self.site.id, "filters": [*self.state.questions(), *(filters or [])], **more}
        if name != "realtime":
            question["date_range"] = self.span.question
        return ASKED[name](self.store, question, self.site, self.now)

    def plain_filters(self) -> list[Any]:
        """Those of the URL, with those of a segment in its place."""
        of_segment = {str(one.id): one.filters for one in self.site.segments}
        plain: list[Any] = []
        for one in self.state.filters:
            is_segment = one.dimension == SEGMENT and one.operator == "is" and len(one.values) == 1
            plain += of_segment.get(one.values[0], [one.question]) if is_segment else [one.question]
        return plain

    def last_visit(self) -> date | None:
        """The day of the last one, whatever the filters are."""
        body = {"size": 0, "query": {"term": {"site": self.site.id}}, "aggs": {"last": {"max": {"field": "@timestamp"}}}}
        last = self.store.search("visit", body)["aggregations"]["last"]["value"]
        return None if last is None else local(int(last), self.zone).date()

    def whole_day(self, on: date) -> tuple[int, int]:
        """[start, end) of a day."""
        of = days(on, on, self.zone)
        return of.start, of.end
