"""`./fizzstat sites …`: the sites, those that hits made themselves among them."""

from datetime import UTC, datetime
from typing import Any, cast

import click
import msgspec
from sqlalchemy.orm import Session

from accounts.shields import shields_of
from accounts.sites import WEEK_DAYS, SiteFields, add_site, adopt, drop_site, find_site, list_sites, set_site, site_called
from accounts.tables import Site
from commands.app import App, pass_app
from commands.screen import say, say_json, table
from hits import ledger
from hits.redis import QueueAway

FIELDS = (
    click.option("--name", help="What people call it."),
    click.option("--host", "hosts", multiple=True, help="A host that belongs to it; several: say it again."),
    click.option("--time-zone", help='Such as Europe/Berlin; "" for the server\'s.'),
    click.option("--currency", help='A code such as EUR; "" for none.'),
    click.option("--week-start", type=click.Choice(WEEK_DAYS, case_sensitive=False), help="The week's first day."),
    click.option("--query", multiple=True, help="A URL parameter that its pages' documents keep; several: say it again."),
    click.option("--foreign", help='What other trackers call it, comma-separated: umami:UUID,matomo:3; "" for none.'),
    click.option("--identify/--no-identify", default=None, help="Whether its pages may tell traits of a visitor."),
    click.option("--shield-ip", "shield_ips", multiple=True, help="An address or network whose hits are dropped: 192.0.2.0/24."),
    click.option("--shield-country", "shield_countries", multiple=True, help="A country whose hits are dropped: AT."),
    click.option(
        "--shield-host", "shield_hosts", multiple=True, help="A host whose pages are not counted: *.staging.example.com."
    ),
    click.option("--shield-path", "shield_paths", multiple=True, help="A path whose pages are not counted: /admin/*."),
)
SHIELDS = ("ips", "countries", "hosts", "paths")


def fields(command: Any) -> Any:
    for option in reversed(FIELDS):
        command = option(command)
    return command


@click.group()
def sites() -> None:
    """Sites: what they are called, which hosts are theirs."""


@sites.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List them, those that only hits have named too."""
    away = None
    try:
        _adopt(app)
    except QueueAway as error:
        away = error
    with app.accounts.read() as session:
        rows = [row_of(site, app.settings.time_zone) for site in list_sites(session)]
    if as_json:
        say_json(rows)
    elif rows:
        heads = ("Id", "Name", "Hosts", "Time zone", "Currency", "Week starts", "Parameters kept", "Called elsewhere", "Shields")
        say(table(heads, [_line(row) for row in rows]))
    else:
        say("There is no site yet. The first hit of one makes it; ./fizzstat sites add example.com does too.")
    if away:
        click.echo(f"Redis is away ({away}): sites that only hits have named so far may be missing.", err=True)


@sites.command("add")
@click.argument("id")
@fields
@pass_app
def add(app: App, /, id: str, hosts: tuple[str, ...], **given: Any) -> None:
    """Make a site.

    ID is its first host, and stays what it is called in documents for good.
    """
    shields = _shields(given)
    foreign = _foreign(given) or ()
    with app.accounts.change() as session:
        site = add_site(session, id, now=datetime.now(UTC), hosts=hosts, foreign=foreign, shields=shields, **_given(given))
    say(f"The site {site.id} is made.")


@sites.command("set")
@click.argument("site")
@fields
@click.option("--no-query", is_flag=True, help="Keep no URL parameter any more.")
@click.option("--no-shields", is_flag=True, help="Lift all shields that are not named beside it.")
@pass_app
def set_(app: App, /, site: str, hosts: tuple[str, ...], no_query: bool, no_shields: bool, **given: Any) -> None:
    """Change a site.

    SITE is its id, or a host of it. What is not named stays; --host, --query and each --shield-… replace their lists.
    """
    lifted: dict[str, tuple[str, ...]] = dict.fromkeys(SHIELDS, ()) if no_shields else {}
    shields = lifted | _shields(given)
    foreign = _foreign(given)
    values = _given(given)
    if no_query:
        values["query"] = ()
    if not values and not hosts and foreign is None and not shields:
        raise click.UsageError(
            "Say what is to be changed: --name, --host, --time-zone, --currency, --week-start, --query, --foreign, --identify, "
            "--shield-…."
        )
    _adopt(app)
    with app.accounts.change() as session:
        row = site_called(session, site)
        set_site(session, row, hosts=hosts or None, foreign=foreign, shields=shields, **values)
    say(f"The site {row.id} is changed.")


@sites.command("drop")
@click.argument("site")
@pass_app
def drop(app: App, site: str) -> None:
    """Forget a site; its documents stay.

    `./fizzstat erase site` has them erased. The site's next hit makes it again.
    """
    received = _adopt(app)
    with app.accounts.change() as session:
        row = site_called(session, site)
        drop_site(session, row, received.get(row.id, 0))
    say(f"The site {row.id} is dropped; its documents stay.")


def made_site(session: Session, text: str) -> Site:
    """The site called so; made where there is none, and that is said."""
    found = find_site(session, text)
    if found is None:
        found = add_site(session, text, now=datetime.now(UTC))
        click.echo(f"The site {found.id} is made too: it had no row yet.", err=True)
    return found


def row_of(site: Site, server_zone: str) -> dict[str, Any]:
    return {
        "id": site.id,
        "name": site.name,
        "hosts": [host.name for host in site.hosts],
        "time_zone": site.time_zone or server_zone,
        "currency": site.currency or None,
        "week_start": site.week_start,
        "query": site.query,
        "foreign": [foreign.id for foreign in site.foreign],
        "identify": site.identify,
        "shields": msgspec.structs.asdict(shields_of(site)),
        "created": site.created.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    hosts, query = ", ".join(row["hosts"]), ", ".join(row["query"])
    shields = ", ".join(value for kind in SHIELDS for value in row["shields"][kind])
    foreign = ", ".join(row["foreign"])
    return row["id"], row["name"], hosts, row["time_zone"], row["currency"] or "", row["week_start"], query, foreign, shields


def _foreign(options: dict[str, Any]) -> list[str] | None:
    """Taken out of the options, None where it was not said."""
    said = options.pop("foreign")
    return None if said is None else [id for id in said.split(",") if id.strip()]


def _shields(options: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Taken out of the options: the lists that were said, by kind."""
    said = {kind: options.pop(f"shield_{kind}") for kind in SHIELDS}
    return {kind: texts for kind, texts in said.items() if texts}


def _given(options: dict[str, Any]) -> SiteFields:
    """What was said: an option that was not is None, a list ()."""
    return cast(SiteFields, {name: value for name, value in options.items() if value not in (None, ())})


def _adopt(app: App) -> dict[str, int]:
    """Make rows of the sites that only hits have named; how many hits were received of each site. Raises QueueAway."""
    received = ledger.sites(app.queue)
    with app.accounts.read() as session:
        new = adopt(session, received, datetime.now(UTC))
    if new:
        with app.accounts.change() as session:
            adopt(session, received, datetime.now(UTC))
    return received
