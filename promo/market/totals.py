"""How many cars were sold in each month, where only totals are published?

A small CSV table of months and cars, shared out over the vehicles of a catalogue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from promo.errors import Diagnostic
from promo.market.calendar import month_starts
from promo.textfile import read_table

_COLUMNS = {"month": "text", "cars": "count"}
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Totals:
    """Published totals: `month` (first day) and `cars`, oldest first, no month left out."""

    monthly: pl.DataFrame
    digest: str


def load_totals(path: str) -> tuple[Totals | None, tuple[Diagnostic, ...]]:
    """The totals of a CSV file with the columns month and cars, or what is wrong with it."""
    table = read_table(path, _COLUMNS)
    if table.value is None:
        return None, table.diagnostics
    written = table.value["month"].to_list()
    wrong = [
        table.diagnostic(row, "V201", f"a month was expected, not '{text}'", help=_HELP)
        for row, text in enumerate(written)
        if not _MONTH.fullmatch(text)
    ]
    if wrong or not written:
        return None, tuple(wrong)
    months = [date(int(text[:4]), int(text[5:]), 1) for text in written]
    every = month_starts(months[0], months[-1])
    if tuple(months) != every:
        row = next(
            (n for n, month in enumerate(months) if n >= len(every) or month != every[n]), 0
        )
        message = "months follow each other without a gap, the oldest first"
        return None, (table.diagnostic(row, "D903", message),)
    monthly = table.value.select("cars").with_columns(month=pl.Series(months, dtype=pl.Date))
    return Totals(monthly, table.digest), ()


_HELP = "write it as '2022-10'"


def shared_out(totals: pl.DataFrame, vehicles: pl.DataFrame, shares: pl.Series) -> pl.DataFrame:
    """A sales history with `SALES_COLUMNS`: each month's cars over the vehicles, none lost.

    >>> totals = pl.DataFrame({"month": [date(2009, 6, 1)], "cars": [10]})
    >>> cars = pl.DataFrame({"vehicle": ["a", "b", "c"]})
    >>> shared_out(totals, cars, pl.Series([0.25, 0.25, 0.5]))["units"].to_list()
    [2, 3, 5]
    """
    until = np.rint(np.outer(totals["cars"].to_numpy(), shares.cum_sum().to_numpy()))
    units = np.diff(until.astype(np.int64), axis=1, prepend=0)
    names = vehicles["vehicle"].to_list()
    return pl.DataFrame(
        {
            "month": pl.Series([m for m in totals["month"] for _ in names], dtype=pl.Date),
            "vehicle": pl.Series(names * totals.height, dtype=pl.String),
            "units": pl.Series(units.ravel(), dtype=pl.Int64),
        }
    )
