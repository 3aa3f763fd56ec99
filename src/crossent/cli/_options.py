"""Arguments that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from .._errors import InputError

Data: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA",
        help="A table: .csv, .tsv, .parquet, .arrow, .feather or .jsonl; several files, a folder, or a quoted glob.",
        show_default=False,
    ),
]
Kinds: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="COLUMN=KIND",
        help="Say what a column is: number, category, boolean, datetime, text, or identifier to set it aside.",
    ),
]
Seed: TypeAlias = Annotated[int, typer.Option(help="Decides the split, the first weights and the order of rows.")]
Scored: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="SCORED...", help="A table with labels and scores; several files, or a quoted glob.", show_default=False
    ),
]
Label: TypeAlias = Annotated[str | None, typer.Option(help="SCORED: the column that holds the labels.")]
Probability: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="SCORED: a column of probabilities, named CLASS or probability_CLASS. Repeat it for each class."),
]
Logit: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="SCORED: a column of logits, named CLASS or logit_CLASS, in place of probabilities."),
]
Positive: TypeAlias = Annotated[
    str | None,
    typer.Option(help="SCORED: the class that a single column of scores is of, if its name does not say."),
]
Classes: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--class", help="SCORED: name all classes, where not all of them have rows. Repeat it."),
]
Weight: TypeAlias = Annotated[str | None, typer.Option(help="SCORED: a column that says how much each row counts.")]
DropUnlabelled: TypeAlias = Annotated[
    bool, typer.Option("--drop-unlabelled", help="Leave rows without a label out, and count them.")
]
CostFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--cost",
        metavar="FILE",
        help="What decisions cost: a row a true class, a column a decision; or columns true, decided, cost.",
    ),
]
CostPairs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--costs", metavar="TRUE:DECISION=COST", help="Decide by least cost, in place of a threshold. Repeat it."
    ),
]
Threshold: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help="The least probability that makes a decision positive, if there are two classes. By default the model's.",
        show_default=False,
    ),
]
Uncalibrated: TypeAlias = Annotated[
    bool, typer.Option("--uncalibrated", help="Leave the model's calibrator out: its probabilities as it gave them.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors and notes.")]
IgnoreExtra: TypeAlias = Annotated[
    bool, typer.Option("--ignore-extra", help="Ignore columns that the model does not know, instead of refusing them.")
]


def kinds_of(pairs: list[str] | None) -> dict[str, str]:
    """Take COLUMN=KIND apart."""
    kinds = {}
    for pair in pairs or []:
        column, equals, kind = pair.rpartition("=")
        if not (column and equals and kind):
            raise InputError(f"--kind takes COLUMN=KIND, as in zip=category; got {pair!r}")
        kinds[column] = kind
    return kinds


def refuse(what: str, use: str, options: Mapping[str, object]) -> None:
    """Raise InputError if an option was given that would be ignored.

    Args:
        what: What is done, for which the options have no meaning.
        use: What they are for.
        options: What was given, by the names of the options; what was not is None, False or empty.
    """
    for name, value in options.items():
        if value is not None and value is not False and value != []:
            raise InputError(f"{name} is for {use}; it has no meaning with {what}")


def threshold_of(text: str) -> float | str:
    """A number, or a goal as it is."""
    try:
        return float(text)
    except ValueError:
        return text


def one_or_all(data: list[str]) -> str | list[str]:
    """One path as it is; several as a list."""
    return data[0] if len(data) == 1 else data
