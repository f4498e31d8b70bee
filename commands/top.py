"""`./fizzstat top pages` and its like, which commands/words.py lists; the everyday ones stand as commands of their own too."""

from collections.abc import Sequence
from typing import Any

import click

from commands.answers import Command, answered, form_options, show, site_option
from commands.app import App, pass_app
from commands.words import WORDS, Word
from query.ask import ask

PERIOD = click.option(
    "--period",
    default="30d",
    show_default=True,
    help="day (today), 24h, 7d, 30d (the days before today), month, 12mo, year, all, or 2026-11-01,2026-11-30.",
)
FILTER = click.option(
    "--filter", "filters", multiple=True, help="Only where it is so: visit:country=AT; with several, all of them: say it again."
)


def date_range(period: str) -> str | list[str]:
    return [part.strip() for part in period.split(",")] if "," in period else period


def conditions(filters: Sequence[str]) -> list[list[Any]]:
    if wrong := [text for text in filters if "=" not in text]:
        raise click.ClickException(f"--filter takes DIMENSION=VALUE, and {wrong[0]!r} has no =.")
    return [["is", name, [value]] for name, value in (text.split("=", 1) for text in filters)]


def _options(command: Command) -> Command:
    limit = click.option("--limit", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How many, at most.")
    return site_option(PERIOD(FILTER(limit(form_options(command)))))


def _command(word: Word) -> click.Command:
    @click.command(word.name, help=word.help)
    @_options
    @pass_app
    def run(app: App, site: str | None, period: str, filters: tuple[str, ...], limit: int, form: str | None) -> None:
        question = {
            "metrics": list(word.metrics),
            "dimensions": [word.dimension],
            "date_range": date_range(period),
            "filters": [*word.filters, *conditions(filters)],
            "pagination": {"limit": limit},
        }
        answer = answered(app, site, ask, question)
        today = "" if period == "day" else " --period day asks about today."
        show(answer, form, {word.dimension: word.head}, f"There was nothing in this time ({period}).{today}")

    return run


@click.group()
def top() -> None:
    """The most seen pages, the most common sources, and so on."""


for _word in WORDS:
    top.add_command(_command(_word))

sources, countries, browsers, events = (top.commands[name] for name in ("sources", "countries", "browsers", "events"))
