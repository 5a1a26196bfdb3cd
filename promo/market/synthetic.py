"""What would the sales of a city look like that publishes none? A seeded, made-up history.

Expected cars of a month = cars a year / 12 x trend x season x calendar; each month is multiplied
by a lognormal noise, each vehicle's count is Poisson. The same seed gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from promo.market import calendar
from promo.schema import Floats

# Chinese passenger-car retail by month, January first, with mean one: high before the Spring
# Festival and at the end of the year, low in February and in spring. Recalled from the monthly
# retail reports of the passenger-car association; an editable judgement, not a statistic.
CHINESE_SEASON = (1.10, 0.74, 0.95, 0.88, 0.92, 0.97, 0.93, 0.98, 1.10, 1.04, 1.12, 1.27)
MONTHLY_NOISE = 0.05  # standard deviation of the logarithm of a month's total, a judgement


@dataclass(frozen=True, slots=True)
class Margins:
    """What is published (or assumed) of a city's sales."""

    cars_per_year: float  # in the last twelve months
    trend_per_year: float  # 0.05 = five per cent more each year
    months: int
    until: date  # first day of the last month


def stream(seed: int, *key: int) -> np.random.Generator:
    """Random numbers of one seed and key, the same whatever else is drawn."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))


def past_months(until: date, count: int) -> tuple[date, ...]:
    """The last `count` months up to one, first days, oldest first."""
    last = until.year * 12 + until.month - 1
    numbers = range(last - count + 1, last + 1)
    return tuple(date(number // 12, number % 12 + 1, 1) for number in numbers)


def expected_totals(margins: Margins) -> Floats:
    """Expected cars (M,) of each month; the last twelve sum to cars a year."""
    months = past_months(margins.until, max(margins.months, 12))
    ago = np.arange(len(months))[::-1]
    season = np.array(CHINESE_SEASON)[[month.month - 1 for month in months]]
    weight = np.array([calendar.month_weight(month) for month in months])
    shape = (1 + margins.trend_per_year) ** (-ago / 12) * season * weight
    totals = margins.cars_per_year * shape / shape[-12:].sum()
    return np.asarray(totals[-margins.months :], dtype=np.float64)


def generate_sales(
    vehicles: pl.DataFrame, shares: pl.Series, margins: Margins, *, seed: int
) -> pl.DataFrame:
    """A sales history with `SALES_COLUMNS`: one row per month and vehicle."""
    months = past_months(margins.until, margins.months)
    noise = stream(seed, 0).normal(0.0, MONTHLY_NOISE, len(months))
    expected = np.outer(expected_totals(margins) * np.exp(noise), shares.to_numpy())
    units = stream(seed, 1).poisson(expected)
    names = vehicles["vehicle"].to_list()
    return pl.DataFrame(
        {
            "month": pl.Series([month for month in months for _ in names], dtype=pl.Date),
            "vehicle": pl.Series(names * len(months), dtype=pl.String),
            "units": pl.Series(units.ravel(), dtype=pl.Int64),
        }
    )
