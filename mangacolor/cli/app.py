"""The commands as typer sees them; each imports its engine only when it runs."""

from __future__ import annotations

import inspect
import os.path
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mangacolor import __version__
from mangacolor.cli.adapt import adapt
from mangacolor.cli.colorize import colorize
from mangacolor.cli.evaluate import evaluate
from mangacolor.cli.export import export
from mangacolor.cli.farm import farm
from mangacolor.cli.help import InSections
from mangacolor.cli.info import info
from mangacolor.cli.palette import palette
from mangacolor.cli.serve import serve
from mangacolor.cli.synthesize import synthesize
from mangacolor.cli.train import train
from mangacolor.errors import UsageError


class Commands(TyperGroup):
    """The commands; whoever names a file or asks for help in place of one is told what to write."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name == "help":
            raise UsageError("help is no command.", advice="mangacolor --help, or mangacolor colorize --help.")
        if found is None and (Path(cmd_name).suffix or os.path.lexists(cmd_name)):
            raise UsageError(f"{cmd_name} is no command.", advice=f"To colour it: mangacolor colorize {cmd_name}")
        return found


app = typer.Typer(
    cls=Commands,
    help="Colour greyscale manga under its own ink, at full resolution; or train your own model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes and borders take half of an 80 column screen
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mangacolor {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


for command in (colorize, farm, palette, adapt, serve, train, evaluate, synthesize, export, info):
    # \b on a line of its own keeps the lines of the paragraph below it apart.
    app.command(cls=InSections, help=inspect.cleandoc(command.__doc__ or "").replace("Examples:", "\b\nExamples:"))(
        command
    )
