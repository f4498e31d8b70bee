"""`./fizzstat metrics`: the metrics as text."""

import click

from commands.app import App, pass_app
from metrics.table import PARTS
from metrics.tally import Figures, read, tally_folder
from metrics.text import render


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)), metavar="[PART]...")
@pass_app
def metrics(app: App, parts: tuple[str, ...]) -> None:
    """Print the metrics of parts as Prometheus reads them.

    A part is collect or import (what this machine's count), queue or store. Without any it is all of them. For a look, or a file
    that node_exporter picks up.
    """
    for part in parts or PARTS:
        click.echo(render(PARTS[part], _figures(app, part)), nl=False)


def _figures(app: App, part: str) -> Figures:
    from collect.figures import figures as collect_figures
    from dashboard.figures import Behind

    match part:
        case "collect":
            return collect_figures(app.settings)
        case "import":
            return read(tally_folder(app.settings.data_dir), "import")
        case "queue":
            return Behind(app.settings).queue()
        case _:
            return Behind(app.settings).store()
