"""Filters as a question has them: `read(filters)` gives a tree, `products(tree)` the same as alternatives of conditions.

A tree is of Leaf, Group (and, or), Not and Done (has_done, has_not_done). A Product holds when all its conditions hold: those
of the visit, and those of hits, which one single hit has to satisfy together. In alternatives `not` stands nowhere but in
conditions themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from query.dimensions import NOT_RECORDED, Dimension, find, possible
from query.errors import BadQuestion, TooMuch
from query.site import Goal, Site

OPERATORS = {"is": "is_not", "contains": "contains_not", "matches": "matches_not"}
OPPOSITE = {**OPERATORS, **{other: one for one, other in OPERATORS.items()}}
MOST_PRODUCTS = 64
MOST_CLAUSES = 10_000
MOST_DEPTH = 10


@dataclass(frozen=True)
class Leaf:
    operator: str
    dimension: Dimension
    clauses: tuple[str, ...]
    case_sensitive: bool = True
    place: str = ""

    @property
    def is_negative(self) -> bool:
        return self.operator.endswith("_not")

    @property
    def opposite(self) -> "Leaf":
        return replace(self, operator=OPPOSITE[self.operator])


@dataclass(frozen=True)
class Group:
    any: bool
    parts: tuple["Tree", ...]


@dataclass(frozen=True)
class Not:
    part: "Tree"


@dataclass(frozen=True)
class Done:
    """A visit of which some hit, or none, satisfies `part`."""

    part: "Tree"
    done: bool = True


Tree = Leaf | Group | Not | Done


@dataclass(frozen=True)
class Product:
    visit: tuple[Leaf | Done, ...] = ()
    hit: tuple[Leaf, ...] = ()


def read(filters: Any, site: Site, place: str = "filters", depth: int = 0) -> tuple[Tree, ...]:
    if filters is None:
        return ()
    if not isinstance(filters, list | tuple):
        raise BadQuestion("Invalid filters: they are a list of filters.", place)
    if depth > MOST_DEPTH:
        raise BadQuestion(f"Invalid filters: they are nested more than {MOST_DEPTH} deep.", place)
    return tuple(_read(one, site, f"{place}.{n}", depth) for n, one in enumerate(filters))


def _read(one: Any, site: Site, place: str, depth: int) -> Tree:
    if not isinstance(one, list | tuple) or len(one) < 2:
        raise BadQuestion(f'Invalid filter {_told(one)}: a filter is a list such as ["is", "visit:country", ["DE"]].', place)
    operator = one[0] if isinstance(one[0], str) else ""
    if operator in ("and", "or"):
        _length(one, 2, place)
        parts = read(one[1], site, f"{place}.1", depth + 1)
        if not parts:
            raise BadQuestion(f'Invalid filter {_told(one)}: "{operator}" takes at least one filter.', place)
        return Group(operator == "or", parts)
    if operator in ("not", "has_done", "has_not_done"):
        _length(one, 2, place)
        [part] = read([one[1]], site, f"{place}.1", depth + 1)
        if operator == "not":
            return Not(part)
        _check_behaviour(part, place)
        return Done(part, operator == "has_done")
    if operator not in OPPOSITE:
        known = ", ".join([*OPPOSITE, "and", "or", "not", "has_done", "has_not_done"])
        raise BadQuestion(f"Unknown operator for filter {_told(one)}: operators are {known}.", place)
    if one[1] == "segment":
        return _segment(one, site, place, depth)
    return _leaf(one, site, place)


def _leaf(one: Sequence[Any], site: Site, place: str) -> Leaf:
    if not 3 <= len(one) <= 4:
        raise BadQuestion(
            f"Invalid filter {_told(one)}: it has an operator, a dimension, a list of values, and modifiers.", place
        )
    operator, name, clauses = one[:3]
    dimension = find(name)
    if name in NOT_RECORDED:
        raise BadQuestion(f"Invalid filter {_told(one)}: a visit's hostname is not recorded; event:hostname is.", f"{place}.1")
    if dimension is None or dimension.level == "time":
        raise BadQuestion(
            f"Invalid filter {_told(one)}: filters are of {possible('visit', 'exit', 'hit', 'goal')}.", f"{place}.1"
        )
    if not isinstance(clauses, list | tuple) or not clauses or not all(_is_text(clause) for clause in clauses):
        raise BadQuestion(f"Invalid filter {_told(one)}: its values are a list of texts.", f"{place}.2")
    if len(clauses) > MOST_CLAUSES:
        raise TooMuch(f"A filter takes at most {MOST_CLAUSES} values.", f"{place}.2")
    if dimension.name == "visit:country" and operator in ("is", "is_not"):
        wrong = [clause for clause in clauses if len(clause) != 2 and clause != dimension.missing]
        if wrong:
            raise BadQuestion(
                "Invalid visit:country filter, visit:country needs to be a valid 2-letter country code.", f"{place}.2"
            )
    if dimension.level == "goal":
        _check_goals(operator, clauses, site, place)
    return Leaf(operator, dimension, tuple(clauses), _case_sensitive(one, operator, place), place)


def _check_goals(operator: str, clauses: Sequence[str], site: Site, place: str) -> None:
    if operator in ("matches", "matches_not"):
        raise BadQuestion("Invalid filter: event:goal takes is, is_not, contains and contains_not.", f"{place}.0")
    names = {goal.name for goal in site.goals}
    for clause in clauses if operator == "is" else ():
        if clause not in names:
            raise BadQuestion(f"Invalid filters. The goal `{clause}` is not configured for this site.", f"{place}.2")


def _case_sensitive(one: Sequence[Any], operator: str, place: str) -> bool:
    modifiers = one[3] if len(one) > 3 else {}
    if not isinstance(modifiers, dict) or set(modifiers) - {"case_sensitive"}:
        raise BadQuestion('Invalid filter: its modifiers are {"case_sensitive": true} or false.', f"{place}.3")
    told = modifiers.get("case_sensitive", True)
    if not isinstance(told, bool):
        raise BadQuestion("Invalid filter: case_sensitive is true or false.", f"{place}.3.case_sensitive")
    if modifiers and operator in ("matches", "matches_not"):
        raise BadQuestion("Invalid filters. The case_sensitive modifier is not allowed with pattern operators.", f"{place}.3")
    return told


def _segment(one: Sequence[Any], site: Site, place: str, depth: int) -> Tree:
    ids = one[2] if len(one) == 3 else None
    if one[0] not in ("is", "is_not") or not isinstance(ids, list | tuple) or not ids or not all(type(id) is int for id in ids):
        raise BadQuestion('Invalid filter: segments are filtered by as ["is", "segment", [ID, …]].', place)
    segments = {segment.id: segment for segment in site.segments}
    parts: list[Tree] = []
    for id in ids:
        if id not in segments:
            raise BadQuestion(f"Invalid filters. This site has no segment {id}.", f"{place}.2")
        try:
            parts.append(Group(False, read(segments[id].filters, site, place, depth + 1)))
        except BadQuestion as error:
            raise BadQuestion(f"Segment {id}: {error.sentence}" if depth == 0 else error.sentence, place) from None
    whole = parts[0] if len(parts) == 1 else Group(True, tuple(parts))
    return whole if one[0] == "is" else Not(whole)


def _check_behaviour(part: Tree, place: str) -> None:
    for tree in walk(part):
        if isinstance(tree, Done):
            raise BadQuestion("Invalid filters. Behavioral filters (has_done, has_not_done) cannot be nested.", place)
        if isinstance(tree, Leaf) and tree.dimension.level not in ("hit", "goal"):
            raise BadQuestion(
                "Invalid filters. Behavioral filters (has_done, has_not_done) can only be used with event dimension filters.",
                place,
            )


def _length(one: Sequence[Any], wanted: int, place: str) -> None:
    if len(one) != wanted:
        raise BadQuestion(f'Invalid filter {_told(one)}: "{one[0]}" is followed by one thing.', place)


def _is_text(value: Any) -> bool:
    """Half a surrogate pair is no text."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


# --- trees


def walk(tree: Tree) -> Iterator[Tree]:
    yield tree
    match tree:
        case Group(_, parts):
            for part in parts:
                yield from walk(part)
        case Not(part) | Done(part, _):
            yield from walk(part)


def leaves(trees: Sequence[Tree], behaviour: bool = True) -> Iterator[Leaf]:
    """All conditions; without those inside has_done and has_not_done if so wished."""
    for tree in trees:
        if isinstance(tree, Leaf):
            yield tree
        elif isinstance(tree, Group):
            yield from leaves(tree.parts, behaviour)
        elif isinstance(tree, Not) or behaviour:
            yield from leaves([tree.part], behaviour)


def rename(tree: Tree, name: str, to: Dimension) -> Tree:
    """The same tree about another dimension."""
    match tree:
        case Leaf():
            return replace(tree, dimension=to) if tree.dimension.name == name else tree
        case Group(any, parts):
            return Group(any, tuple(rename(part, name, to) for part in parts))
        case Not(part):
            return Not(rename(part, name, to))
    return tree


def goals_of(leaf: Leaf, goals: Sequence[Goal]) -> list[Goal]:
    """The goals that a condition on event:goal is about; of a negative one, those that it excludes."""

    def folded(text: str) -> str:
        return text if leaf.case_sensitive else text.lower()

    wanted = [folded(clause) for clause in leaf.clauses]
    if leaf.operator in ("is", "is_not"):
        return [goal for goal in goals if folded(goal.name) in wanted]
    return [goal for goal in goals if any(clause in folded(goal.name) for clause in wanted)]


# --- alternatives


def products(trees: Sequence[Tree]) -> list[Product]:
    """What holds when all of `trees` do."""
    return _products(Group(False, tuple(trees)), True) if trees else [Product()]


def _products(tree: Tree, wanted: bool) -> list[Product]:
    match tree:
        case Not(part):
            return _products(part, not wanted)
        case Done(part, done):
            return [Product(visit=(Done(part, done == wanted),))]
        case Leaf():
            leaf = tree if wanted else tree.opposite
            return [Product(hit=(leaf,))] if leaf.dimension.level in ("hit", "goal") else [Product(visit=(leaf,))]
        case Group(any, parts):
            made = [_products(part, wanted) for part in parts]
            if any == wanted:
                alternatives = [one for several in made for one in several]
            else:
                size = 1
                for several in made:
                    size *= len(several)
                if size > MOST_PRODUCTS:
                    raise TooMuch(f"Filters with more than {MOST_PRODUCTS} alternatives are too many: use fewer `or`.", "filters")
                alternatives = [_both(chosen) for chosen in product(*made)]
            if len(alternatives) > MOST_PRODUCTS:
                raise TooMuch(f"Filters with more than {MOST_PRODUCTS} alternatives are too many: use fewer `or`.", "filters")
            return alternatives
    raise AssertionError(tree)


def _both(parts: Sequence[Product]) -> Product:
    return Product(
        tuple(dict.fromkeys(leaf for part in parts for leaf in part.visit)),
        tuple(dict.fromkeys(leaf for part in parts for leaf in part.hit)),
    )
