"""Records of CSV taken apart by the rules of Python's csv module, and written so that every reader takes them alike."""

import re


def fields_of(record: str, separator: str) -> list[str]:
    """Return the fields of one complete record.

    Not csv.reader: that one ends a record at a lone carriage return, and refuses long fields.

    Example:
        >>> fields_of('5" pipe,"say ""no"" to it",', ",")
        ['5" pipe', 'say "no" to it', '']
    """
    plain = f"[^{re.escape(separator)}]*"
    field = re.compile(f'(?:"([^"]*(?:""[^"]*)*)"({plain})|({plain}))({re.escape(separator)}?)')
    record = record.removesuffix("\n").removesuffix("\r")
    fields: list[str] = []
    place, more = 0, True
    while more and (found := field.match(record, place)):
        quoted, rest, unquoted, more = found.groups()
        fields.append(unquoted if quoted is None else quoted.replace('""', '"') + rest)
        place = found.end()
    return fields


def rewritten(record: str, separator: str) -> str:
    """Return the record with every field in quotes."""
    quoted = ('"' + field.replace('"', '""') + '"' for field in fields_of(record, separator))
    return separator.join(quoted) + "\n"
