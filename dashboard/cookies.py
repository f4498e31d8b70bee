"""The dashboard's cookies: no script reads them, no other site sends them, and they are secure when the request was."""

from datetime import timedelta

from flask import Response, request

SESSION = "fizzstat_session"
#: What a shared link left.
SHARED = "fizzstat_shared"


def set_cookie(response: Response, name: str, value: str, lasts: timedelta | None = None) -> None:
    """`lasts` None: until the browser is closed."""
    response.set_cookie(name, value, max_age=lasts, secure=request.is_secure, httponly=True, samesite="Lax")


def end_cookie(response: Response, name: str) -> None:
    response.delete_cookie(name, secure=request.is_secure, httponly=True, samesite="Lax")
