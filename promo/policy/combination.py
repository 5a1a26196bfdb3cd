"""How do several benefits add up, exclude each other, and stay below a cap?

A cap is filled in the order in which the benefits are listed: earlier ones are paid in full, and
what exceeds the cap is cut from the later ones. Of equal alternatives the first listed wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeAlias

import polars as pl
from pydantic import Discriminator, Tag, model_validator

from promo.policy.benefits import AmountFact, rounded
from promo.policy.money import Rounding
from promo.quantities import BasisPoints, FileModel, Identifier, KeyPath, Money, fault

Amounts: TypeAlias = dict[str, pl.Expr]
KINDS = ("sum", "best_of", "exclusive")
MOST_LEVELS = 4  # of combinations inside each other


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
        if self.levels > MOST_LEVELS:
            raise fault("K103", f"at most {MOST_LEVELS} levels of combinations are expected")
        return self

    @property
    def kind(self) -> str:
        """How the parts combine: sum, best_of or exclusive."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The benefits or further combinations, in the order of the file."""
        return self.sum or self.best_of or self.exclusive or ()

    @property
    def levels(self) -> int:
        """How many combinations stand inside each other."""
        inner = (part.levels for part in self.parts if isinstance(part, Combination))
        return 1 + max(inner, default=0)

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

    def over(
        self, frame: pl.DataFrame, paid: Mapping[str, pl.Expr], rounding: Rounding, step: str
    ) -> pl.DataFrame:
        """The frame with `<step> <name>`: what each benefit pays once combined, in fen.

        `paid` says what each would pay alone. Combinations inside this one are columns before they
        are read again, since an expression of them would grow with every level.
        """
        parts: list[Amounts] = []
        for place, part in enumerate(self.parts):
            if isinstance(part, str):
                parts.append({part: paid[part]})
            else:
                inner = f"{step}/{place}"
                frame = part.over(frame, paid, rounding, inner)
                parts.append(columns(inner, [name for _, name in part.named()]))
        combined = {"sum": _added, "best_of": _best, "exclusive": _first}[self.kind](parts)
        frame = frame.with_columns(**steps(step, combined))
        if self.cap is None:
            return frame
        kept = cut(columns(step, combined), self.cap.ceiling(rounding))
        return frame.with_columns(**steps(step, kept))


Part: TypeAlias = Annotated[
    Annotated[Identifier, Tag("<name>")] | Annotated[Combination, Tag("<nested>")],
    Discriminator(_part_kind),
]
Combination.model_rebuild()


def steps(step: str, amounts: Mapping[str, pl.Expr]) -> Amounts:
    """Amounts by benefit under the names that a step of the work has in a frame."""
    return {f"{step} {name}": amount for name, amount in amounts.items()}


def columns(step: str, names: Iterable[str]) -> Amounts:
    """Amounts by benefit as a step of the work left them in a frame."""
    return {name: pl.col(f"{step} {name}") for name in names}


def total(amounts: Mapping[str, pl.Expr]) -> pl.Expr:
    """The sum of amounts by benefit, in fen."""
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int64), *amounts.values())


def _added(parts: list[Amounts]) -> Amounts:
    return {name: amount for part in parts for name, amount in part.items()}


def _best(parts: list[Amounts]) -> Amounts:
    totals = [total(part) for part in parts]
    combined: Amounts = {}
    for place, part in enumerate(parts):
        wins = pl.lit(value=True)
        if place:
            wins &= totals[place] > pl.max_horizontal(totals[:place])
        if place + 1 < len(totals):
            wins &= totals[place] >= pl.max_horizontal(totals[place + 1 :])
        for name, amount in part.items():
            combined[name] = pl.when(wins).then(amount).otherwise(0)
    return combined


def _first(parts: list[Amounts]) -> Amounts:
    """The first part that pays anything."""
    totals = [total(part) for part in parts]
    combined: Amounts = {}
    for place, part in enumerate(parts):
        nothing_before = pl.sum_horizontal(pl.lit(0), *totals[:place]) == 0
        for name, amount in part.items():
            combined[name] = pl.when(nothing_before).then(amount).otherwise(0)
    return combined


def cut(amounts: Mapping[str, pl.Expr], ceiling: pl.Expr) -> Amounts:
    """The amounts under a ceiling: earlier ones in full, the excess cut from the later ones."""
    kept: Amounts = {}
    before: Amounts = {}
    for name, amount in amounts.items():
        upto = before | {name: amount}
        # what all of them keep is the lower of their sum and the ceiling
        kept[name] = pl.min_horizontal(total(upto), ceiling)
        if before:
            kept[name] -= pl.min_horizontal(total(before), ceiling)
        before = upto
    return kept
