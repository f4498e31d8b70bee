"""GET /demo: three linked pages of a made-up shop that carry the snippet, so that a newcomer sees hits at once.

They are served under a policy that allows no inline script and no inline style, as a strict site's would be.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from collect.snippet import snippet
from settings import Settings

#: path under /demo: template, and what it is given
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "": ("demo/home.html", {}),
    "/pricing": ("demo/pricing.html", {"period": "monthly"}),
    "/pricing/yearly": ("demo/pricing.html", {"period": "yearly"}),
    "/docs": ("demo/docs.html", {}),
}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def demo(settings: Settings) -> Blueprint:
    """The blueprint; it expects /tracker.js and /hit on the same origin, and the dashboard on the same host."""
    pages = Blueprint("demo", __name__, url_prefix="/demo", static_folder="assets", static_url_path="/assets")

    def page(template: str, given: dict[str, str]) -> str:
        shown = {"dashboard": _dashboard(settings.dashboard_port), "snippet": snippet(request.host_url.rstrip("/"))}
        return render_template(template, **shown, **given)

    for path, (template, given) in PAGES.items():
        pages.add_url_rule(path, path or "home", page, defaults={"template": template, "given": given})

    @pages.after_request
    def strict(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return pages


def _dashboard(port: int) -> str:
    """Its address as the visitor reaches it: by the host that this request came to."""
    host = urlsplit(request.host_url).hostname or ""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
