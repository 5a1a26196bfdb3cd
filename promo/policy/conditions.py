"""What is a condition, once it is understood? A small typed tree in three-valued logic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, TypeAlias

import polars as pl

from promo.schema import FACTS, FEN_PER_YUAN, FactType

POLARS_TYPES: dict[FactType, pl.DataType] = {
    FactType.TEXT: pl.String(),
    FactType.NUMBER: pl.Float64(),
    FactType.MONEY: pl.Int64(),
    FactType.DAY: pl.Date(),
    FactType.MOMENT: pl.Datetime("us"),
    FactType.FLAG: pl.Boolean(),
}
NUMBER_DECIMALS = 6  # a sum is rounded here: 22.1 - 12.1 is 10, though not in binary
Plain: TypeAlias = str | int | float | bool | date
Comparison: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]
IntervalUnit: TypeAlias = Literal["s", "m", "h", "d", "w", "mo", "y"]
WITHIN_DAY: tuple[IntervalUnit, ...] = ("s", "m", "h")  # a day moved by these is a moment
BY_MONTH: tuple[IntervalUnit, ...] = ("mo", "y")  # as long as the calendar says


@dataclass(frozen=True, slots=True)
class FactValue:
    """The value of a fact, in the unit of the frames (money in fen)."""

    name: str

    def expression(self) -> pl.Expr:
        return pl.col(self.name)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, in the unit of what it is compared with."""

    value: Plain

    def expression(self) -> pl.Expr:
        return pl.lit(self.value)


@dataclass(frozen=True, slots=True)
class Plus:
    """A sum or difference (`sign` -1) of money or numbers, or the days between two days."""

    left: Value
    right: Value
    sign: Literal[1, -1]
    days_between: bool = False

    def expression(self) -> pl.Expr:
        left, right = self.left.expression(), self.right.expression()
        if self.days_between:
            return (left - right).dt.total_days().cast(pl.Float64)
        result = left + right if self.sign == 1 else left - right
        return result.round(NUMBER_DECIMALS) if any(map(_is_number, leaves(self))) else result


@dataclass(frozen=True, slots=True)
class Later:
    """A day or moment moved by an interval such as one year."""

    day: Value
    steps: int
    unit: IntervalUnit

    def expression(self) -> pl.Expr:
        day = self.day.expression()
        if self.unit in WITHIN_DAY:
            day = day.cast(POLARS_TYPES[FactType.MOMENT])
        return day.dt.offset_by(f"{self.steps}{self.unit}")


Value: TypeAlias = FactValue | Constant | Plus | Later


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two values of one type."""

    left: Value
    sign: Comparison
    right: Value

    def expression(self) -> pl.Expr:
        left, right = self.left.expression(), self.right.expression()
        by_sign = {
            "=": left.eq,
            "<>": left.ne,
            "<": left.lt,
            "<=": left.le,
            ">": left.gt,
            ">=": left.ge,
        }
        return by_sign[self.sign](right)


@dataclass(frozen=True, slots=True)
class OneOf:
    """`IN` over literals."""

    value: Value
    items: tuple[Plain, ...]

    def expression(self) -> pl.Expr:
        value = self.value.expression()
        moments = [first_instant(item) for item in self.items if isinstance(item, date)]
        if moments:
            return value.cast(POLARS_TYPES[FactType.MOMENT]).is_in(moments)
        return value.is_in(list(self.items))


@dataclass(frozen=True, slots=True)
class Like:
    """A text pattern with % and _."""

    value: FactValue
    pattern: str

    def expression(self) -> pl.Expr:
        return self.value.expression().str.contains(like_regex(self.pattern))


@dataclass(frozen=True, slots=True)
class Missing:
    """`IS NULL`."""

    value: Value

    def expression(self) -> pl.Expr:
        return self.value.expression().is_null()


@dataclass(frozen=True, slots=True)
class Holds:
    """A flag standing alone, or the words TRUE and FALSE."""

    value: FactValue | Constant

    def expression(self) -> pl.Expr:
        return self.value.expression()


@dataclass(frozen=True, slots=True)
class Not:
    part: Test

    def expression(self) -> pl.Expr:
        return ~self.part.expression()


@dataclass(frozen=True, slots=True)
class All:
    """`AND` over any number of parts; horizontal, since a chain of & overflows the stack."""

    parts: tuple[Test, ...]

    def expression(self) -> pl.Expr:
        return pl.all_horizontal([part.expression() for part in self.parts])


@dataclass(frozen=True, slots=True)
class Some:
    """`OR` over any number of parts."""

    parts: tuple[Test, ...]

    def expression(self) -> pl.Expr:
        return pl.any_horizontal([part.expression() for part in self.parts])


def _is_number(node: Test | Value) -> bool:
    if isinstance(node, FactValue):
        return FACTS[node.name].type is FactType.NUMBER
    return isinstance(node, Constant) and isinstance(node.value, float)


Test: TypeAlias = Compare | OneOf | Like | Missing | Holds | Not | All | Some


def first_instant(day: date) -> datetime:
    """A day as the moment at which it starts; a moment as it is."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def like_regex(pattern: str) -> str:
    """A LIKE pattern as an anchored regular expression."""
    parts = {"%": ".*", "_": "."}
    letters = (
        parts.get(each) or re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", each) for each in pattern
    )
    return "(?s)^" + "".join(letters) + "$"


def leaves(node: Test | Value) -> Iterator[Test | Value]:
    """Every node of a tree, parents first."""
    waiting: list[Test | Value] = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(_children(current)))


def _children(node: Test | Value) -> list[Test | Value]:
    if isinstance(node, All | Some):
        return list(node.parts)
    if isinstance(node, Compare | Plus):
        return [node.left, node.right]
    if isinstance(node, OneOf | Like | Missing | Holds):
        return [node.value]
    if isinstance(node, Not):
        return [node.part]
    return [node.day] if isinstance(node, Later) else []


def facts_of(test: Test) -> tuple[str, ...]:
    """The facts that a test reads, in order of first use."""
    found = (node.name for node in leaves(test) if isinstance(node, FactValue))
    return tuple(dict.fromkeys(found))


def as_condition(facts: Mapping[str, Plain | None]) -> str:
    """The condition that just these facts fulfil, as an analyst would write it.

    >>> as_condition({"price": 4_999_999, "energy": "BEV", "first_car": False})
    "price = 49999.99 AND energy = 'BEV' AND NOT first_car"
    """
    return " AND ".join(_equals(name, value) for name, value in facts.items())


def _equals(name: str, value: Plain | None) -> str:
    if value is None:
        return f"{name} IS NULL"
    if isinstance(value, bool):
        return name if value else f"NOT {name}"
    if isinstance(value, datetime):
        return f"{name} = TIMESTAMP '{value}'"
    if isinstance(value, date):
        return f"{name} = DATE '{value}'"
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"{name} = '{quoted}'"
    number = Decimal(value) / FEN_PER_YUAN if isinstance(value, int) else Decimal(repr(value))
    return f"{name} = {number.normalize():f}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as written and as understood."""

    text: str
    tree: Test

    def expression(self) -> pl.Expr:
        """True, false, or null where a missing fact leaves it open."""
        return self.tree.expression().cast(pl.Boolean)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts read, in order of first use."""
        return facts_of(self.tree)
