"""What crossent raises and warns when the user's input is at fault."""


class InputError(ValueError):
    """The input breaks a rule: the message says what must hold, what came, and what to do.

    The command line prints it as one line and exits with status 2; it is never a traceback there.
    """


class DataWarning(UserWarning):
    """The input is usable, but holds something the user should know of, with its count."""


class WiringWarning(UserWarning):
    """The call is valid, but it is what a usual mistake looks like."""


for _public in (InputError, DataWarning, WiringWarning):
    _public.__module__ = "crossent"  # the name that users import, and so the one that a traceback shows
