"""The CLI as a user runs it: `Shell(environ)("ledger", "--json")` is a process of its own; what it said, and its exit code."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.servers import ROOT


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Of one JSON document a line."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """Of a failure: one line on stderr, and no traceback."""
        assert self.code != 0
        assert "Traceback" not in self.out + self.err
        assert len(self.err.splitlines()) == 1, self.err
        return self.err.strip()


@dataclass(frozen=True)
class Shell:
    environ: Mapping[str, str]

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(ROOT / "cli.py"), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environ, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, *arguments: str, seconds: float = 60) -> Said:
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=seconds)
            finally:
                process.kill()
        return Said(process.returncode, out, err)
