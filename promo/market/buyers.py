"""Who buys: the types of buyers, each with its share of purchases, income and facts?

A market file gives a joint table of types. Their facts are those that the papers of a claim would
show, typed as conditions compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol, TypeAlias

import polars as pl
from pydantic_core import PydanticCustomError

from promo.errors import did_you_mean
from promo.quantities import amount_per_car, day, fault, flag, moment, number, words
from promo.schema import FACTS, FEN_PER_YUAN, VEHICLE_COLUMNS, FactType

Value: TypeAlias = str | int | float | bool | date

_READERS: dict[FactType, Callable[[object], Value]] = {
    FactType.TEXT: words,
    FactType.NUMBER: number,
    FactType.MONEY: amount_per_car,
    FactType.DAY: day,
    FactType.MOMENT: moment,
    FactType.FLAG: flag,
}
_DTYPES: dict[FactType, pl.DataType] = {
    FactType.TEXT: pl.String(),
    FactType.NUMBER: pl.Float64(),
    FactType.MONEY: pl.Int64(),
    FactType.DAY: pl.Date(),
    FactType.MOMENT: pl.Datetime("us"),
    FactType.FLAG: pl.Boolean(),
}
BUYER_FACTS = tuple(name for name in FACTS if name not in VEHICLE_COLUMNS)


class Buyers(Protocol):
    """What a line of the market file says of one type."""

    @property
    def id(self) -> str: ...
    @property
    def share(self) -> float: ...
    @property
    def income_monthly(self) -> int | None: ...
    @property
    def facts(self) -> Mapping[str, str]: ...


def fact_value(name: str, text: str) -> Value:
    """The typed value of a buyer's fact as written; money in fen."""
    if name not in BUYER_FACTS:
        what = "is a fact of the vehicle" if name in FACTS else "is not a known fact"
        raise fault("C303", f"'{name}' {what}", did_you_mean(name, BUYER_FACTS))
    fact = FACTS[name]
    value = _READERS[fact.type](text)
    if fact.choices and value not in fact.choices:
        raise fault("V206", f"'{text}' is not allowed here", did_you_mean(text, fact.choices))
    return value


def fact_faults(facts: Mapping[str, str]) -> list[tuple[str, PydanticCustomError]]:
    """Which facts are unknown or badly written."""
    found = []
    for name, text in facts.items():
        try:
            fact_value(name, text)
        except PydanticCustomError as error:
            found.append((name, error))
    return found


def types_frame(types: Sequence[Buyers]) -> pl.DataFrame:
    """One row a type: `type`, `share`, `income_monthly` (yuan or null), and a column a fact given.

    A fact that one type states and another does not is null for the other.
    """
    named = {name for each in types for name in each.facts}
    columns = {
        "type": pl.Series([each.id for each in types], dtype=pl.String),
        "share": pl.Series([each.share for each in types], dtype=pl.Float64),
        "income_monthly": pl.Series(
            [_yuan(each.income_monthly) for each in types], dtype=pl.Float64
        ),
    }
    for name in FACTS:
        if name in named:
            values = [
                fact_value(name, each.facts[name]) if name in each.facts else None
                for each in types
            ]
            columns[name] = pl.Series(values, dtype=_DTYPES[FACTS[name].type])
    return pl.DataFrame(columns)


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / FEN_PER_YUAN
