"""`./fizzstat users …`: who may look at the dashboard."""

import secrets
import sys
from datetime import UTC, datetime
from typing import Any

import click

from accounts.errors import AccountError
from accounts.first import drop_first_token, first_token
from accounts.roles import ROLES
from accounts.tables import User
from accounts.users import add_user, any_user, drop_user, list_users, set_password, set_roles, user_called
from commands.app import App, pass_app
from commands.screen import plain, say, say_json, table

ROLE = click.option("--role", type=click.Choice(ROLES), help="On all sites, and on FizzStat itself.")
SITES = click.option("--site", "sites", multiple=True, metavar="SITE=ROLE", help="A role on one site; several: say it again.")
PASSWORD = click.option(
    "--password-stdin", is_flag=True, help="Read the password, one line, from the standard input; without, one is made up."
)


@click.group()
def users() -> None:
    """People who sign in to the dashboard."""


@users.command("add")
@click.argument("name")
@ROLE
@SITES
@PASSWORD
@pass_app
def add(app: App, name: str, role: str | None, sites: tuple[str, ...], password_stdin: bool) -> None:
    """Make an account.

    The first one is an owner, later ones are viewers, unless a role or a site is given. A password that was made up is the last
    line, and shown this once.
    """
    password = _password(password_stdin)
    with app.accounts.write() as session:
        if role is None and not sites:
            role = "viewer" if any_user(session) else "owner"
        user = add_user(session, name, password, now=datetime.now(UTC), role=role or "", sites=_sites(sites))
        told = _told(user)
    drop_first_token(app.settings.data_dir)
    _show(f"{plain(user.name)} is {told}.", password, password_stdin)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List them and their roles."""
    with app.accounts.read() as session:
        rows = [row_of(user) for user in list_users(session)]
    if as_json:
        say_json(rows)
    elif rows:
        roles = [", ".join(f"{site}={role}" for site, role in row["sites"].items()) for row in rows]
        lines = [(row["name"], row["role"] or "", of_sites, row["created"]) for row, of_sites in zip(rows, roles, strict=True)]
        say(table(("Name", "Role", "On single sites", "Made"), lines))
    else:
        say("There is nobody yet; ./fizzstat users add NAME makes the first account.")


@users.command("set")
@click.argument("name")
@ROLE
@SITES
@pass_app
def set_(app: App, name: str, role: str | None, sites: tuple[str, ...]) -> None:
    """Change roles.

    All of them: what is not given is taken away.
    """
    with app.accounts.write() as session:
        user = user_called(session, name)
        set_roles(session, user, role or "", _sites(sites))
        told = _told(user)
    say(f"{plain(user.name)} is {told} now.")


@users.command("drop")
@click.argument("name")
@pass_app
def drop(app: App, name: str) -> None:
    """Drop an account: all its browsers are signed out."""
    with app.accounts.write() as session:
        drop_user(session, user_called(session, name))
    say(f"{plain(name)} has no account any more.")


@users.command("reset")
@click.argument("name")
@PASSWORD
@pass_app
def reset(app: App, name: str, password_stdin: bool) -> None:
    """Give a new password: all browsers of the account are signed out.

    A password that was made up is the last line, and shown this once.
    """
    password = _password(password_stdin)
    with app.accounts.write() as session:
        set_password(session, user_called(session, name), password)
    _show(f"{plain(name)} has a new password.", password, password_stdin)


@users.command("token")
@pass_app
def token(app: App) -> None:
    """Print the one-time token for the first account.

    Nothing, once there is an account. It lies in the data folder of the machine whose dashboard asks for it.
    """
    with app.accounts.read() as session:
        begun = any_user(session)
    if not begun:
        click.echo(first_token(app.settings.data_dir))


def row_of(user: User) -> dict[str, Any]:
    created = user.created.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"name": user.name, "role": user.role, "sites": {row.site: row.role for row in user.sites}, "created": created}


def _password(from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else secrets.token_urlsafe(12)


def _show(sentence: str, password: str, known: bool) -> None:
    if known:
        say(sentence)
    else:
        click.echo(f"{sentence} The password is not shown again:", err=True)
        click.echo(password)


def _sites(given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [text.rpartition("=") for text in given]
    if wrong := [text for text, (site, _, _) in zip(given, pairs, strict=True) if not site]:
        raise AccountError("site", f"{wrong[0]!r} is no role on a site; give it as in example.com=viewer.")
    return [(site, role) for site, _, role in pairs]


def _told(user: User) -> str:
    roles = [f"{user.role} of all"] if user.role else []
    return ", ".join(roles + [f"{row.role} of {plain(row.site)}" for row in user.sites])
