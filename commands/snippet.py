"""`./fizzstat snippet`: the tag for pages, as HTML."""

import click

from collect.snippet import pinned, snippet


@click.command("snippet")
@click.argument("url")
@click.option("--pin", is_flag=True, help="The newest released version, with its hash: browsers run nothing else.")
@click.option("--vitals", is_flag=True, help="With the second script, for web vitals and errors.")
def snippet_(url: str, pin: bool, vitals: bool) -> None:
    """Print the tag that your pages embed.

    URL is where browsers reach the collector, such as https://stats.example.com or https://www.example.com/numbers.
    """
    collector = url.rstrip("/")
    if not collector.startswith(("https://", "http://")):
        raise click.BadParameter("begin it with https:// or http://", param_hint="URL")
    if not pin:
        click.echo(snippet(collector, " data-vitals" if vitals else ""))
        return
    for script in ("tracker", "vitals") if vitals else ("tracker",):
        click.echo(pinned(collector, script))
