"""Whose money is it, how much is there, and who is served first?"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import polars as pl
from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from promo.policy.windows import Window
from promo.quantities import (
    NO_END,
    AmountPerCar,
    BasisPoints,
    Count,
    CountQuantity,
    Day,
    FileModel,
    Flag,
    Identifier,
    Moment,
    Money,
    MoneyQuantity,
    Quantity,
    Text,
    Title,
    WindowClose,
    fault,
    one_of,
    plain_text,
    shown,
)
from promo.schema import FACTS, FEN_PER_YUAN

BASIS = 10_000
MOST_POTS = 20
Event: TypeAlias = Literal["order", "invoice", "registration", "claim", "approval"]
EventTime: TypeAlias = Literal[
    "order_time", "invoice_time", "registration_time", "claim_time", "approval_time"
]
FIRST_MOMENT = datetime(1, 1, 1)
NOT_DECLARED: Final = "not_declared"
Left: TypeAlias = Literal["to_pool", "lost", "not_declared"]
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
    mode: Literal["down", "half_up", "up", "not_declared"]

    @property
    def declared(self) -> bool:
        """Does the notice say how amounts are rounded?"""
        return self.mode != NOT_DECLARED

    @model_validator(mode="wrap")
    @classmethod
    def _may_be_left_open(
        cls, raw: object, handler: ModelWrapValidatorHandler[Rounding]
    ) -> Rounding:
        if raw == NOT_DECLARED:
            return cls.model_construct(to=1, mode=NOT_DECLARED)
        return handler(raw)


class Pot(FileModel):
    """One pot of money, or one stock of vouchers of one face value, and the benefits it pays.

    A pot with a face serves only claims whose benefit is exactly that face.
    """

    id: Identifier
    title: Title | None = None
    stated: MoneyQuantity | None = Field(default=None, alias="amount")
    face: AmountPerCar | None = None
    count: CountQuantity | None = None
    pays: tuple[Identifier, ...]
    opens: Moment | None = None
    closes: WindowClose | None = None
    unused: Literal["next_pot", "lost", "not_declared"] | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _has_an_amount(self) -> Pot:
        if (self.face is None) is not (self.count is None):
            lacking = "count" if self.count is None else "face"
            raise fault("K102", f"the key '{lacking}' is missing here")
        if self.stated is None and self.face is None:
            raise fault("K102", "the key 'amount' is missing here", "or write 'face' and 'count'")
        if self.stated is not None and self.face is not None:
            message = "write either 'amount' or 'face' and 'count'"
            raise fault("K101", message, path=("amount",))
        if self.opens is not None and self.closes is not None and self.closes <= self.opens:
            raise fault("V204", "the pot closes before it opens", path=("closes",))
        return self

    @property
    def is_dated(self) -> bool:
        """Does it open or close by itself, and not only with the campaign or its money?"""
        return self.opens is not None or self.closes is not None

    @property
    def window(self) -> Window:
        """From when to when it serves claims."""
        return Window.model_construct(opens=self.opens or FIRST_MOMENT, to=self.closes or NO_END)

    @property
    def amount(self) -> Quantity:
        """The money in the pot, in fen."""
        if self.stated is not None:
            return self.stated
        if self.face is None or self.count is None:  # the file model refuses such a pot
            raise ValueError("a pot without an amount")
        return dataclasses.replace(
            self.count,
            value=self.count.value * self.face,
            low=self.count.low * self.face,
            high=self.count.high * self.face,
            per_unit=FEN_PER_YUAN,
        )


class Payer(FileModel):
    """One level of government (or another payer) and its share of every claim."""

    payer: Text = Field(alias="from")
    share: BasisPoints


class Voucher(FileModel):
    """Money is promised by vouchers drawn first; a voucher that lapses goes somewhere."""

    must_match: Flag = False  # the face must be the amount that the purchase would get
    benefits: tuple[Identifier, ...] = Field(default=(), alias="for")
    lapsed: Left
    lapsed_holder: Literal["may_draw_again", "locked_out", "not_declared"]


class Lottery(FileModel):
    """Who is served is drawn by lot, from a published seed that anyone can check."""

    seed: Text
    draw_on: Day


class Reservation(FileModel):
    """Money is held on application and lost where the proof does not follow in time."""

    prove_within_days: Count
    lapsed: Left


class Allocation(FileModel):
    """Who is served where money is short; first come, first served if nothing is said."""

    voucher: Voucher | None = None
    lottery: Lottery | None = None
    reservation: Reservation | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Allocation:
        ways = [name for name in ("voucher", "lottery", "reservation") if getattr(self, name)]
        if len(ways) != 1:
            raise fault("K102", "one of 'voucher', 'lottery' or 'reservation' is expected here")
        return self


class Quota(FileModel):
    """At most so many cars of one dealer, maker or model, or on one day."""

    per: Literal["dealer", "maker", "model", "day"]
    most: Count = Field(alias="max")
    source: Text | None = None


class Payout(FileModel):
    """In which form money reaches the buyer, and what it can be spent on."""

    form: Literal["cash", "red_packet", "coupon", "price_cut"] = Field(alias="as")
    face: Money | None = None
    min_spend: Money | None = None
    valid_days: Count | None = None
    source: Text | None = None


_FACT_NAMES = tuple(FACTS)
FactName: TypeAlias = Annotated[
    str, PlainValidator(one_of(_FACT_NAMES)), WithJsonSchema({"enum": list(_FACT_NAMES)})
]


class MoneyTerms(FileModel):
    """The money of a campaign; what notices leave open must be said to be open."""

    pots: tuple[Pot, ...] = ()
    unlimited: Flag = False
    funding: tuple[Payer, ...] = ()
    commit_on: Event
    order_by: EventTime | None = None
    last_yuan: Literal["refuse", "part", "overspend", "not_declared"] | None = None
    rounding: Rounding
    shortage_announced_at: BasisPoints = 0
    priority: tuple[FactName, ...] = ()
    allocation: Allocation | None = None
    quotas: tuple[Quota, ...] = ()
    payout: Payout | None = None

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
