"""How do several benefits add up, exclude each other, and stay below a cap?

A cap is filled in the order in which the benefits are listed: earlier ones are paid in full, and
what exceeds the cap is cut from the later ones. Of equal alternatives the first listed wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

import polars as pl
from pydantic import Discriminator, Tag, model_validator

from promo.policy.benefits import AmountFact, rounded
from promo.policy.money import Rounding
from promo.quantities import BasisPoints, FileModel, Identifier, KeyPath, Money, fault

Amounts: TypeAlias = dict[str, pl.Expr]
KINDS = ("sum", "best_of", "exclusive")


class Cap(FileModel):
    """A ceiling per car: an amount, a share of a price, or the lower of both."""

    per_car: Money | None = None
    share_of: AmountFact | None = None
    rate: BasisPoints | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Cap:
        if self.per_car is None and self.share_of is None:
            raise fault("K102", "the key 'per_car' or 'share_of' is missing here")
        if (self.share_of is None) is not (self.rate is None):
            lacking = "rate" if self.rate is None else "share_of"
            raise fault("K102", f"the key '{lacking}' is missing here")
        return self

    def ceiling(self, rounding: Rounding) -> pl.Expr:
        """The most that one car gets, in fen."""
        ceilings = []
        if self.per_car is not None:
            ceilings.append(pl.lit(self.per_car, dtype=pl.Int64))
        if self.share_of is not None and self.rate is not None:
            share = pl.col(self.share_of) * self.rate
            ceilings.append(rounded(share, rounding.to, rounding.mode))
        return pl.min_horizontal(ceilings)


def _part_kind(raw: Any) -> str:
    return "<name>" if isinstance(raw, str) else "<nested>"


class Combination(FileModel):
    """A sum, the best, or the only one, of benefits or of further combinations.

    `exclusive` routes must not meet in one purchase; `promo check` proves it.
    """

    sum: tuple[Part, ...] | None = None
    best_of: tuple[Part, ...] | None = None
    exclusive: tuple[Part, ...] | None = None
    cap: Cap | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Combination:
        said = [kind for kind in KINDS if getattr(self, kind) is not None]
        if not said:
            raise fault("K102", "the key 'sum', 'best_of' or 'exclusive' is missing here")
        if len(said) > 1:
            raise fault("K101", f"write either '{said[0]}' or '{said[1]}'", path=(said[1],))
        if not self.parts:
            raise fault("K103", "an empty list of benefits", path=(self.kind,))
        return self

    @property
    def kind(self) -> str:
        """How the parts combine: sum, best_of or exclusive."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The benefits or further combinations, in the order of the file."""
        return self.sum or self.best_of or self.exclusive or ()

    def named(self, above: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
        """Every benefit named, with its path in the file."""
        for place, part in enumerate(self.parts):
            path = (*above, self.kind, place)
            if isinstance(part, str):
                yield path, part
            else:
                yield from part.named(path)

    def ceilings(self, above: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
        """Every price whose share is a ceiling, with its path in the file."""
        if self.cap is not None and self.cap.share_of is not None:
            yield (*above, "cap", "share_of"), self.cap.share_of
        for place, part in enumerate(self.parts):
            if isinstance(part, Combination):
                yield from part.ceilings((*above, self.kind, place))

    def amounts(self, paid: Mapping[str, pl.Expr], rounding: Rounding) -> Amounts:
        """What each benefit pays once combined, in fen, from what each would pay alone."""
        each = [
            {part: paid[part]} if isinstance(part, str) else part.amounts(paid, rounding)
            for part in self.parts
        ]
        combine = {"sum": _added, "best_of": _best, "exclusive": _first}[self.kind]
        combined = combine(each)
        if self.cap is None:
            return combined
        return cut(combined, self.cap.ceiling(rounding))


Part: TypeAlias = Annotated[
    Annotated[Identifier, Tag("<name>")] | Annotated[Combination, Tag("<nested>")],
    Discriminator(_part_kind),
]
Combination.model_rebuild()


def total(amounts: Mapping[str, pl.Expr]) -> pl.Expr:
    """The sum of amounts by benefit, in fen."""
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *amounts.values())


def _added(parts: list[Amounts]) -> Amounts:
    return {name: amount for part in parts for name, amount in part.items()}


def _best(parts: list[Amounts]) -> Amounts:
    totals = [total(part) for part in parts]
    combined: Amounts = {}
    for place, part in enumerate(parts):
        above_earlier = [totals[place] > other for other in totals[:place]]
        not_below_later = [totals[place] >= other for other in totals[place + 1 :]]
        wins = pl.all_horizontal(pl.lit(value=True), *above_earlier, *not_below_later)
        for name, amount in part.items():
            combined[name] = pl.when(wins).then(amount).otherwise(0)
    return combined


def _first(parts: list[Amounts]) -> Amounts:
    """The first part that pays anything."""
    totals = [total(part) for part in parts]
    combined: Amounts = {}
    for place, part in enumerate(parts):
        nothing_before = pl.all_horizontal(
            pl.lit(value=True), *(each == 0 for each in totals[:place])
        )
        for name, amount in part.items():
            combined[name] = pl.when(nothing_before).then(amount).otherwise(0)
    return combined


def cut(amounts: Mapping[str, pl.Expr], ceiling: pl.Expr) -> Amounts:
    """The amounts under a ceiling: earlier ones in full, the excess cut from the later ones."""
    kept: Amounts = {}
    for name, amount in amounts.items():
        left = (ceiling - total(kept)).clip(lower_bound=0)
        kept[name] = pl.min_horizontal(amount, left)
    return kept
