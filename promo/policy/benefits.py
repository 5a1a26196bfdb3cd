"""How much is one benefit? Each form is data that knows its own amount.

A form gives `amount(alone)`: an expression in ten-thousandths of a fen, so that a rate of 0.01 %
loses nothing before the one rounding function has spoken; `alone` holds what other benefits pay by
themselves. A new form is a new class and one line in `FORMS`; the file format, validation, JSON
schema and evaluation follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import polars as pl
from pydantic import Field, GetCoreSchemaHandler, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from promo.errors import nearest
from promo.policy.conditions import (
    All,
    Compare,
    Comparison,
    Constant,
    FactValue,
    Holds,
    Not,
    OneOf,
    Test,
)
from promo.policy.eligibility import LEAST_PRICE, ConditionText
from promo.policy.money import NOT_DECLARED
from promo.policy.silence import Silence
from promo.quantities import (
    AmountPerCar,
    AssumedAmount,
    BasisPoints,
    Count,
    FileModel,
    Identifier,
    Money,
    Text,
    Title,
    amount_per_car,
    fault,
    one_of,
)
from promo.schema import FACTS, FEN_PER_YUAN, FactType

Alone: TypeAlias = Mapping[str, pl.Expr]
PARTS = 10_000  # amounts are kept in ten-thousandths of a fen until they are rounded
MAX_STEPS = 200
_AMOUNT_FACTS = tuple(name for name, fact in FACTS.items() if fact.type is FactType.MONEY)
_SCALE_FACTS = tuple(
    name for name, fact in FACTS.items() if fact.type in (FactType.MONEY, FactType.NUMBER)
)
_TEXT_FACTS = tuple(name for name, fact in FACTS.items() if fact.type is FactType.TEXT)

AmountFact: TypeAlias = Annotated[
    str, PlainValidator(one_of(_AMOUNT_FACTS)), WithJsonSchema({"enum": list(_AMOUNT_FACTS)})
]
ScaleFact: TypeAlias = Annotated[
    str, PlainValidator(one_of(_SCALE_FACTS)), WithJsonSchema({"enum": list(_SCALE_FACTS)})
]
TextFact: TypeAlias = Annotated[
    str, PlainValidator(one_of(_TEXT_FACTS)), WithJsonSchema({"enum": list(_TEXT_FACTS)})
]


class Benefit(FileModel):
    """What every benefit may say, whatever its form."""

    form: ClassVar[str]
    title: Title | None = None  # what people call it; its id is for references
    when: ConditionText | None = None
    uncertainty: AssumedAmount | None = Field(default=None, alias="amount")
    payer: Text | None = None
    source: Text | None = None
    silence: tuple[Silence, ...] = ()

    def amount(self, alone: Alone) -> pl.Expr:
        """What the benefit pays where it applies, in ten-thousandths of a fen."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """The facts that the amount depends on."""
        return ()

    @property
    def of(self) -> tuple[str, ...]:
        """The benefits that the amount depends on."""
        return ()

    @property
    def cases(self) -> tuple[tuple[Test, int], ...] | None:
        """Which purchases get which of a few amounts in fen; None where amounts are not few."""
        return None

    @property
    def is_public(self) -> bool:
        """Is it public money? What a maker or dealer gives is listed beside it."""
        return self.payer is None

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts read, by the condition and by the amount."""
        of_condition = self.when.facts if self.when is not None else ()
        return tuple(dict.fromkeys((*of_condition, *self.reads)))


class FixedAmount(Benefit):
    """The same for everyone."""

    form = "pay"
    pay: AmountPerCar

    def amount(self, alone: Alone) -> pl.Expr:
        return pl.lit(self.pay * PARTS, dtype=pl.Int64)

    @property
    def cases(self) -> tuple[tuple[Test, int], ...]:
        return ((Holds(Constant(value=True)), self.pay),)


class Share(FileModel):
    """A rate of an amount on the invoice, between a floor and a cap."""

    of: AmountFact
    rate: BasisPoints
    cap: AmountPerCar | None = None
    floor: AmountPerCar | None = None

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Share:
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise fault("R401", "the floor is above the cap", path=("floor",))
        return self


class ShareOfPrice(Benefit):
    """A share of a price, with cap and floor in whole fen."""

    form = "share"
    share: Share

    def amount(self, alone: Alone) -> pl.Expr:
        amount = pl.col(self.share.of) * self.share.rate
        if self.share.floor is not None:
            amount = amount.clip(lower_bound=self.share.floor * PARTS)
        if self.share.cap is not None:
            amount = amount.clip(upper_bound=self.share.cap * PARTS)
        return amount

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.share.of,)


def _step(value: object) -> tuple[int, int]:
    """One step `[from, amount]`; both are read with two decimals."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise fault("K103", "a step is a list of two: [from, amount]")
    ends = []
    for place, part in enumerate(value):
        try:
            ends.append(amount_per_car(part))
        except Exception as error:
            context = getattr(error, "context", None)
            if context is None:
                raise
            raise fault(
                getattr(error, "type", ""), context["message"], context["help"], path=(place,)
            ) from None
    return ends[0], ends[1]


Step: TypeAlias = Annotated[
    tuple[int, int],
    PlainValidator(_step),
    WithJsonSchema({"type": "array", "minItems": 2, "maxItems": 2}),
]


class Steps(FileModel):
    """Amounts by bands of a price or another measure; which bound belongs to a band is said."""

    on: ScaleFact
    closed: Literal["lower", "upper"]
    steps: tuple[Step, ...]
    up_to: Money | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Steps:
        if not self.steps or len(self.steps) > MAX_STEPS:
            raise fault("K103", f"between 1 and {MAX_STEPS} steps are expected", path=("steps",))
        for place, (before, after) in enumerate(pairwise(self.steps)):
            if after[0] <= before[0]:
                message = "this band does not start above the one before"
                raise fault("R404", message, path=("steps", place + 1))
        slip = self._unit_slip()
        if slip is not None:
            raise slip
        if self.up_to is not None and self.up_to <= self.steps[-1][0]:
            raise fault("R404", "the last band ends before it starts", path=("up_to",))
        return self

    def _unit_slip(self) -> PydanticCustomError | None:
        """A band of prices that starts at 5 yuan was meant in 万元."""
        if FACTS[self.on].type is not FactType.MONEY:
            return None
        for place, (start, _) in enumerate(self.steps):
            if 0 < start < LEAST_PRICE:
                yuan = start / FEN_PER_YUAN
                message = f"'{self.on}' is in yuan; {yuan:g} yuan is no price of a car"
                help = f"write {yuan * 10_000:.15g} if 万元 was meant"
                return fault("V207", message, help, path=("steps", place, 0))
        return None

    def threshold(self, hundredths: int) -> int | float:
        """A bound in the unit of the frames: fen for money, the plain number otherwise."""
        is_money = FACTS[self.on].type is FactType.MONEY
        return hundredths if is_money else hundredths / FEN_PER_YUAN

    def at_or_above(self, hundredths: int) -> Compare:
        """Is the measure in or above the band that starts here? What starts at 0 holds 0."""
        sign: Comparison = ">=" if self.closed == "lower" or hundredths == 0 else ">"
        return Compare(FactValue(self.on), sign, Constant(self.threshold(hundredths)))

    def below(self, hundredths: int) -> Compare:
        """Is the measure below the band that starts here?"""
        sign: Comparison = "<" if self.closed == "lower" else "<="
        return Compare(FactValue(self.on), sign, Constant(self.threshold(hundredths)))


class Bands(Benefit):
    """An amount for each band of a measure."""

    form = "bands"
    bands: Steps

    def amount(self, alone: Alone) -> pl.Expr:
        amount = pl.lit(0, dtype=pl.Int64)
        for start, fen in self.bands.steps:
            paid = pl.lit(fen * PARTS, dtype=pl.Int64)
            reached = self.bands.at_or_above(start).expression()
            amount = pl.when(reached).then(paid).otherwise(amount)
        if self.bands.up_to is not None:
            beyond = self.bands.at_or_above(self.bands.up_to).expression()
            amount = pl.when(beyond).then(0).otherwise(amount)
        return pl.when(pl.col(self.bands.on).is_not_null()).then(amount)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.bands.on,)

    @property
    def cases(self) -> tuple[tuple[Test, int], ...]:
        steps = self.bands.steps
        ends = [*(start for start, _ in steps[1:]), self.bands.up_to]
        found: list[tuple[Test, int]] = []
        for (start, fen), end in zip(steps, ends, strict=True):
            inside = self.bands.at_or_above(start)
            found.append((inside if end is None else All((inside, self.bands.below(end))), fen))
        return tuple(found)


class Amounts(FileModel):
    """Amounts by name of a model, vehicle, segment or another text fact."""

    on: TextFact
    amounts: dict[str, AmountPerCar]

    @model_validator(mode="after")
    def _not_empty(self) -> Amounts:
        if not self.amounts:
            raise fault("K103", "a table needs amounts", path=("amounts",))
        return self


class PerName(Benefit):
    """An amount for each name in a table; names outside it get nothing."""

    form = "table"
    table: Amounts

    def amount(self, alone: Alone) -> pl.Expr:
        name = pl.col(self.table.on)
        paid = {each: fen * PARTS for each, fen in self.table.amounts.items()}
        found = name.replace_strict(paid, default=0, return_dtype=pl.Int64)
        return pl.when(name.is_not_null()).then(found)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.table.on,)

    @property
    def cases(self) -> tuple[tuple[Test, int], ...]:
        named: dict[int, list[str]] = {}
        for name, fen in self.table.amounts.items():
            named.setdefault(fen, []).append(name)
        fact = FactValue(self.table.on)
        listed = [(OneOf(fact, tuple(names)), fen) for fen, names in named.items()]
        return (*listed, (Not(OneOf(fact, tuple(self.table.amounts))), 0))


class ShareOfBenefits(FileModel):
    """A rate of what other benefits pay by themselves."""

    of: tuple[Identifier, ...]
    rate: BasisPoints

    @model_validator(mode="after")
    def _of_something(self) -> ShareOfBenefits:
        if not self.of:
            raise fault("K103", "an empty list of benefits", path=("of",))
        return self


class Uplift(Benefit):
    """A share of what other benefits pay by themselves, such as a quarter more for low incomes."""

    form = "uplift"
    uplift: ShareOfBenefits

    def amount(self, alone: Alone) -> pl.Expr:
        of = [alone[name] for name in self.uplift.of]
        return pl.sum_horizontal(of, ignore_nulls=False) * self.uplift.rate

    @property
    def of(self) -> tuple[str, ...]:
        return self.uplift.of


class Merit(FileModel):
    """What earns points, and how many."""

    when: ConditionText
    points: Count


class Score(FileModel):
    """Points added up, and the amount from so many points on."""

    of: tuple[Merit, ...]
    steps: tuple[Annotated[tuple[int, int], PlainValidator(_step)], ...]

    @model_validator(mode="after")
    def _in_order(self) -> Score:
        for key in ("of", "steps"):
            if not getattr(self, key):
                raise fault("K103", "an empty list", path=(key,))
        for place, (before, after) in enumerate(pairwise(self.steps)):
            if after[0] <= before[0]:
                message = "this step does not start above the one before"
                raise fault("R404", message, path=("steps", place + 1))
        return self


class Points(Benefit):
    """An amount that rises with points earned."""

    form = "points"
    points: Score

    def amount(self, alone: Alone) -> pl.Expr:
        earned = [
            pl.when(merit.when.expression()).then(merit.points * FEN_PER_YUAN).otherwise(0)
            for merit in self.points.of
        ]
        known = pl.all_horizontal(
            merit.when.expression().is_not_null() for merit in self.points.of
        )
        score, amount = pl.sum_horizontal(earned), pl.lit(0, dtype=pl.Int64)
        for start, fen in self.points.steps:  # a step is read with two decimals, as money is
            paid = pl.lit(fen * PARTS, dtype=pl.Int64)
            amount = pl.when(score >= start).then(paid).otherwise(amount)
        return pl.when(known).then(amount)

    @property
    def reads(self) -> tuple[str, ...]:
        read = (fact for merit in self.points.of for fact in merit.when.facts)
        return tuple(dict.fromkeys(read))


FORMS: dict[str, type[Benefit]] = {
    each.form: each for each in (FixedAmount, ShareOfPrice, Bands, PerName, Uplift, Points)
}
COMMON = frozenset(field.alias or name for name, field in Benefit.model_fields.items())


class _ByForm:
    """Chooses the form by its key, so that the path of an error is a path in the file."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        choices = {f"<{name}>": handler.generate_schema(form) for name, form in FORMS.items()}
        named = ", ".join(f"'{name}'" for name in FORMS)
        message = f"one of the keys {named} is missing here"
        return core_schema.tagged_union_schema(
            choices,
            discriminator=_form_of,
            custom_error_type="K102",
            custom_error_message="{message}",
            custom_error_context={"message": message, "help": "", "span": "", "path": ""},
        )


def _form_of(raw: Any) -> str | None:
    """The form that a benefit names, if only misspelt: then its key is what is wrong."""
    if isinstance(raw, Benefit):
        return f"<{raw.form}>"
    keys = [key for key in raw if key not in COMMON] if isinstance(raw, dict) else []
    meant = (nearest(key, FORMS) for key in keys)
    found = next((key for key in keys if key in FORMS), None) or next(filter(None, meant), None)
    return None if found is None else f"<{found}>"


AnyBenefit: TypeAlias = Annotated[Benefit, _ByForm()]


def rounded(amount: pl.Expr, unit: int, mode: str) -> pl.Expr:
    """The one rounding of the program: ten-thousandths of a fen to whole units, in fen.

    >>> frame = pl.DataFrame({"x": [14_999_999, 15_000_000]})
    >>> frame.select(rounded(pl.col("x"), 1_000, "half_up")).to_series().to_list()
    [1000, 2000]
    """
    whole = unit * PARTS
    if mode == NOT_DECLARED:  # only what needs no rounding has an amount
        return pl.when(amount % whole == 0).then(amount // whole * unit)
    if mode == "half_up":
        return (amount + whole // 2) // whole * unit
    if mode == "up":
        return (amount + whole - 1) // whole * unit
    return amount // whole * unit
