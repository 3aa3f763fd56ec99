"""The encoder as a graph: columns of a table to numbers and codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._errors import InputError
from ...data import BooleanEncoding, CategoryEncoding, DateEncoding, Encoder, NumberEncoding, Scale
from ._graph import ML, Graph

_MISSING, _UNSEEN, _FIRST_LEVEL = 1, 2, 3
Numbers = npt.NDArray[np.float64]

_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Encoded:
    """Values of the graph: `numbers` `(n, D)` float32 and `codes` `(n, C)` int64."""

    numbers: str
    codes: str


def encoded(graph: Graph, encoder: Encoder) -> Encoded:
    """The columns of the table as the members take them.

    Raises:
        InputError: A column is text, which no operator takes apart as the encoder does.
    """
    numbers, codes, first = list[str](), list[str](), 0
    for encoding in encoder.encodings:
        match encoding:
            case NumberEncoding():
                numbers += _number(graph, graph.input(encoding.column.name), encoding.scale, missing=encoding.missing)
            case BooleanEncoding():
                numbers.append(_boolean(graph, graph.input(encoding.column.name)))
            case DateEncoding():
                numbers += _date(graph, graph.input(encoding.column.name), encoding)
            case CategoryEncoding():
                codes.append(_category(graph, graph.input(encoding.column.name, text=True), encoding, first))
            case _:
                raise InputError(
                    f"text cannot be exported to ONNX, and column {encoding.column.name!r} is text: fit without it"
                )
        first += encoding.levels
    return _together(graph, numbers, codes)


def _together(graph: Graph, numbers: list[str], codes: list[str]) -> Encoded:
    columns = [graph.unsqueeze(graph.single(each), 1) for each in numbers]
    places = [graph.unsqueeze(each, 1) for each in codes]
    some = graph.add("Concat", *(columns or [graph.single(each) for each in places]), axis=1)
    ends = [graph.constant([bound], np.int64) for bound in (0, 0, 1)]
    nothing = graph.add("Slice", some, *ends)  # (n, 0)
    made = graph.add("Concat", *places, axis=1) if places else graph.whole(nothing)
    return Encoded(some if columns else nothing, made)


def _number(graph: Graph, values: str, scale: Scale, *, missing: bool) -> list[str]:
    absent = graph.add("IsNaN", values)
    scaled = _scaled(graph, _filled(graph, values, absent, scale.center), scale)
    return [scaled, graph.double(absent)] if missing else [scaled]


def _filled(graph: Graph, values: str, absent: str, value: float) -> str:
    return graph.add("Where", absent, graph.constant(value, np.float64), values)


def _scaled(graph: Graph, values: str, scale: Scale) -> str:
    """z / sqrt(1 + (z / 3)^2), as the encoder has it."""
    moved = graph.add("Sub", values, graph.constant(scale.center, np.float64))
    z = graph.add("Div", moved, graph.constant(scale.spread, np.float64))
    z = graph.add("Clip", z, graph.constant(-1e9, np.float64), graph.constant(1e9, np.float64))
    third = graph.add("Div", z, graph.constant(3.0, np.float64))
    below = graph.add("Add", graph.constant(1.0, np.float64), graph.add("Mul", third, third))
    return graph.add("Div", z, graph.add("Sqrt", below))


def _boolean(graph: Graph, values: str) -> str:
    filled = _filled(graph, values, graph.add("IsNaN", values), 0.5)
    doubled = graph.add("Mul", filled, graph.constant(2.0, np.float64))
    return graph.add("Sub", doubled, graph.constant(1.0, np.float64))


def _category(graph: Graph, values: str, encoding: CategoryEncoding, first: int) -> str:
    """A code a level, the codes of the columns before it counted in."""
    levels = {"": _MISSING, **{name: place for place, name in enumerate(encoding.names, _FIRST_LEVEL)}}
    return graph.add(
        "LabelEncoder",
        values,
        domain=ML,
        keys_strings=list(levels),
        values_int64s=[code + first for code in levels.values()],
        default_int64=_UNSEEN + first,
    )


def _date(graph: Graph, seconds: str, encoding: DateEncoding) -> list[str]:
    """Days, and sine and cosine of month, weekday and hour; 0 where missing."""
    absent = graph.add("IsNaN", seconds)
    days = graph.add("Div", _filled(graph, seconds, absent, 0.0), graph.constant(_SECONDS_A_DAY, np.float64))
    whole = graph.add("Floor", days)
    weekday = _modulo(graph, graph.add("Add", whole, graph.constant(3.0, np.float64)), 7)  # 1970 began on a Thursday
    month = graph.add("Sub", _month(graph, whole), graph.constant(1.0, np.float64))
    waves = [_looked_up(graph, month, 12, wave) for wave in (np.sin, np.cos)]
    waves += [_looked_up(graph, weekday, 7, wave) for wave in (np.sin, np.cos)]
    if encoding.hours:
        waves += _hour_waves(graph, graph.add("Sub", days, whole))
    scaled = _scaled(graph, _filled(graph, days, absent, encoding.scale.center), encoding.scale)
    indicator = [graph.double(absent)] if encoding.missing else []
    return [scaled, *(_filled(graph, wave, absent, 0.0) for wave in waves), *indicator]


def _hour_waves(graph: Graph, day: str) -> list[str]:
    """Sine and cosine; at noon the encoder's sine is 1e-16, and trees may cut between that and the 0 of midnight."""
    turns = graph.add("Mul", day, graph.constant(2 * np.pi, np.float64))
    quarters = graph.add("Mul", day, graph.constant(4.0, np.float64))
    exact = graph.add("Equal", quarters, graph.add("Floor", quarters))
    waves = {"Sin": np.sin, "Cos": np.cos}
    return [
        graph.add("Where", exact, _looked_up(graph, quarters, 4, wave), graph.add(operator, turns))
        for operator, wave in waves.items()
    ]


def _looked_up(graph: Graph, places: str, length: int, wave: Callable[[Numbers], Numbers]) -> str:
    """The encoder's very values: two months may differ in the last bit of their sine, and mean different things."""
    table = wave(2 * np.pi * (np.arange(length) / length))
    return graph.add("Gather", graph.constant(table, np.float64), graph.whole(places))


def _month(graph: Graph, days: str) -> str:
    """The month, from 1 on, of days since 1970 in the Gregorian calendar, whose years here begin in March.

    References:
        Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    """
    shifted = graph.add("Add", days, graph.constant(719_468.0, np.float64))
    day = _modulo(graph, shifted, 146_097)  # of an era of 400 years
    leaps = [(_floored(graph, day, 1_460), "Sub"), (_floored(graph, day, 36_524), "Add")]
    leaps.append((_floored(graph, day, 146_096), "Sub"))
    even = day
    for days_of, sign in leaps:
        even = graph.add(sign, even, days_of)
    year = _floored(graph, even, 365)
    past = graph.add("Mul", year, graph.constant(365.0, np.float64))
    past = graph.add("Add", past, _floored(graph, year, 4))
    past = graph.add("Sub", past, _floored(graph, year, 100))
    day_of_year = graph.add("Sub", day, past)
    fifths = graph.add("Mul", day_of_year, graph.constant(5.0, np.float64))
    march = _floored(graph, graph.add("Add", fifths, graph.constant(2.0, np.float64)), 153)
    after = graph.add("Add", march, graph.constant(2.0, np.float64))
    return graph.add("Add", _modulo(graph, after, 12), graph.constant(1.0, np.float64))


def _floored(graph: Graph, values: str, by: int) -> str:
    return graph.add("Floor", graph.add("Div", values, graph.constant(float(by), np.float64)))


def _modulo(graph: Graph, values: str, by: int) -> str:
    times = graph.add("Mul", _floored(graph, values, by), graph.constant(float(by), np.float64))
    return graph.add("Sub", values, times)
