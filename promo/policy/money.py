"""Whose money is it, how much is there, and who is served first?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import polars as pl
from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from promo.quantities import (
    BasisPoints,
    FileModel,
    Flag,
    Identifier,
    MoneyQuantity,
    Text,
    fault,
    plain_text,
    shown,
)
from promo.schema import FEN_PER_YUAN

BASIS = 10_000
MOST_POTS = 20
Event: TypeAlias = Literal["order", "invoice", "registration", "claim", "approval"]
EventTime: TypeAlias = Literal[
    "order_time", "invoice_time", "registration_time", "claim_time", "approval_time"
]
_UNIT = re.compile(r"(1|10|100|1000) ?(fen|分|yuan|元)")


def _unit(value: object) -> int:
    """A rounding unit such as `1 yuan`, in fen."""
    text = plain_text(value)
    found = _UNIT.fullmatch(text)
    if found is None:
        help = "write '1 fen', '1 yuan', '10 yuan' or '100 yuan'"
        raise fault("V206", f"'{shown(text)}' is not a unit to round to", help)
    return int(found[1]) * (1 if found[2] in ("fen", "分") else FEN_PER_YUAN)


Unit: TypeAlias = Annotated[int, PlainValidator(_unit), WithJsonSchema({"type": "string"})]


class Rounding(FileModel):
    """To which unit, in fen, and in which direction amounts are rounded."""

    to: Unit
    mode: Literal["down", "half_up", "up"]


class Pot(FileModel):
    """One pot of money and the benefits paid from it."""

    id: Identifier
    amount: MoneyQuantity
    pays: tuple[Identifier, ...]
    source: Text | None = None


class Payer(FileModel):
    """One level of government (or another payer) and its share of every claim."""

    payer: Text = Field(alias="from")
    share: BasisPoints


class MoneyTerms(FileModel):
    """The money of a campaign; what notices leave open must be said."""

    pots: tuple[Pot, ...] = ()
    unlimited: Flag = False
    funding: tuple[Payer, ...] = ()
    commit_on: Event
    order_by: EventTime | None = None
    last_yuan: Literal["refuse", "part", "overspend"] | None = None
    rounding: Rounding

    @model_validator(mode="after")
    def _declared(self) -> MoneyTerms:
        if self.unlimited:
            if self.pots:
                raise fault("K101", "money without limit has no pots", path=("pots",))
            return self
        if len(self.pots) > MOST_POTS:
            raise fault("K103", f"at most {MOST_POTS} pots are expected", path=("pots",))
        for name in ("pots", "order_by", "last_yuan"):
            if not getattr(self, name):
                raise fault("K102", f"the key '{name}' is missing here", path=(name,))
        return self


def split(amount_fen: pl.Expr, payers: Sequence[Payer]) -> dict[str, pl.Expr]:
    """What each payer bears of one claim, in fen; the last takes the odd fen.

    >>> city = Payer.model_validate({"from": "city", "share": "50%"})
    >>> province = Payer.model_validate({"from": "province", "share": "50%"})
    >>> pl.DataFrame({"paid": [101]}).select(**split(pl.col("paid"), [city, province])).row(0)
    (50, 51)
    """
    shares = {each.payer: amount_fen * each.share // BASIS for each in payers[:-1]}
    if payers:
        rest = amount_fen - pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *shares.values())
        shares[payers[-1].payer] = rest
    return shares
