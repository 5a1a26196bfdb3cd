"""What is the same in every draw? The calendar of the two worlds, who buys, what is on sale."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from promo.demand.nested_logit import Nests
from promo.schema import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class PlannedBins:
    """Groups of planned days that the moving of households follows together.

    Attributes
    ----------
    start, end : (U,) first day and the day after the last, as day numbers
    middle : (U,) centre of each group in days
    of_day : (T,) the group of each day
    """

    start: Ints
    end: Ints
    of_day: Ints

    @property
    def middle(self) -> Floats:
        return (self.start + self.end - 1) / 2

    @property
    def has_day(self) -> Bools:
        """Whether each group has as many days (U, 28)."""
        return np.asarray(np.arange(LONGEST_BIN) < (self.end - self.start)[:, None])

    def gather(self, daily: Floats) -> Floats:
        """Sum a daily series (..., T) into the groups (..., U)."""
        return np.add.reduceat(daily, self.start, axis=-1)


def planned_bins(days: int, edges: Sequence[int], weekly_until: int) -> PlannedBins:
    """Cut day numbers into weeks, and into four weeks later on, never across an edge."""
    starts: list[int] = []
    stops = sorted({0, days, *(e for e in edges if 0 < e < days)})
    for first, last in itertools.pairwise(stops):
        day = first
        while day < last:
            starts.append(day)
            day += 7 if day < weekly_until else 28
    start = np.array(starts, dtype=np.int64)
    end = np.append(start[1:], days)
    return PlannedBins(start=start, end=end, of_day=np.repeat(np.arange(start.size), end - start))


LONGEST_BIN = 28


def shares_of_days(bins: PlannedBins, daily: Floats) -> Floats:
    """Share (U, 28) of each group of planned days on its days, from purchases (T, J)."""
    offset = np.arange(LONGEST_BIN)
    day = np.minimum(bins.start[:, None] + offset, bins.end[:, None] - 1)
    planned = daily.sum(axis=1)[day] * bins.has_day
    total = planned.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(planned, total, out=np.zeros_like(planned), where=total > 0))


@dataclass(frozen=True, slots=True)
class Setting:
    """The stage on which both worlds play.

    Attributes
    ----------
    week_days : (U, 28) share of a planned week's purchases that falls on each of its days
    days : T real days from the announcement to beyond the horizon
    window : day numbers of the first and the last day on which a purchase can earn money
    horizon : number of days up to the end of the horizon; later days only hold planned purchases
    period : (T,) number of the period of each day; offers are constant within a period
    period_days : one day number that stands for each period
    daily : (T, J) expected purchases without the campaign, before policies that end
    type_of_vehicle : (I, J) probability of the buyer's type given the vehicle; columns sum to 1
    share_of_type : (I, J) what each type buys; rows sum to 1
    price : (J,) yuan with VAT
    local : (J,) built by a listed plant
    """

    days: tuple[date, ...]
    window: tuple[int, int]
    horizon: int
    period: Ints
    period_days: Ints
    bins: PlannedBins
    daily: Floats
    week_days: Floats
    type_of_vehicle: Floats
    share_of_type: Floats
    income: Floats
    price: Floats
    local: Bools
    vehicles: pl.DataFrame
    types: pl.DataFrame
    outside: pl.DataFrame | None
    nests: Nests

    @property
    def window_days(self) -> Ints:
        """Day numbers of the window, (W,)."""
        return np.arange(self.window[0], self.window[1] + 1)

    @property
    def market(self) -> Floats:
        """Share of each vehicle in the city's sales, (J,)."""
        return np.asarray(self.daily.sum(axis=0) / self.daily.sum())

    def planned_by_type(self) -> Floats:
        """Expected purchases a day by type (I, T), before policies and the level of a draw."""
        return self.type_of_vehicle @ self.daily.T

    def mean_price_by_type(self) -> Floats:
        """Mean price of what each type buys, (I,), yuan."""
        return self.share_of_type @ self.price
