"""The blueprint of a site's settings. In: what is opened. Out: its routes: /sites/<site>/settings…, /orders/<orders>,
/share/<token>."""

from flask import Blueprint

from dashboard.opened import Opened
from dashboard.settings.desk import Desk
from dashboard.settings.erase import erase
from dashboard.settings.export import export
from dashboard.settings.funnels import funnels
from dashboard.settings.general import general
from dashboard.settings.goals import goals
from dashboard.settings.segments import segments
from dashboard.settings.sharing import sharing
from dashboard.settings.shields import shields
from dashboard.settings.snippet import snippet


def settings_pages(opened: Opened) -> Blueprint:
    pages, desk = Blueprint("site_settings", __name__), Desk(opened)
    for add in (general, snippet, goals, funnels, segments, shields, sharing, export, erase):
        add(pages, desk)
    return pages
