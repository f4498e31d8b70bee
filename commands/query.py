"""`./fizzstat query`: a question as JSON, as the API takes it."""

import json
from typing import Any, TextIO

import click

from commands.answers import answered, form_options, show, site_option
from commands.app import App, pass_app
from dashboard.api.questions import QUESTIONS

ASKS = {question.name: question.ask for question in QUESTIONS}


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option("--as", "name", type=click.Choice(tuple(ASKS)), default="query", show_default=True, help="Which kind of question.")
@site_option
@form_options
@pass_app
def query(app: App, file: TextIO, name: str, site: str | None, form: str | None) -> None:
    """Ask a question, as JSON in FILE or on standard input.

    It is what POST /api/v2/query takes; a site_id in it may be left out where --site is said, or there is only one.
    """
    question = _read(file)
    answer = answered(app, site or question.get("site_id"), ASKS[name], question)
    show(answer, form, {}, "There is nothing that fits the question.")


def _read(file: TextIO) -> dict[str, Any]:
    try:
        question = json.load(file)
    except ValueError as error:
        raise click.ClickException(f"{file.name} has no JSON: {error}") from None
    if not isinstance(question, dict) or not isinstance(question.get("site_id", ""), str):
        raise click.ClickException('A question is a JSON object: {"metrics": ["visitors"], "date_range": "7d"}')
    return question
