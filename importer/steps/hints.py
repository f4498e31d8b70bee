"""Client hints: what an agent's string says, and what Chromium adds to it in; `user_agent` with what the string hides out.

Chromium sends Sec-CH-UA, Sec-CH-UA-Platform and Sec-CH-UA-Mobile by itself, over HTTPS and to localhost
(wicg.github.io/ua-client-hints). Sec-CH-UA is a list such as `"Chromium";v="142", "Brave";v="142", "Not_A Brand";v="99"`, in any
order, with a made-up brand among them (GREASE). Only brands of importer/data/agents.toml are taken, so neither that nor a
sender's own words get into reports. A string that names its browser itself knows more: its version has a minor number.
"""

import re
from collections.abc import Mapping
from typing import Any

from importer.data import read

_BRANDS: Mapping[str, str] = read("agents")["brands"]
_PLATFORMS: Mapping[str, str] = read("agents")["platforms"]
_BRAND = re.compile(r'"([^"\\]*)"\s*;\s*v="(\d{1,5}(?:\.\d{1,5})?)')

#: Names that other browsers hide behind.
_HIDES = frozenset({"Chrome", "Chromium", "Android WebView", None})


def with_hints(group: Mapping[str, Any], brands: str, platform: str, mobile: bool) -> dict[str, Any]:
    """The `user_agent` group of an agent's string, completed; a group of its own."""
    told = dict(group)
    if "Chrome/" not in told.get("original", ""):
        return told
    if told.get("name") in _HIDES:
        told |= _named(brands)
    system = _PLATFORMS.get(platform.strip().strip('"'))
    hidden = system and system != "Linux" and told.get("os", {}).get("name", "Linux") == "Linux"
    if hidden:
        told["os"] = {"name": system}
    kind = told["device"]["type"]
    if kind == "other" or (hidden and system == "Android"):
        kind = "mobile" if mobile else "tablet" if system == "Android" else "desktop" if system else kind
    elif kind == "desktop" and mobile:
        kind = "mobile"
    told["device"] = {"type": kind}
    return told


def _named(brands: str) -> dict[str, str]:
    """{"name", "version"} of the brand that says most: the first of our list."""
    versions = {brand.strip(): version for brand, version in _BRAND.findall(brands)}
    told = next((brand for brand in _BRANDS if brand in versions), None)
    return {"name": _BRANDS[told], "version": versions[told]} if told else {}
