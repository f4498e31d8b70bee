"""The metrics: what each counts, and what its numbers look like. Meanings: docs/questions.md.

`level` says of which documents a metric is: "visit", "hit" (views and events), or "either", where the question decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Metric:
    name: str
    level: str
    nothing: Any = 0  # its value where there is nothing


ALL = {
    one.name: one
    for one in (
        Metric("visitors", "either"),
        Metric("visits", "either"),
        Metric("pageviews", "hit"),
        Metric("views_per_visit", "visit", 0.0),
        Metric("bounce_rate", "visit"),
        Metric("visit_duration", "visit", None),
        Metric("events", "hit"),
        Metric("scroll_depth", "hit", None),
        Metric("percentage", "either", 0.0),
        Metric("conversion_rate", "either", 0.0),
        Metric("group_conversion_rate", "either", 0.0),
        Metric("time_on_page", "hit", None),
        Metric("average_revenue", "hit", None),
        Metric("total_revenue", "hit", None),
    )
}

#: These are a share of visitors.
RATES = ("percentage", "conversion_rate", "group_conversion_rate")
CONVERSIONS = ("conversion_rate", "group_conversion_rate")
REVENUE = ("average_revenue", "total_revenue")

#: Signs of money before its amount; other currencies are told by their code.
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "TRY": "₺", "UAH": "₴"}


def share(part: float, whole: float, nothing: float | None) -> float | None:
    """Percent with one decimal."""
    return round(part / whole * 100, 1) if whole else nothing


def mean(total: float, count: float, digits: int | None, nothing: Any) -> Any:
    return round(total / count, digits) if count else nothing


def money(by_currency: Mapping[str, float]) -> dict[str, Any] | None:
    """Revenue by currency as an answer tells it; of several currencies there is no sum."""
    amounts = {currency: round(amount, 3) for currency, amount in sorted(by_currency.items())}
    if not amounts:
        return None
    if len(amounts) > 1:
        return {"value": None, "currency": None, "short": None, "long": None, "by_currency": amounts}
    [(currency, amount)] = amounts.items()
    sign = SIGNS.get(currency, f"{currency} ")
    return {
        "value": amount,
        "currency": currency,
        "short": sign + _short(amount),
        "long": f"{sign}{amount:,.2f}",
        "by_currency": amounts,
    }


def _short(amount: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(amount) >= size:
            return f"{amount / size:.1f}{letter}"
    return f"{amount:.1f}"


def change(metric: str, now: Any, before: Any) -> int | float | None:
    """How much more than before: percent; of a rate in percent, points. None where that says nothing."""
    new, old = _amount(now), _amount(before)
    if new is None or old is None:
        return None
    if metric in ("bounce_rate", *RATES):
        return round(new - old, 1) if old else None
    if not old:
        return 100 if new else 0
    return round((new - old) / old * 100)


def _amount(value: Any) -> float | None:
    """The number in a metric's value, which is money now and then."""
    amount: float | None = value.get("value") if isinstance(value, Mapping) else value
    return amount


def sortable(value: Any) -> tuple[bool, float]:
    """Nothing is less than all else."""
    amount = _amount(value)
    return (amount is not None, amount or 0.0)
