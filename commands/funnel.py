"""`./fizzstat funnel`: how many visits took steps one after the other."""

import click

from commands.answers import answered, form_options, show, site_option
from commands.app import App, pass_app
from commands.top import FILTER, PERIOD, conditions, date_range
from query import funnel as questions

HEADS = {"step": "Step", "name": "Page or event", "drop_off": "Left", "conversion_from_previous": "Of the step before"}


@click.command()
@click.argument("steps", nargs=-1, required=True)
@site_option
@PERIOD
@FILTER
@form_options
@pass_app
def funnel(app: App, steps: tuple[str, ...], site: str | None, period: str, filters: tuple[str, ...], form: str | None) -> None:
    """How many visits took steps, one after the other.

    STEPS are pages (/pricing, /docs/**), goals and events, by their names: ./fizzstat funnel / /pricing signup
    """
    question = {"steps": list(steps), "date_range": date_range(period), "filters": conditions(filters)}
    answer = answered(app, site, questions.funnel, question)
    show(answer, form, HEADS | {"conversion_from_first": "Of the first"}, "No visit took the first step.")
