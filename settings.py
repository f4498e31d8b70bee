"""FizzStat's settings: one row each, read once.

A value comes from the variable `FIZZSTAT_<NAME>`, else from a file `settings_ext.py` beside this one (the same names,
with or without the prefix), else it is the row's default. `./fizzstat env` prints them with where each came from.
"""

import importlib.util
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
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


def _replicas(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,2}(-([0-9]{1,2}|all))?", text):
        raise ValueError("takes a number such as 1, or a range such as 0-1 or 0-all")
    return text


@dataclass(frozen=True)
class Rate:
    """What a limit lets through: so many hits a second in the long run, and `burst` at once; false where it is off."""

    text: str
    per_second: float = 0.0
    burst: int = 0

    def __bool__(self) -> bool:
        return self.per_second > 0

    def __str__(self) -> str:
        return self.text


_RATE = re.compile(r"([0-9]{1,7})/([smh])(?: burst ([0-9]{1,7}))?")


def _rate(text: str) -> Rate:
    if text == "off":
        return Rate(text)
    found = _RATE.fullmatch(text)
    if not found or int(found[1]) == 0 or found[3] == "0":
        raise ValueError("takes off, or a rate such as 20/s or 600/m, and how many may come at once: 20/s burst 100")
    n = int(found[1])
    return Rate(text, n / {"s": 1, "m": 60, "h": 3600}[found[2]], int(found[3] or n))


def _some_of(*words: str) -> Callable[[str], frozenset[str]]:
    def read(text: str) -> frozenset[str]:
        given = frozenset(word.strip() for word in text.split(",") if word.strip())
        if not given <= set(words):
            raise ValueError("takes some of " + ", ".join(words))
        return given

    return read


def _path(text: str) -> Path:
    return (HOME / Path(text).expanduser()).resolve()


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", text):
        raise ValueError("takes lower-case letters, digits, - and _")
    return text


def _urls(what: str, *schemes: str, words: tuple[str, ...] = ()) -> Callable[[str], str]:
    """`what` it takes, in words; `words` stand for themselves. What is wrong is not quoted: there may be a password in it."""

    def read(text: str) -> str:
        for url in () if text in words else text.split(","):
            try:
                parts = urlsplit(url.strip())
                fits = parts.scheme in schemes and (parts.hostname or parts.path) and parts.port != 0
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(f"takes {what}")
        return text

    return read


def _redis(text: str) -> str:
    """Several Redis, each one once, or nodes of one cluster."""
    what = "redis://host:6379, rediss:// or unix://, several comma-separated, or redis+cluster:// (rediss+cluster://) alone"
    _urls(what, "redis", "rediss", "unix", "redis+cluster", "rediss+cluster", words=("",))(text)
    urls = [url.strip() for url in text.split(",")]
    if len({urlsplit(url).scheme.endswith("+cluster") for url in urls}) > 1:
        raise ValueError("takes nodes of one cluster, or several Redis, and not both")
    if len({urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2]) for url in urls}) < len(urls):
        raise ValueError("names a Redis twice")
    return text


def _hosts(text: str) -> tuple[str, ...]:
    """() means any."""
    hosts = tuple(host.strip().lower().removeprefix("www.") for host in text.split(",") if host.strip())
    return () if hosts in ((), ("any",), ("*",)) else hosts


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().lower().rstrip("/") for origin in text.split(",") if origin.strip())
    if not all(origin == "*" or re.fullmatch(r"https?://[^\s/]+", origin) for origin in origins):
        raise ValueError("takes origins such as https://example.com, or *")
    return origins


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
        _redis,
        "",
        "The queue's Redis, 6.2 or later (several: comma-separated; a Redis Cluster: `redis+cluster://host:6379`); empty for a "
        "private one in the data folder.",
        secret=True,
    ),
    Setting("REDIS_PREFIX", _prefix, "fizzstat", "What the names of all keys in Redis begin with."),
    Setting(
        "STORE_URL",
        _urls("`embedded`, http://host:9200 or https://host", "http", "https", words=("embedded",)),
        "embedded",
        "`embedded`, or Elasticsearch as `http://host:9200` (several: comma-separated).",
        secret=True,
    ),
    Setting("STORE_API_KEY", str, "", "The API key for Elasticsearch, if it asks for one.", secret=True),
    Setting("INDEX_PREFIX", _prefix, "fizzstat", "What the names of all indices begin with."),
    Setting(
        "INDEX_PERIOD",
        _one_of("month", "day"),
        "month",
        "How much time one index holds: `month`, or `day` for big sites.",
    ),
    Setting(
        "INDEX_SHARDS",
        _number(int, 1, 1024),
        "1",
        "Into how many shards Elasticsearch cuts each new index: as many as make shards of 30 to 50 GB.",
    ),
    Setting(
        "INDEX_REPLICAS",
        _replicas,
        "0-1",
        "How many copies of each new index Elasticsearch keeps besides: a number, or `0-1`, as there are nodes for them.",
    ),
    Setting(
        "ACCOUNTS_URL",
        str,
        "",
        "The database of sites, people and keys, as an SQLAlchemy URL; empty for SQLite in the data folder.",
        secret=True,
    ),
    Setting(
        "ALLOWED_HOSTS",
        _hosts,
        "any",
        "The hosts whose hits are taken, comma-separated (subdomains as `*.example.com`), or `any`.",
    ),
    Setting(
        "CROSSDOMAIN_ORIGIN",
        _origins,
        "*",
        "The origins, such as `https://example.com`, that may read what Crumby's ways in answer, comma-separated; `*` is all.",
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
        "About how many MiB of hits a collector keeps on disk while Redis is away.",
    ),
    Setting("PARTITIONS", _number(int, 1, 256), "16", "How many parts the queue has: as many importers can share the work."),
    Setting(
        "QUEUE_LIMIT",
        _number(int, 0, 1_000_000_000),
        "1000000",
        "While more hits wait than this, hits of the past (a day old or more when they arrive) are not taken; 0 is no limit.",
    ),
    Setting(
        "IMPORT_THREADS",
        _number(int, 1, 16),
        "2",
        "How many workers an importer has, each with parts of the queue: while one waits for the store, another computes.",
    ),
    Setting("BATCH_SIZE", _number(int, 1, 10_000), "2000", "How many hits a worker takes at once, at most."),
    Setting("BATCH_SECONDS", _number(float, 0.01, 60), "0.25", "How long hits may wait for their batch to fill."),
    Setting(
        "LEASE_SECONDS",
        _number(float, 1, 600),
        "15",
        "How long an importer that is silent keeps its parts of the queue.",
    ),
    Setting("KEEP_BOTS", _flag, "no", "Whether bots' hits are kept, in indices of their own, or dropped."),
    Setting(
        "BOT_SIGNS",
        _some_of("headless", "webdriver", "no_language"),
        "headless,webdriver,no_language",
        "What gives away bots that have a browser's agent: client hints of a headless browser, a page driven by a program, "
        "a script's hit that has no language at all.",
    ),
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
        "A .mmdb file that tells a place by address, or two, comma-separated, for IPv4 and IPv6; without it, what "
        "`./fizzstat geoip` brought; without that the country alone is known, by what the registries gave out.",
    ),
    Setting(
        "SPAM_FILE",
        str,
        "",
        "A file of more hosts whose referrers are spam, one a line; `!` before a host takes it off our own list.",
    ),
    Setting(
        "GEOIP_URL",
        str,
        "",
        "Where `./fizzstat geoip` gets a .mmdb; or two, comma-separated, for IPv4 and IPv6.",
        secret=True,
    ),
    Setting("MAXMIND_ACCOUNT", str, "", "The number of an account at MaxMind, for `./fizzstat geoip`."),
    Setting("MAXMIND_KEY", str, "", "The licence key of that account.", secret=True),
    Setting("MAXMIND_URL", str, "https://download.maxmind.com", "MaxMind's downloads, or a mirror of them.", secret=True),
    Setting("KIBANA_URL", str, "", "The Kibana for `./fizzstat kibana install`; with `/s/NAME` a space of it.", secret=True),
    Setting("KIBANA_API_KEY", str, "", "The API key for Kibana, if it asks for one; or a user stands in the URL.", secret=True),
    Setting("TIME_ZONE", _time_zone, "UTC", "The time zone of sites that have none of their own."),
    Setting(
        "LIMIT_CLIENT",
        _rate,
        "off",
        "How many hits are taken of one address (of IPv6: of one /64), such as `20/s burst 100`; what is over is refused (429).",
    ),
    Setting("LIMIT_SITE", _rate, "off", "The same for the hits of one site, such as `500/s burst 5000`."),
    Setting("LIMIT_API", _rate, "600/h", "How many questions an API key may ask; what is over is refused (429)."),
    Setting("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info", "The least that is logged."),
    Setting("LOG_FORMAT", _one_of("text", "json"), "text", "How: as `text`, or as `json` in names of the Elastic Common Schema."),
    Setting(
        "METRICS_KEY",
        str,
        "",
        "Who sends it as `Authorization: Bearer …` may read /metrics of the collector and the dashboard; empty: nobody may.",
        secret=True,
    ),
    Setting("METRICS_PORT", _number(int, 0, 65535), "0", "The port where importers serve /metrics; 0 for none."),
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
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise SettingError(f"{ext.name} is no Python in line {error.lineno}: {error.msg}") from None
    except (NameError, ImportError) as error:
        raise SettingError(f"{ext.name} cannot be read: {error}") from None
    known = {row.name for row in SETTINGS}
    written = {}
    for name, value in vars(module).items():
        if not name.isupper():
            continue
        short = name.removeprefix(PREFIX)
        if short not in known:
            near = "".join(f"; do you mean {other}?" for other in get_close_matches(short, known, 1))
            raise SettingError(f"{ext.name} sets {name}, which is no setting{near or ' (docs/settings.md lists them)'}")
        written[short] = ",".join(value) if isinstance(value, list | tuple) else str(value)
    return written
