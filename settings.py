"""FizzStat's settings: one row each, read once.

A value comes from the variable `FIZZSTAT_<NAME>`, else from a file `settings_ext.py` beside this one (the same names,
with or without the prefix), else it is the row's default. `./fizzstat env` prints them with where each came from.
"""

import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HOME = Path(__file__).resolve().parent
PREFIX = "FIZZSTAT_"


class SettingError(ValueError):
    """A setting's value cannot be used; the message names the variable and what it takes."""


def _flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("takes yes or no")
    return words[text.lower()]


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ValueError(f"takes a number from {low:g} to {high:g}")
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError("takes one of " + ", ".join(words))
        return text

    return read


def _path(text: str) -> Path:
    return (HOME / Path(text).expanduser()).resolve()


def _hosts(text: str) -> tuple[str, ...]:
    """() means any."""
    hosts = tuple(host.strip().lower().removeprefix("www.") for host in text.split(",") if host.strip())
    return () if hosts in ((), ("any",), ("*",)) else hosts


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except Exception:
        raise ValueError("takes a time zone's name, such as Europe/Berlin") from None
    return text


@dataclass(frozen=True)
class Setting:
    name: str
    read: Callable[[str], Any]
    default: str
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.name


port = _number(int, 1, 65535)

SETTINGS = (
    Setting("COLLECT_PORT", port, "8000", "The collector's port."),
    Setting("DASHBOARD_PORT", port, "8001", "The dashboard's port."),
    Setting("BIND", str, "127.0.0.1", "The address that the collector and the dashboard listen on."),
    Setting("COLLECT_PROCESSES", _number(int, 1, 64), "2", "How many processes the collector runs."),
    Setting("DATA_DIR", _path, "data", "Where the embedded store, the spool, the accounts and the private Redis live."),
    Setting(
        "REDIS_URL",
        str,
        "",
        "The queue's Redis, 6.2 or later; empty for a private one in the data folder.",
        secret=True,
    ),
    Setting("REDIS_PREFIX", str, "fizzstat", "What the names of all keys in Redis begin with."),
    Setting(
        "STORE_URL",
        str,
        "embedded",
        "`embedded`, or Elasticsearch as `http://host:9200` (several: comma-separated).",
        secret=True,
    ),
    Setting("STORE_API_KEY", str, "", "The API key for Elasticsearch, if it asks for one.", secret=True),
    Setting("INDEX_PREFIX", str, "fizzstat", "What the names of all indices begin with."),
    Setting(
        "INDEX_PERIOD",
        _one_of("month", "day"),
        "month",
        "How much time one index holds: `month`, or `day` for big sites.",
    ),
    Setting(
        "ACCOUNTS_URL",
        str,
        "",
        "The database of sites and keys, as an SQLAlchemy URL; empty for SQLite in the data folder.",
        secret=True,
    ),
    Setting(
        "ALLOWED_HOSTS",
        _hosts,
        "any",
        "The hosts whose hits are taken, comma-separated (subdomains as `*.example.com`), or `any`.",
    ),
    Setting(
        "PROXY_COUNT",
        _number(int, 0, 10),
        "0",
        "How many trusted proxies stand in front, as X-Forwarded-For counts them.",
    ),
    Setting("HONOUR_GPC", _flag, "yes", "Whether hits of browsers that send `Sec-GPC: 1` are left out."),
    Setting("HONOUR_DNT", _flag, "no", "Whether hits of browsers that send `DNT: 1` are left out."),
    Setting(
        "SPOOL_LIMIT",
        _number(int, 1, 1 << 20),
        "256",
        "How many MiB of hits a collector keeps on disk while Redis is away.",
    ),
    Setting("PARTITIONS", _number(int, 1, 256), "16", "How many parts the queue has: as many importers can share the work."),
    Setting("BATCH_SIZE", _number(int, 1, 10_000), "1000", "How many hits an importer takes at once, at most."),
    Setting("BATCH_SECONDS", _number(float, 0.01, 60), "0.25", "How long hits may wait for their batch to fill."),
    Setting(
        "LEASE_SECONDS",
        _number(float, 1, 600),
        "15",
        "How long an importer that is silent keeps its parts of the queue.",
    ),
    Setting("KEEP_BOTS", _flag, "no", "Whether bots' hits are kept, in indices of their own, or dropped."),
    Setting(
        "IDENTITY",
        _one_of("daily", "monthly", "permanent"),
        "daily",
        "How long a visitor is known as the same: `daily` (the salt is thrown away, nobody can be followed over days), "
        "`monthly`, or `permanent`; the last two need your visitors' consent in many countries.",
    ),
    Setting(
        "GEOIP_DB",
        str,
        "",
        "A .mmdb file that tells a place by address; without one the browser's time zone tells the country.",
    ),
    Setting("TIME_ZONE", _time_zone, "UTC", "The time zone of sites that have none of their own."),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "The least that is logged."),
)


class Settings:
    """The values, as attributes in lower case: `settings.batch_size`; `origin` says where each came from."""

    def __init__(self, values: Mapping[str, Any], origin: Mapping[str, str]):
        self.__dict__.update({name.lower(): value for name, value in values.items()})
        self.origin = dict(origin)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no setting {name}")

    @property
    def own_redis(self) -> bool:
        """Whether `fizzstat run` starts a private Redis."""
        return not self.redis_url


def load(environ: Mapping[str, str] = os.environ, ext: Path = HOME / "settings_ext.py") -> Settings:
    """Read all settings; raises SettingError for the first that cannot be used, and for unknown names in `ext`."""
    written = _read_ext(ext)
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for row in SETTINGS:
        text, origin[row.name] = row.default, "default"
        if row.name in written:
            text, origin[row.name] = written[row.name], ext.name
        if row.variable in environ:
            text, origin[row.name] = environ[row.variable], "environment"
        try:
            values[row.name] = row.read(text)
        except ValueError as error:
            shown = "" if row.secret else f", not {text!r}"
            raise SettingError(f"{row.variable} {error}{shown} (from {origin[row.name]})") from None
    return Settings(values, origin)


def _read_ext(ext: Path) -> dict[str, str]:
    if not ext.exists():
        return {}
    spec = importlib.util.spec_from_file_location("settings_ext", ext)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    known = {row.name for row in SETTINGS}
    written = {}
    for name, value in vars(module).items():
        if not name.isupper():
            continue
        short = name.removeprefix(PREFIX)
        if short not in known:
            raise SettingError(f"{ext.name} sets {name}, which is no setting; `./fizzstat env` lists them")
        written[short] = ",".join(value) if isinstance(value, list | tuple) else str(value)
    return written
