"""What a command says, where it says it, and how it ends."""

from __future__ import annotations

import functools
import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TextIO

import typer
from rich.console import Console
from typing_extensions import override

from .._errors import DataWarning, InputError

P = ParamSpec("P")

USER_ERROR = 2
INTERRUPTED = 130


class _Terminal(Console):
    """A console that prints text as it is, and lets the work go on when its reader has gone, as `head` does."""

    @override
    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


out = _Terminal(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = _Terminal(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Give a command its manners: one line for a user's mistake, no traceback, an exit status that means something.

    0: done. 2: the input or an option is at fault. 130: interrupted. Anything else is a bug and shows its traceback.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", DataWarning)
                warnings.showwarning = _show_warning
                function(*args, **kwargs)
            sys.stdout.flush()
        except InputError as error:
            _show_error(str(error))
            raise typer.Exit(USER_ERROR) from None
        except BrokenPipeError:
            out.on_broken_pipe()
            raise typer.Exit(0) from None
        except OSError as error:  # a full disk, a file that may not be read
            _show_error(f"{error.filename or 'the output'}: {error.strerror or error}")
            raise typer.Exit(USER_ERROR) from None
        except KeyboardInterrupt:
            err.print("interrupted", style="bold red")
            raise typer.Exit(INTERRUPTED) from None

    return run


def _show_error(message: str) -> None:
    err.print("error:", style="bold red", end=" ")
    err.print(message)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, DataWarning):
        err.print("note:", style="bold yellow", end=" ")
        err.print(str(message))


def print_json(record: dict[str, Any]) -> None:
    """Print one JSON object on standard output, for machines."""
    print(json.dumps(record, ensure_ascii=False, indent=1, default=str))
