"""Does the enterprise reach its output of the year, with the campaign and without it?

    output of the year = built so far + cars built from the day after `up_to` to 31 December

The enterprise's file says what the target is and what was built so far; the rest of the year is
the projection of each world.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np
from pydantic import PlainValidator, WithJsonSchema

from promo.errors import Diagnostic
from promo.production.floor import Cars
from promo.quantities import AS_QUANTITY, FIRST_YEAR, LAST_YEAR, between, count, quantity
from promo.schema import Bools, Floats
from promo.textfile import Count, Day, FileModel, Loaded, Quantity, Text

CarsBuilt = Annotated[
    Quantity, PlainValidator(quantity(between(count, 0, 10_000_000))), AS_QUANTITY
]
Year = Annotated[
    int, PlainValidator(between(count, FIRST_YEAR, LAST_YEAR)), WithJsonSchema({"type": "integer"})
]


class Target(FileModel):
    """Cars to be built in a calendar year, and how many stood built at the end of a day."""

    year: Year
    cars: Count
    built_so_far: CarsBuilt
    up_to: Day
    source: Text = ""

    @property
    def ends(self) -> date:
        """The last day of the year."""
        return date(self.year, 12, 31)

    def still_counts(self, days: Sequence[date]) -> Bools:
        """On which of these days (T,) are cars built that `built_so_far` does not hold?"""
        return np.array([self.up_to < day <= self.ends for day in days], dtype=np.bool_)

    def year_output(self, so_far: Floats, built: Cars, days: Sequence[date]) -> Floats:
        """Cars (R,) of the whole year: `so_far` (R,) and what is `built` (R, T, J) besides."""
        counted = built[:, self.still_counts(days)].sum(axis=(1, 2))
        return np.asarray(np.rint(so_far) + counted, dtype=np.float64)


def target_findings(loaded: Loaded[Any], target: Target | None) -> Iterator[Diagnostic]:
    """A day up to which was counted that does not belong to the year."""
    if target is None:
        return
    before = date(target.year - 1, 12, 31)
    if not before <= target.up_to <= target.ends:
        message = f"{target.up_to} is not in the year of the target, {target.year}"
        help = f"write a day from {before} to {target.ends}"
        yield loaded.diagnostic(("target", "up_to"), "R401", message, help=help)


def target_in_study(
    loaded: Loaded[Any], target: Target | None, days: Sequence[date]
) -> Iterator[Diagnostic]:
    """Days of the year that neither the file counts nor the projection follows."""
    if target is None:
        return
    if target.up_to + timedelta(days=1) < days[0]:
        first, last = target.up_to + timedelta(days=1), days[0] - timedelta(days=1)
        message = f"cars built from {first} to {last} are counted nowhere"
        help = f"say in 'built_so_far' what stood built on {last}, and put that day into 'up_to'"
        yield loaded.diagnostic(("target", "up_to"), "R401", message, help=help)
    if target.ends > days[-1]:
        message = f"the year ends on {target.ends}, the days that are followed on {days[-1]}"
        help = "raise 'horizon_months' in the market's file"
        yield loaded.diagnostic(("target", "year"), "R401", message, help=help)
