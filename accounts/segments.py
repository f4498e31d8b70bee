"""Segments of a site: filters of questions under a name. In: a session of a change. Out: rows; AccountError names what cannot
be. Whether the filters are good ones is looked at by who knows the questions' language (query/)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.errors import AccountError
from accounts.tables import Segment, Site

MOST = 500  # of a site


def add_segment(session: Session, site: Site, name: str, filters: list[Any]) -> Segment:
    """Raises AccountError."""
    name = _name(site, name)
    if not filters:
        raise AccountError("filters", "A segment has at least one filter.")
    if len(site.segments) >= MOST:
        raise AccountError("name", f"A site has at most {MOST} segments.")
    segment = Segment(name=name, filters=filters)
    site.segments.append(segment)
    session.flush()  # its id
    return segment


def rename_segment(site: Site, id: int, name: str) -> None:
    """Raises AccountError."""
    segment = next((segment for segment in site.segments if segment.id == id), None)
    if segment is None:
        raise AccountError("name", "This segment is not there any more.")
    segment.name = _name(site, name, id)


def list_segments(session: Session, site: str | None = None) -> Sequence[Segment]:
    """Of a site, by its id, or of all."""
    asked = select(Segment).order_by(Segment.site, Segment.name)
    return session.scalars(asked.where(Segment.site == site) if site is not None else asked).all()


def drop_segment(session: Session, site: str, name: str) -> None:
    """Raises AccountError."""
    segment = session.scalars(select(Segment).where(Segment.site == site, Segment.name == name)).first()
    if segment is None:
        raise AccountError("name", f"The site {site} has no segment {name!r}; ./fizzstat segments list names them.")
    session.delete(segment)


def _name(site: Site, text: str, id: int | None = None) -> str:
    name = text.strip()
    if not name or len(name) > 200 or not name.isprintable():
        raise AccountError("name", "A segment's name has 1 to 200 printable characters.")
    if any(other.name == name and other.id != id for other in site.segments):
        raise AccountError("name", f"The site {site.id} has a segment {name!r} already; drop it first, or take another name.")
    return name
