"""The command line: one thin file a command."""

from ._main import main as main
