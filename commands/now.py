"""`./fizzstat now`: who is there, and what they look at."""

import click

from commands.answers import answered, form_options, show, site_option, table_of
from commands.app import App, pass_app
from commands.screen import say
from query.realtime import realtime


@click.command()
@site_option
@form_options
@pass_app
def now(app: App, site: str | None, form: str | None) -> None:
    """Who is there now, and the last 30 minutes."""
    answer = answered(app, site, realtime, {})
    if form:
        show(answer, form, {}, "")
        return
    found = answer["now"]
    n = found["visitors"]
    say(f"{n:,} {'visitor is' if n == 1 else 'visitors are'} there now.")
    for head, rows in (("Page", found["pages"]), ("Source", found["sources"])):
        if rows:
            named = [{"what": row["dimensions"][0], "visitors": row["metrics"][0]} for row in rows]
            say("", table_of(named, {"what": head}))
    views = sum(row["metrics"][1] for row in answer["results"])
    say("", f"In the last 30 minutes pages were seen {views:,} {'time' if views == 1 else 'times'}.")
