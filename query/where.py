"""From a question's filters to store queries: `Where(store, site, span).visits(trees)` and `.hits(kind, trees)`.

A hit satisfies filters by what it says itself, and by what its visit is. A visit satisfies conditions on hits if a single
hit of it, in the range or not, satisfies them together. What is only about the pages or event names of a visit is asked of
`visit.pages` and `visit.event_names`; for the rest the ids of the visits are collected from hits.
"""

from collections.abc import Sequence

from query import filters
from query.conditions import ALL, NONE, Query, all_of, any_of, between, missing, negated, one_of
from query.dates import Range
from query.dimensions import Dimension
from query.errors import TooMuch
from query.filters import Done, Group, Leaf, Not, Product, Tree
from query.site import Goal, Site
from query.tables import PARTS
from query.terms import Terms, Test, all_tests, page_test, takes
from store.base import Store
from store.subset import MOST_PREFIX

HITS = ("view", "event")
VIEW_NAME = "pageview"
DAY = 86_400_000  # the longest visit
MOST_VISITS = 200_000
PAGE = 60_000  # ids of one answer


class Where:
    def __init__(self, store: Store, site: Site, span: Range):
        self._store, self._site, self._span = store, site, span
        self._terms = Terms(store)
        self._ids: dict[str, list[str]] = {}

    # --- the documents of the range

    def visits_in_range(self) -> Query:
        """Active in it: started before its end and ended after its start."""
        started = between("@timestamp", self._span.start - DAY, self._span.end)
        return all_of([self._of_site(), started, {"range": {"visit.ended": {"gte": self._span.start}}}])

    def hits_in_range(self) -> Query:
        return all_of([self._of_site(), between("@timestamp", self._span.start, self._span.end)])

    def crossing(self) -> Query:
        """Hits of visits that had begun when the range began."""
        before = {"range": {"@timestamp": {"gte": self._span.start - DAY, "lt": self._span.start}}}
        open_then = all_of([self._of_site(), before, {"range": {"visit.ended": {"gte": self._span.start}}}])
        return one_of("visit.id", self._collect("visit", open_then))

    def _hits_of_visits(self) -> Query:
        """All hits of visits that are active in the range."""
        return all_of([self._of_site(), between("@timestamp", self._span.start - DAY, self._span.end + DAY)])

    def _of_site(self) -> Query:
        return {"term": {"site": self._site.id}}

    # --- filters

    def visits(self, trees: Sequence[Tree]) -> Query:
        return any_of(self._visit_product(one) for one in filters.products(trees))

    def hits(self, kind: str, trees: Sequence[Tree]) -> Query:
        return all_of(self._hit(kind, tree) for tree in trees)

    def goal(self, kind: str, goal: Goal) -> Query:
        """Views or events that reach a goal."""
        if goal.kind == "event":
            if kind != "event":
                return NONE
            having = [{"term": {f"event.data.{name}": value}} for name, value in goal.properties.items()]
            return all_of([{"term": {"event.name": goal.event}}, *having])
        if kind != "view":
            return NONE
        pages = self._pages("view", "url.path", goal.path)
        return all_of([pages, {"range": {"view.scroll_percent": {"gte": goal.percent}}}]) if goal.kind == "scroll" else pages

    def entered(self, trees: Sequence[Tree], entry: Dimension) -> Query:
        """Visits that began at a page that top-level filters on event:page take."""
        pages = [filters.rename(tree, "event:page", entry) for tree in trees if _is_on_page(tree)]
        return self.visits(pages)

    def _hit(self, kind: str, tree: Tree) -> Query:
        match tree:
            case Group(any, parts):
                return (any_of if any else all_of)([self._hit(kind, part) for part in parts])
            case Not(part):
                return negated(self._hit(kind, part))
            case Done(part, done):
                ids = [id for one in filters.products([part]) for id in self._visit_ids(one.hit)]
                found = one_of("visit.id", ids)
                return found if done else negated(found)
            case Leaf():
                if tree.dimension.level == "exit":
                    ids = self._collect("visit", all_of([self.visits_in_range(), self._leaf("visit", tree)]))
                    return one_of("visit.id", ids)
                return self._leaf(kind, tree)
        raise AssertionError(tree)

    def _visit_product(self, one: Product) -> Query:
        own = [part for part in one.visit if isinstance(part, Leaf)]
        behaviour = [part for part in one.visit if isinstance(part, Done)]
        queries = [self._leaf("visit", leaf) for leaf in own]
        for part in behaviour:
            found = any_of(self._having_hit(alternative.hit) for alternative in filters.products([part.part]))
            queries.append(found if part.done else negated(found))
        if one.hit:
            queries.append(self._having_hit(one.hit, [leaf for leaf in own if leaf.dimension.level == "visit"]))
        return all_of(queries)

    def _having_hit(self, leaves: Sequence[Leaf], own: Sequence[Leaf] = ()) -> Query:
        """Visits with a hit that satisfies all of `leaves`; `own` are conditions that hold for the visit anyway."""
        if all(leaf.dimension.name == "event:page" for leaf in leaves):
            return self._viewed(leaves)
        if all(leaf.dimension.name == "event:name" for leaf in leaves):
            return self._named(leaves)
        if len(leaves) == 1 and leaves[0].dimension.level == "goal" and not leaves[0].is_negative:
            return any_of(self.reached(goal) for goal in filters.goals_of(leaves[0], self._site.goals))
        return one_of("visit.id", self._visit_ids([*leaves, *own]))

    def _viewed(self, leaves: Sequence[Leaf]) -> Query:
        if len(leaves) == 1 and leaves[0].operator == "is" and leaves[0].case_sensitive:
            return one_of("visit.pages", leaves[0].clauses)
        return one_of("visit.pages", self._taken("visit", "visit.pages", [_wanted(leaf) for leaf in leaves]))

    def _named(self, leaves: Sequence[Leaf]) -> Query:
        wanted = [_wanted(leaf) for leaf in leaves]
        views = {"range": {"visit.views": {"gte": 1}}} if all_tests(wanted)(VIEW_NAME) else NONE
        return any_of([views, one_of("visit.event_names", self._taken("visit", "visit.event_names", wanted))])

    def reached(self, goal: Goal) -> Query:
        if goal.kind == "page":
            return self._pages("visit", "visit.pages", goal.path)
        if goal.kind == "event" and not goal.properties:
            return {"term": {"visit.event_names": goal.event}}
        reached = {kind: all_of([self._hits_of_visits(), self.goal(kind, goal)]) for kind in HITS}
        return one_of("visit.id", [id for kind, query in reached.items() for id in self._collect(kind, query)])

    def _pages(self, kind: str, field: str, path: str) -> Query:
        if "*" not in path:
            return {"term": {field: path}}
        beginning = path.removesuffix("**")
        if beginning and "*" not in beginning and path.endswith("**") and len(beginning.encode()) <= MOST_PREFIX:
            return {"prefix": {field: beginning}}
        return one_of(field, self._taken(kind, field, [page_test(path)]))

    # --- one condition

    def _leaf(self, kind: str, leaf: Leaf) -> Query:
        if leaf.dimension.level == "goal":
            reached = any_of(self.goal(kind, goal) for goal in filters.goals_of(leaf, self._site.goals))
            return negated(reached) if leaf.is_negative else reached
        if leaf.dimension.name == "event:name" and kind == "view":
            return ALL if _wanted(leaf)(VIEW_NAME) else NONE
        named = self._values(kind, leaf)
        if not leaf.is_negative:
            return named
        if leaf.dimension.is_prop and not leaf.operator.startswith("is"):
            return all_of([{"exists": {"field": leaf.dimension.field}}, negated(named)])
        return negated(named)

    def _values(self, kind: str, leaf: Leaf) -> Query:
        """Documents whose value is among those that a condition names."""
        field, none = leaf.dimension.field, NONE
        if leaf.operator.startswith("is"):
            if leaf.dimension.missing in leaf.clauses:
                none = missing(field)
            if leaf.case_sensitive and not leaf.dimension.named:
                return any_of([none, one_of(field, leaf.clauses)])
        named = leaf.dimension.named or str
        wanted = takes(leaf)
        return any_of([none, one_of(field, self._taken(kind, field, [lambda value: wanted(named(value))]))])

    def _taken(self, kind: str, field: str, tests: Sequence[Test]) -> list[str]:
        among = self.visits_in_range() if kind == "visit" else self._hits_of_visits()
        return [value for value in self._terms.of(kind, field, among) if all(wanted(value) for wanted in tests)]

    # --- visits by their ids

    def _visit_ids(self, leaves: Sequence[Leaf]) -> list[str]:
        found: list[str] = []
        viewed = all(leaf.dimension.name == "event:page" for leaf in leaves)  # as for visits, of whom `visit.pages` is asked
        for kind in ("view",) if viewed else HITS:
            query = all_of([self._hits_of_visits(), *(self._leaf(kind, leaf) for leaf in leaves)])
            if query != NONE:
                found += self._collect(kind, query)
        return found

    def _collect(self, kind: str, query: Query) -> list[str]:
        key = f"{kind} {query!r}"
        if key not in self._ids:
            self._ids[key] = self._collected(kind, query)
        return self._ids[key]

    def _collected(self, kind: str, query: Query, low: int = 0, high: int = PARTS) -> list[str]:
        """The ids of so many values of client.part as one answer holds."""
        if query == NONE:
            return []
        chosen = query if high - low == PARTS else all_of([query, {"range": {"client.part": {"gte": low, "lt": high}}}])
        terms = {"terms": {"field": "visit.id", "size": PAGE}}
        answer = self._store.search(kind, {"size": 0, "track_total_hits": False, "query": chosen, "aggs": {"it": terms}})
        found = answer["aggregations"]["it"]
        if not found["sum_other_doc_count"]:
            return [bucket["key"] for bucket in found["buckets"]]
        ids: list[str] = []
        for start in range(low, high, max(1, (high - low) // 8)):
            if high - low > 1:
                ids += self._collected(kind, query, start, min(start + max(1, (high - low) // 8), high))
            if len(ids) > MOST_VISITS or high - low == 1:
                raise TooMuch(
                    f"More than {MOST_VISITS} visits have a hit that these filters take: "
                    "ask for a shorter date_range, or for filters that take less.",
                    "filters",
                )
        return ids


def _wanted(leaf: Leaf) -> Test:
    """Whether a value satisfies a condition, its `not` included."""
    named = takes(leaf)
    return (lambda value: not named(value)) if leaf.is_negative else named


def _is_on_page(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.dimension.name == "event:page"
