"""`./fizzstat`: the table of all commands. Each lives in commands/, and is imported when it is asked for."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from commands.app import App
from commands.failures import EXPECTED, sentence

COMMANDS = {
    "run": "commands.services:run",
    "collect": "commands.services:collect",
    "import": "commands.services:import_",
    "drain": "commands.services:drain",
    "dashboard": "commands.services:dashboard",
    "setup": "commands.store:setup",
    "status": "commands.status:status",
    "metrics": "commands.metrics:metrics",
    "ledger": "commands.queue:ledger",
    "query": "commands.query:query",
    "top": "commands.top:top",
    "sources": "commands.top:sources",
    "countries": "commands.top:countries",
    "browsers": "commands.top:browsers",
    "events": "commands.top:events",
    "now": "commands.now:now",
    "funnel": "commands.funnel:funnel",
    "show": "commands.store:show",
    "dead": "commands.queue:dead",
    "keys": "commands.keys:keys",
    "users": "commands.users:users",
    "sites": "commands.sites:sites",
    "goals": "commands.goals:goals",
    "segments": "commands.segments:segments",
    "erase": "commands.orders:erase",
    "geoip": "commands.geoip:geoip",
    "kibana": "commands.kibana:kibana",
    "doctor": "commands.doctor:doctor",
    "snippet": "commands.snippet:snippet_",
    "init": "commands.init:init",
    "env": "commands.env:env",
}


class Fizzstat(click.Group):
    """Finds commands in the table, and says what went wrong in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # whoever reads has seen enough, as in `./fizzstat show view | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except EXPECTED as error:
            raise click.ClickException(sentence(error, ctx.obj)) from error


@click.group(cls=Fizzstat, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """FizzStat: web analytics without cookies."""
    ctx.obj = App()


if __name__ == "__main__":
    cli(prog_name="fizzstat")
