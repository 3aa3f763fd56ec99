"""Why something failed, in one line, from what Python, Polars or the system says."""

import re


def first_line(error: Exception) -> str:
    """Return what an error says, without the context that Polars adds on further lines."""
    return str(error).partition("\n")[0].rstrip(".")


def reason(error: Exception) -> str:
    """Return why a file cannot be read or written: the system's own words, where they are known.

    Example:
        >>> reason(PermissionError(13, "Permission denied", "t.csv"))
        'Permission denied'
        >>> reason(OSError("No space left on device (os error 28): t.csv"))
        'No space left on device'
    """
    known = error.strerror if isinstance(error, OSError) else None
    return known or re.sub(r" \(os error \d+\).*", "", first_line(error))
