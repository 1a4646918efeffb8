"""Exceptions of mangacolor, each with the exit status and the advice it carries to the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of the command line; scripts may rely on them."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    BAD_INPUT = 3
    CANNOT_WRITE = 4
    MODEL_FILE = 5
    SOME_PAGES_FAILED = 6
    INTERRUPTED = 130


class MangacolorError(Exception):
    """Something the user can act on.

    Attributes:
        exit_code: Status with which the command line ends.
        advice: One sentence that says what to do next; may be empty.
    """

    exit_code = ExitCode.UNEXPECTED

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{self.advice}" if self.advice else message


class UsageError(MangacolorError):
    """Options that contradict each other, or a value outside its range."""

    exit_code = ExitCode.USAGE


class BadInputError(MangacolorError):
    """A page, pair or data folder that is missing, broken or not what it should be."""

    exit_code = ExitCode.BAD_INPUT


class LockedError(BadInputError):
    """A book that only its password opens."""


class CannotWriteError(MangacolorError):
    """The output could not be written: no right, no space, or in the way of something."""

    exit_code = ExitCode.CANNOT_WRITE


class NameRefusedError(CannotWriteError):
    """One output that cannot have its name or its place, where others can be written."""


class ModelFileError(MangacolorError):
    """Weights or a checkpoint that are missing, damaged or of another kind."""

    exit_code = ExitCode.MODEL_FILE


class OutOfMemoryError(MangacolorError):
    """A page did not fit into memory, even made smaller; the next page may."""


def reason_of(error: BaseException) -> str:
    """Return what an exception says, without a full stop; its name where it says nothing."""
    return str(error).strip().rstrip(".") or type(error).__name__
