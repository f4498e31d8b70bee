"""The map: which countries visitors come from. In: a View. Out: a World, whose countries say how dark each
is; assets/site/world.svg has their outlines."""

import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboard.site import lists
from dashboard.site.filters import Filter
from dashboard.site.lists import List
from dashboard.site.tabs import PANELS
from dashboard.site.view import View
from query.dimensions import country_name

OUTLINES = Path(__file__).parent.parent / "assets" / "site" / "world.svg"
SHADES = 6
FIRST = 3  # as a list below the map


@dataclass(frozen=True)
class Country:
    """`shade` from 0, nobody, to SHADES; those with visitors have a `url`."""

    code: str
    name: str
    shade: int
    text: str
    url: str


@dataclass(frozen=True)
class World:
    box: str
    countries: tuple[Country, ...]
    first: List


@cache
def outlines() -> tuple[str, tuple[str, ...]]:
    """The picture's viewBox, and the codes in it."""
    text = OUTLINES.read_text()
    box = re.search(r'viewBox="([^"]+)"', text)
    assert box
    return box[1], tuple(re.findall(r'id="([A-Z]{2})"', text))


def world(view: View) -> World:
    tab, metrics = PANELS["places"].tab("countries"), ("visitors", "percentage")
    answer = view.ask(*metrics, by=tab.dimension, limit=300)
    first = lists.made(view, tab, metrics, {"results": answer["results"][:FIRST]})
    visitors = {row["dimensions"][0]: int(row["metrics"][0]) for row in answer["results"]}
    box, codes = outlines()
    most = max((visitors.get(code, 0) for code in codes), default=0)
    in_order = sorted(codes, key=lambda code: (-visitors.get(code, 0), code))
    return World(box, tuple(_country(view, code, visitors.get(code, 0), most) for code in in_order), first)


def _country(view: View, code: str, visitors: int, most: int) -> Country:
    """Shades go by the logarithm: between one and the most lie many."""
    shade = 0 if not visitors else 1 + math.floor((SHADES - 1) * math.log(visitors + 1) / math.log(most + 1))
    url = view.url(view.state.filtered(Filter("is", "visit:country", (code,)))) if visitors else ""
    return Country(code, country_name(code), shade, view.words.count(visitors), url)
