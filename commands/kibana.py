"""`./fizzstat kibana …`: FizzStat's data views and dashboard, brought into a Kibana."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import msgspec

from commands.app import App, pass_app
from commands.screen import plain, say, say_json, table
from commands.web import WebError, ask, public
from deploy.kibana import saved_objects

PATH = "/api/saved_objects/_import?overwrite=true"
MOST = 4 << 20  # bytes of an answer
KINDS = {"index-pattern": "data view", "map": "map", "dashboard": "dashboard"}


@click.group()
def kibana() -> None:
    """FizzStat in Kibana: data views and a dashboard."""


@kibana.command()
@click.option(
    "--url", help="Of the Kibana, instead of FIZZSTAT_KIBANA_URL: http://localhost:5601, or …/s/NAME for a space of it."
)
@click.option("--json", "as_json", is_flag=True, help="What Kibana answered.")
@pass_app
def install(app: App, url: str | None, as_json: bool) -> None:
    """Install them, or bring them up to date.

    Where Kibana asks who you are, set FIZZSTAT_KIBANA_API_KEY, or put a user and password into FIZZSTAT_KIBANA_URL. What was
    changed by hand in the objects that FizzStat made is lost: change a copy of the dashboard.
    """
    url = url or app.settings.kibana_url
    if not url:
        raise click.UsageError("Say where Kibana is: --url http://localhost:5601, or FIZZSTAT_KIBANA_URL.")
    answer = post(url, app.settings.kibana_api_key, saved_objects(app.settings.index_prefix))
    if as_json:
        say_json(answer)
    else:
        _say(answer, url, app.settings.index_prefix)
    if not answer["success"]:
        raise SystemExit(1)


@kibana.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_app
def export(app: App, file: Path) -> None:
    """Write them to a file, for Kibana's own import page.

    deploy/kibana/fizzstat.ndjson has them for the default FIZZSTAT_INDEX_PREFIX.
    """
    try:
        file.write_text(saved_objects(app.settings.index_prefix))
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    say(f"{file} is for Kibana's Stack Management, Saved Objects, Import.")


def post(url: str, api_key: str, objects: str) -> dict[str, Any]:
    """Import saved objects, over those that are there. Raises WebError.

    The answer is {"success", "successCount", "successResults", "errors"}, as
    elastic.co/docs/api/doc/kibana/operation/operation-post-saved-objects-import has it.
    """
    boundary = uuid4().hex
    head = 'Content-Disposition: form-data; name="file"; filename="fizzstat.ndjson"\r\nContent-Type: application/x-ndjson'
    body = f"--{boundary}\r\n{head}\r\n\r\n{objects}\r\n--{boundary}--\r\n".encode()
    headers = {"kbn-xsrf": "true", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    authorization = f"ApiKey {api_key}" if api_key else ""
    where = url.rstrip("/") + PATH
    with ask(
        where, "--url or FIZZSTAT_KIBANA_URL", method="POST", headers=headers, authorization=authorization, body=body
    ) as answer:
        status, text = answer.status, answer.read(MOST)
    said = _decoded(text)
    if status != 200 or "success" not in said:
        raise WebError(_refusal(public(url), status, str(said.get("message", ""))))
    return said


def _decoded(text: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _refusal(url: str, status: int, message: str) -> str:
    meaning = {
        401: "it asks who you are: set FIZZSTAT_KIBANA_API_KEY, or put a user and password into FIZZSTAT_KIBANA_URL",
        403: "this user or key may not write saved objects: it needs the right All on Saved Objects Management",
        404: "it is no Kibana, or has no such space",
        503: "it is not ready yet: try again in a minute",
    }.get(status, "it is no Kibana" if status == 200 else "it does not take FizzStat's objects")
    return f"{url} answers {status}: {meaning}" + (f" ({plain(message)})." if message else ".")


def _say(answer: Mapping[str, Any], url: str, prefix: str) -> None:
    rows = [
        (KINDS.get(one["type"], one["type"]), one.get("meta", {}).get("title", one["id"])) for one in answer["successResults"]
    ]
    if rows:
        say(table(("Installed", "Name"), rows), "")
    for error in answer.get("errors", ()):
        click.echo(f"Error: {plain(error['type'])} {plain(error['id'])}: {_reason(error['error'])}", err=True)
    if answer["success"]:
        say(f"The dashboard is {public(url).rstrip('/')}/app/dashboards#/view/{prefix}-overview")


def _reason(error: Mapping[str, Any]) -> str:
    """The types that Kibana's documentation lists."""
    match error.get("type"):
        case "missing_references":
            missing = ", ".join(f"{one['type']} {one['id']}" for one in error.get("references", ()))
            return f"it refers to what is not there ({plain(missing)})"
        case "unsupported_type":
            return "this Kibana knows no objects of that type"
        case "conflict" | "ambiguous_conflict":
            return "another object has its place"
    return plain(error.get("message") or error.get("type") or "no reason given")
