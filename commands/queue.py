"""`./fizzstat ledger` and `./fizzstat dead …`: what the queue knows of hits."""

import json
from datetime import UTC, datetime

import click
from rich.table import Table

from commands.app import App, pass_app
from commands.orders import give_and_wait
from commands.screen import plain, say, say_json, table
from hits import dead as letters
from hits.ledger import Ledger
from importer.facts import Drop


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option("--site", help="Of one site: its id, or a host of it.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Of one UTC day, by when hits arrived: 2026-11-25.")
@pass_app
def ledger(app: App, as_json: bool, site: str | None, day: datetime | None) -> None:
    """Say where every hit is.

    received = stored + dropped + queued + in hand + dead, at every instant.
    """
    found = app.ledger(app.site_id(site), f"{day:%Y-%m-%d}" if day else None)
    if as_json:
        say_json(found.as_dict())
    else:
        say(*ledger_tables(found))


def ledger_tables(found: Ledger) -> list[object]:
    """For people: the law, the reasons with their sentences, the ways in, the spool."""
    dropped = sum(found.dropped.values())
    parts: list[object] = [
        _sum(
            [
                ("received", found.received, ""),
                ("= stored", found.stored, "documents that were written or brought up to date"),
                ("+ dropped", dropped, "for a reason, see below" if dropped else ""),
                ("+ queued", found.queued, "wait for an importer, or for their view"),
                ("+ in hand", found.in_hand, "are being imported now"),
                ("+ dead", found.dead, "were refused: ./fizzstat dead list says why" if found.dead else ""),
            ]
        ),
        "Balanced." if found.balanced else "NOT BALANCED: please report it, with the output of ./fizzstat status --json.",
    ]
    if found.dropped:
        parts += ["", table(("Dropped", "#Hits", "Why"), ((name, n, reason(name)) for name, n in found.dropped.items()))]
    if found.by_way:
        parts += ["", table(("Way in", "#Received"), found.by_way.items())]
    if found.spooled:
        parts += ["", f"{found.spooled:,} hits wait in the spool on this machine's disk; they are received once Redis has them."]
    return parts


def reason(name: str) -> str:
    """The sentence of a reason; one that another version wrote has none here."""
    try:
        return Drop(name).sentence
    except ValueError:
        return ""


def _sum(rows: list[tuple[str, int, str]]) -> Table:
    return table(("Hits", "#", ""), rows)


@click.group()
def dead() -> None:
    """Hits that were refused, or that nobody could read."""


@dead.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@click.option("--site", help="Of one site: its id, or a host of it.")
@pass_app
def list_dead(app: App, as_json: bool, site: str | None) -> None:
    """List them, the oldest first."""
    found = list(letters.letters(app.queue, app.site_id(site)))
    if as_json:
        say_json([letter.as_dict() for letter in found])
    elif not found:
        say("No hit is dead.")
    else:
        rows = [(letter.receipt, when(letter.died), letter.site, letter.way, letter.reason) for letter in found]
        say(table(("Receipt", "Died (UTC)", "Site", "Way in", "Reason"), rows))
        say("", "./fizzstat dead show RECEIPT says all of one; retry sends it through the importer again, drop gives it up.")


@dead.command("show")
@click.argument("receipt")
@pass_app
def show_dead(app: App, receipt: str) -> None:
    """Show all that is known of one, as JSON."""
    letter = _letter(app, receipt)
    click.echo(plain_json(letter.as_dict()))


@dead.command("retry")
@click.argument("receipts", nargs=-1, metavar="[RECEIPT]...")
@click.option("--all", "every", is_flag=True, help="All of them, as when none is named.")
@click.option("--no-wait", is_flag=True, help="Return when the order is given, not when it is done.")
@pass_app
def retry_dead(app: App, receipts: tuple[str, ...], every: bool, no_wait: bool) -> None:
    """Send them through the importer again, once their cause is mended."""
    for target in _targets(app, receipts, every or not receipts):
        give_and_wait(app, "retry-dead", target, not no_wait)


@dead.command("drop")
@click.argument("receipts", nargs=-1, metavar="[RECEIPT]...")
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--no-wait", is_flag=True, help="Return when the order is given, not when it is done.")
@pass_app
def drop_dead(app: App, receipts: tuple[str, ...], every: bool, no_wait: bool) -> None:
    """Give them up; the ledger says so."""
    for target in _targets(app, receipts, every):
        give_and_wait(app, "drop-dead", target, not no_wait)


def _targets(app: App, receipts: tuple[str, ...], every: bool) -> list[str]:
    if every == bool(receipts):
        raise click.UsageError("Name one or more receipts (./fizzstat dead list has them), or say --all.")
    return [""] if every else [_letter(app, receipt).receipt for receipt in receipts]


def _letter(app: App, receipt: str) -> letters.DeadLetter:
    letter = letters.letter(app.queue, receipt)
    if letter is None:
        raise click.ClickException(f"There is no dead hit {plain(receipt)!r}; ./fizzstat dead list has their receipts.")
    return letter


def plain_json(value: object) -> str:
    """JSON over several lines, for people."""
    return "\n".join(plain(line) for line in json.dumps(value, ensure_ascii=False, indent=2).split("\n"))


def when(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"
