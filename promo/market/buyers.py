"""Who buys: the types of buyers, each with its share of purchases, income and facts?

A market file gives a joint table of types. Their facts are those that the papers of a claim would
show, typed as conditions compare them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from statistics import NormalDist
from typing import Protocol, TypeAlias

import polars as pl
from pydantic_core import PydanticCustomError

from promo.errors import did_you_mean
from promo.market.vehicles import VEHICLE_FACTS
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
BUYER_FACTS = tuple(name for name in FACTS if name not in {**VEHICLE_COLUMNS, **VEHICLE_FACTS})


GAVE_UP = ("scrapped", "sold")
"""Values of the fact trade_in of those who give up an old car."""
PARTS_BY_VALUE = 3
"""Equal parts of a type, by what their old cars would fetch otherwise."""


class OldCars(Protocol):
    """What a line of the market file says of the old cars of one type."""

    @property
    def dispersion(self) -> float: ...


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
    @property
    def old_car(self) -> OldCars | None: ...
    @property
    def replacement_pool(self) -> object | None: ...


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

    A fact that one type states and another does not is null for the other. A type whose old car
    would fetch something otherwise stands in `PARTS_BY_VALUE` rows of equal share; `old_car`
    names the assumption of its median value and `old_car_multiple` says what multiple of it the
    part has. `pool` names the assumption of its replacement pool, of which the row has
    `pool_share`. These four are there only where some type has an old car or a pool.
    """
    typed = _facts_frame(types)
    if all(each.old_car is None and each.replacement_pool is None for each in types):
        return typed
    columns = [_part_columns(each) for each in types]
    return pl.concat(
        [
            typed[row : row + 1].join(parts, how="cross").with_columns(_named(parts.height))
            for row, parts in enumerate(columns)
        ]
    ).drop("part")


def _part_columns(each: Buyers) -> pl.DataFrame:
    """The parts of one type by the value of its old car."""
    count = PARTS_BY_VALUE if each.old_car is not None else 1
    middles = [NormalDist().inv_cdf((part + 0.5) / count) for part in range(count)]
    spread = each.old_car.dispersion if each.old_car is not None else 0.0
    value = f"buyers.{each.id}.old_car.value" if each.old_car is not None else None
    flow = f"buyers.{each.id}.replacement_pool.cars_per_month"
    pool = flow if each.replacement_pool is not None else None
    return pl.DataFrame(
        {
            "part": range(1, count + 1),
            "old_car": pl.Series([value] * count, dtype=pl.String),
            "old_car_multiple": [math.exp(spread * middle) for middle in middles],
            "pool": pl.Series([pool] * count, dtype=pl.String),
            "pool_share": [1.0 / count] * count,
        }
    )


def _named(count: int) -> list[pl.Expr]:
    name = pl.format("{} {}", "type", "part") if count > 1 else pl.col("type")
    return [name.alias("type"), pl.col("share") / count]


def _facts_frame(types: Sequence[Buyers]) -> pl.DataFrame:
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
