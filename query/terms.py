"""Which values of a field a condition takes: `Terms(store, …).matching(field, …)`, and the patterns of goals' pages.

Stores' regular expressions differ from each other, so patterns are looked for here, by RE2, among the values that there are.
"""

import re
from collections.abc import Callable, Sequence

import re2

from query.conditions import Query
from query.errors import BadQuestion, TooMuch
from query.filters import Leaf
from store.base import Store
from store.subset import MOST_BUCKETS

Test = Callable[[str], bool]
MOST_PATTERN = 1000  # characters


class Terms:
    """The values of fields among some documents, each field asked for once."""

    def __init__(self, store: Store):
        self._store = store
        self._found: dict[tuple[str, str, str], list[str]] = {}

    def of(self, kind: str, field: str, among: Query) -> list[str]:
        key = (kind, field, repr(among))
        if key not in self._found:
            terms = {"field": field, "size": MOST_BUCKETS}
            answer = self._store.search(kind, {"size": 0, "query": among, "aggs": {"it": {"terms": terms}}})
            told = answer["aggregations"]["it"]
            if told["sum_other_doc_count"]:
                raise TooMuch(
                    f"{field} has more than {MOST_BUCKETS} values in this date_range, too many to look through: "
                    "ask for a shorter one, or filter by `is`.",
                    "filters",
                )
            self._found[key] = [bucket["key"] for bucket in told["buckets"]]
        return self._found[key]


def takes(leaf: Leaf) -> Test:
    """Whether a value is among those that a condition names, its `not` aside."""
    clauses = leaf.clauses
    if leaf.operator.startswith("matches"):
        patterns = [compiled(clause, leaf.place) for clause in clauses]
        return lambda value: any(pattern.search(value) for pattern in patterns)
    if not leaf.case_sensitive:
        clauses = tuple(clause.lower() for clause in clauses)
    fold: Callable[[str], str] = str if leaf.case_sensitive else str.lower
    if leaf.operator.startswith("is"):
        return lambda value: fold(value) in clauses
    return lambda value: any(clause in fold(value) for clause in clauses)


def compiled(pattern: str, place: str) -> "re2._Regexp":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 22
    try:
        if len(pattern) > MOST_PATTERN:
            raise re2.error(f"it is longer than {MOST_PATTERN} characters")
        return re2.compile(pattern, options)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        told = told.decode() if isinstance(told, bytes) else told
        raise BadQuestion(f"Invalid pattern {pattern!r}: {told}. Patterns are regular expressions of RE2.", place) from None


def page_test(path: str) -> Test:
    """Whether a page is one of a goal's: `*` stands for anything within a part of the path, `**` for anything."""
    if "*" not in path:
        return lambda value: value == path
    parts = [{"**": ".*", "*": "[^/]*"}.get(part) or re2.escape(part) for part in re.split(r"(\*\*|\*)", path) if part]
    pattern = re2.compile("(?s)" + "".join(parts))
    return lambda value: pattern.fullmatch(value) is not None


def all_tests(tests: Sequence[Test]) -> Test:
    return lambda value: all(test(value) for test in tests)
