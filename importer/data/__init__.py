"""Lists of ours: each file names its sources and its date. `read("agents")` is the whole of agents.toml."""

import tomllib
from importlib.resources import files
from typing import Any


def read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
