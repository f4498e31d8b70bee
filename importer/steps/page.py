"""The page: a hit's URL and title in; domain, path, the allowed part of the query and title out."""

from urllib.parse import unquote_plus

from hits.hit import LIMITS, Hit
from importer.facts import Context, Drop, Facts
from importer.steps.text import KEYWORD, clean, cut_escaped
from importer.steps.url import WEB, Url, read_url


def read_page(url: str) -> Url | None:
    """A page's URL, of the web alone."""
    page = read_url(url)
    return page if page and page.scheme in WEB else None


def drop_bad_url(hit: Hit, facts: Facts, context: Context) -> Drop | None:
    """A view needs a URL that a browser would open. An event of a server may have none at all, but no bad one."""
    if not hit.url and hit.kind != "view":
        return None
    return None if read_page(hit.url) else Drop.BAD_URL


def put_page(hit: Hit, facts: Facts, context: Context) -> None:
    """Host without port; path as WHATWG writes it, at most 2,048 characters, with the fragment if that is part of it; of the
    query what the site allows."""
    page = read_page(hit.url)
    if page:
        facts.domain = page.host
        facts.path = cut_escaped(f"{page.path}#{page.fragment}" if hit.hash and page.fragment else page.path)
        if page.query:
            allowed = context.allowed_query.get(hit.site)
            if allowed:
                facts.query = _kept(page.query, allowed)
    if hit.title:
        facts.title = clean(hit.title, LIMITS["title"])


def _kept(query: str, allowed: frozenset[str]) -> str:
    """The allowed parameters, written and ordered as they came; those that would not fit whole are left out."""
    kept = ""
    for part in query.split("&"):
        if part and unquote_plus(part.partition("=")[0]) in allowed:
            longer = f"{kept}&{part}" if kept else part
            if len(longer) <= KEYWORD:
                kept = longer
    return kept
