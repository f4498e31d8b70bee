"""Shields of a site: whose hits are not counted."""

from typing import Any

import pytest

from hits.snapshot import Shields
from importer.facts import Context, Drop, Facts
from importer.shields import shield_of
from tests.unit.steps import cases, hit, run


def context(**shields: list[str]) -> Context:
    rows = Shields(**{kind: tuple(values) for kind, values in shields.items()})
    return Context(
        keep_bots=True,
        salts={},
        place=lambda ip: {"country_iso_code": "AT", "continent_code": "EU"} if ip.startswith("203.0.113.") else {},
        shields={"example.com": shield_of(rows)},
    )


@pytest.mark.parametrize("case", cases("shields"), ids=lambda case: f"{case['shield']} {case['hit']}")
def test_a_shield_drops_what_it_is_against_and_nothing_else(case: dict[str, Any]) -> None:
    ended = run(hit(**case["hit"]), context(**case["shield"]))
    assert (ended is Drop.SHIELD) is case["dropped"]


def test_the_shields_of_one_site_leave_other_sites_alone() -> None:
    assert isinstance(run(hit(site="other.example", ip="203.0.113.7"), context(ips=["203.0.113.7"], countries=["AT"])), Facts)


def test_the_time_zone_tells_the_country_where_the_address_does_not() -> None:
    vienna = hit(ip="198.51.100.1", time_zone="Europe/Vienna")
    assert run(vienna, context(countries=["AT"])) is Drop.SHIELD


def test_the_same_shields_are_made_ready_once() -> None:
    assert shield_of(Shields(ips=("192.0.2.1",))) is shield_of(Shields(ips=("192.0.2.1",)))
