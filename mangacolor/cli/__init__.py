"""The command line: `mangacolor colorize`, `adapt`, `train`, `evaluate`, `info` and the others."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from mangacolor.errors import ExitCode, MangacolorError


def main() -> NoReturn:
    """Run the command line with the words of this process, and end it with its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run())


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: what is finished stays, and the next run goes on from there."""
    raise KeyboardInterrupt


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are told on stderr.

    Args:
        arguments: Words after `mangacolor`; None takes the process's own.
    """
    from mangacolor.cli.app import app
    from mangacolor.cli.streams import prepare_streams

    prepare_streams()

    try:
        status = app(arguments, standalone_mode=False)
    except MangacolorError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("Interrupted.", ExitCode.INTERRUPTED)
    except MemoryError:
        return _complain("There is not enough memory.\nClose other programs, and try again.", ExitCode.UNEXPECTED)
    except Exception as error:
        return _unexpected(error)
    return int(status or ExitCode.DONE)


def _unexpected(error: Exception) -> int:
    import typer

    from mangacolor.cli.missing import missing_library
    from mangacolor.cli.streams import mute, tell

    if isinstance(error, typer.Abort):
        return _complain("Interrupted.", ExitCode.INTERRUPTED)
    # New versions of typer bring their own click, old ones use the installed one: the two share methods, not classes.
    show = getattr(error, "show", None)
    if show is not None:
        with suppress(OSError, ValueError):
            show()
        return int(ExitCode.USAGE)
    missing = missing_library(error)
    if missing is not None:
        return _complain(str(missing), missing.exit_code)
    if isinstance(error, BrokenPipeError):
        mute("stdout")
        return ExitCode.CANNOT_WRITE
    if isinstance(error, FileNotFoundError):
        from mangacolor.books.temporary import has_temporary_folder

        if not has_temporary_folder():  # which libraries want, too
            message = "There is no folder for temporary files that can be written to.\nName one with $TMPDIR."
            return _complain(message, ExitCode.CANNOT_WRITE)
    import traceback

    tell(traceback.format_exc().rstrip(), err=True)
    return _complain("This is a bug in mangacolor; please report it with the lines above.", ExitCode.UNEXPECTED)


def _complain(message: str, status: ExitCode) -> int:
    from mangacolor.cli.streams import tell

    tell(f"mangacolor: {message}", err=True)
    return int(status)
