"""`./fizzstat geoip`: gets the database that tells a visitor's place, and swaps it in while FizzStat runs."""

import click

from commands.app import App, pass_app
from commands.geo_download import Outcome, Source, fetch, forget, maxmind, taken, told
from commands.screen import plain, say, say_json
from importer.geo_files import FETCHED, geo_folder
from settings import Settings


@click.command()
@click.option("--url", "urls", multiple=True, help="Where it is, instead of MaxMind; twice for one of IPv4 and one of IPv6.")
@click.option("--edition", default="GeoLite2-City", show_default=True, help="Which of MaxMind's.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@pass_app
def geoip(app: App, urls: tuple[str, ...], edition: str, as_json: bool) -> None:
    """Get the database of places by address, or bring it up to date.

    It takes a .mmdb, .mmdb.gz or .tar.gz. A URL with a password or token in it belongs in FIZZSTAT_GEOIP_URL, where no list of
    processes shows it. Running importers use what it brings within seconds, unless FIZZSTAT_GEOIP_DB names another file.
    """
    sources = sources_of(app.settings, urls, edition)
    folder = geo_folder(app.settings)
    try:
        with taken(folder):
            outcomes = [fetch(source, folder / name) for source, name in zip(sources, FETCHED, strict=False)]
            for name in FETCHED[len(sources) :]:
                forget(folder / name)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written to: {error.strerror}. Nothing has changed.") from None
    if as_json:
        say_json([told(outcome) for outcome in outcomes])
        return
    say(*(_sentence(outcome) for outcome in outcomes))
    if app.settings.geoip_db:
        say("FIZZSTAT_GEOIP_DB names another file, which is used instead: clear it to use this one.")


def sources_of(settings: Settings, urls: tuple[str, ...], edition: str) -> list[Source]:
    """What the options ask for, else FIZZSTAT_GEOIP_URL, else MaxMind. Raises UsageError."""
    if len(urls) > len(FETCHED):
        raise click.UsageError("--url takes at most two: one for IPv4 and one for IPv6.")
    if urls:
        return [Source(url, "--url") for url in urls]
    listed = [url.strip() for url in settings.geoip_url.split(",") if url.strip()]
    if len(listed) > len(FETCHED):
        raise click.UsageError("FIZZSTAT_GEOIP_URL takes at most two URLs: one for IPv4 and one for IPv6.")
    if listed:
        return [Source(url, "FIZZSTAT_GEOIP_URL") for url in listed]
    if settings.maxmind_account and settings.maxmind_key:
        if not edition.replace("-", "").isalnum():
            raise click.UsageError("--edition takes a name such as GeoLite2-City or GeoIP2-Country.")
        return [maxmind(settings.maxmind_url, settings.maxmind_account, settings.maxmind_key, edition)]
    raise click.UsageError(
        "Say where it is: --url https://…/city.mmdb.gz, or FIZZSTAT_MAXMIND_ACCOUNT and FIZZSTAT_MAXMIND_KEY (a free account "
        "of maxmind.com has both)."
    )


def _sentence(outcome: Outcome) -> str:
    about = outcome.database
    built = f"{plain(about.type)} of {about.built:%Y-%m-%d}, {outcome.size:,} bytes, {about.known} is in {about.country}"
    if outcome.fresh:
        return f"{outcome.path} is new: {built}."
    return f"{outcome.path} is the newest already: {built}."
