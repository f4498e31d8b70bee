"""The one-time token for the first account: a file of the data folder, its owner's alone, while there is no account."""

import os
import secrets
from pathlib import Path

NAME = "first-account"


def first_token(folder: Path) -> str:
    """The token; made where there is none. Safe when two processes ask at once."""
    file = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{NAME}-{os.getpid()}-{secrets.token_hex(4)}"
    if not file.exists():
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:  # noqa: PTH123
            output.write(secrets.token_urlsafe(16))
        try:
            os.link(fresh, file)  # whole, and only if nobody was faster
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()


def is_first_token(folder: Path, given: str) -> bool:
    return secrets.compare_digest(first_token(folder).encode(), given.strip().encode(errors="replace"))


def drop_first_token(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)
