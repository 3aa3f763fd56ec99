"""`python -m crossent.cli`, for where the command is not on the path."""

from ._main import main

main()
