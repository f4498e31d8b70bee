"""Draws assets/site/world.svg, once and for all: `python -m dashboard.site.drawn countries-110m.json`, of Natural Earth.

Source: Natural Earth 5, 1:110m cultural vectors, admin 0 countries, which are in the public domain (naturalearthdata.com), as
npm's world-atlas 2.0.2 packs them; drawn in November 2026. Projection: Equal Earth (Šavrič, Patterson, Jenny, 2018).
"""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

DRAWN = Path(__file__).parent.parent / "assets" / "site" / "world.svg"
WIDTH = 1000
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
#: Those to which ISO 3166 gave no number of their own.
UNNUMBERED = {"N. Cyprus": "CY", "Somaliland": "SO", "Kosovo": "XK"}
LEFT_OUT = ("AQ",)  # nobody there, and a third of the picture

Place = tuple[float, float]


def project(longitude: float, latitude: float) -> Place:
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    t2 = theta * theta
    t6 = t2**3
    slope = 3 * (9 * A4 * t6 * t2 + 7 * A3 * t6 + 3 * A2 * t2 + A1)
    return 2 * math.radians(longitude) * math.cos(theta) * math.sqrt(3) / slope, theta * (A4 * t6 * t2 + A3 * t6 + A2 * t2 + A1)


def arcs(topology: dict[str, Any]) -> Iterator[list[Place]]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        places = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            places.append((x * sx + tx, y * sy + ty))
        yield places


def outline(ring: Sequence[int], known: Sequence[Sequence[Place]], scale: float, top: float) -> str:
    """A ring of arcs as a part of a path, in whole units; "" for one that is less than a speck."""
    units: list[tuple[int, int]] = []
    for longitude, latitude in whole([place for n in ring for place in (known[n] if n >= 0 else known[~n][::-1])]):
        x, y = project(longitude, latitude)
        unit = round(x * scale + WIDTH / 2), round(top - y * scale)
        if not units or units[-1] != unit:
            units.append(unit)
    if len(units) < 4:
        return ""
    (x0, y0), steps = units[0], []
    for (ax, ay), (bx, by) in pairwise(units[:-1]):
        steps.append(f"{bx - ax} {by - ay}")
    return f"M{x0} {y0}l{' '.join(steps)}z".replace(" -", "-")


def whole(ring: Sequence[Place]) -> list[Place]:
    """A ring that crosses the antimeridian goes on beyond it, in the east."""
    placed: list[Place] = []
    for longitude, latitude in ring:
        before = placed[-1][0] if placed else longitude
        placed.append((longitude - 360 * round((longitude - before) / 360), latitude))
    is_west = sum(longitude for longitude, _ in placed) / len(placed) < -180
    return [(longitude + 360 * is_west, latitude) for longitude, latitude in placed]


def world(topology: dict[str, Any]) -> str:
    known = list(arcs(topology))
    scale = WIDTH / 2 / project(180, 0)[0]
    top, bottom = project(0, 84)[1] * scale, project(0, -56)[1] * scale
    numbers = get_global("territory_aliases")
    drawn: dict[str, str] = {}
    for one in topology["objects"]["countries"]["geometries"]:
        code = numbers[one["id"]][0] if "id" in one else UNNUMBERED[one["properties"]["name"]]
        polygons = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        path = "".join(outline(ring, known, scale, top) for polygon in polygons for ring in polygon)
        if code not in LEFT_OUT:
            drawn[code] = drawn.get(code, "") + path
    paths = "\n".join(f'<path id="{code}" d="{path}"/>' for code, path in sorted(drawn.items()) if path)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {round(top - bottom)}">\n{paths}\n</svg>\n'


if __name__ == "__main__":
    DRAWN.write_text(world(json.loads(Path(sys.argv[1]).read_text())))
