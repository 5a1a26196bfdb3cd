"""What would each type of buyer be paid for each vehicle on each day? The rules, on cells.

The one crossing from the rule engine's frames to the arrays of the simulation. A cell is (draw,
period, type, vehicle); the rules that decide claims decide the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from promo.policy.rules import UNLIMITED, Rules
from promo.schema import FACTS, Bools, Floats, Ints

REGISTRATION_LAG_DAYS = 7
"""Days from invoice to plate and claim; an assumption of the program, printed with its limits."""


def cells(
    days: Sequence[date],
    types: pl.DataFrame,
    vehicles: pl.DataFrame,
    claims_from: date = date.min,
) -> pl.DataFrame:
    """One row per (day, type, vehicle), in that order, with the facts a rule may read.

    Whoever buys before the first day on which claims are taken, `claims_from`, waits for it.
    """
    lag = timedelta(days=REGISTRATION_LAG_DAYS)
    calendar = pl.DataFrame({"invoice_date": list(days)}, schema={"invoice_date": pl.Date})
    dated = calendar.with_columns(
        order_date=pl.col("invoice_date"),
        registration_date=pl.col("invoice_date") + lag,
        claim_date=pl.max_horizontal(pl.col("invoice_date") + lag, pl.lit(claims_from)),
    )
    facts = [name for name in types.columns if name in FACTS]
    # The type goes along, since a frame without columns would have no rows.
    buyers = types.select(pl.col("type").alias("buyer type"), *facts)
    crossed = (
        dated.join(buyers, how="cross", maintain_order="left_right")
        .join(vehicles, how="cross", maintain_order="left_right")
        .drop("buyer type")
    )
    usual = {
        "dealer_listed": pl.lit(value=True),
        "identity_matches": pl.lit(value=True),
        "in_catalogue": pl.col("energy").is_in(["BEV", "PHEV", "EREV", "FCEV"]),
        "trade_in": pl.lit("none"),
    }
    return crossed.with_columns(
        **{name: value for name, value in usual.items() if name not in crossed.columns}
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """What the open pots pay, and what is given up for it.

    Attributes
    ----------
    fen : (R, P, I, J, K) paid by each of K pots
    old_car : (R, P, I, J) yuan that the old car given up would fetch otherwise
    """

    fen: Ints
    old_car: Floats

    def __getitem__(self, rows: Ints) -> Paid:
        """The same of some draws."""
        return Paid(self.fen[rows], self.old_car[rows])

    def but_for(self, gone: Bools) -> Paid:
        """The same with nothing paid for these vehicles (R, J)."""
        left = ~gone[:, None, None]
        return Paid(self.fen * left[..., None], self.old_car * left)


def keeping_the_old_car(frame: pl.DataFrame) -> pl.DataFrame:
    """The same cells if nobody gave up an old car."""
    old = [name for name in frame.columns if name.startswith("trade_in")]
    nothing = [pl.lit(None, frame.schema[name]).alias(name) for name in old if name != "trade_in"]
    return frame.with_columns(*nothing, trade_in=pl.lit("none"))


def better_of(giving: Ints, keeping: Ints, old_car: Floats, gives: Bools) -> Paid:
    """Each buyer gives up the old car only where that pays more than keeping it.

    Parameters
    ----------
    giving, keeping : (R, P, I, J, K) fen
    old_car : (R, I) yuan
    gives : (I,) whether a type has an old car to give up
    """
    value = np.broadcast_to(old_car[:, None, :, None], giving.shape[:-1])
    more = (giving.sum(axis=-1) - keeping.sum(axis=-1)) / 100 > value
    given = more & gives[:, None]
    fen = np.where((given | ~gives[:, None])[..., None], giving, keeping)
    return Paid(fen, np.where(given, value, 0.0))


def pot_names(rules: Rules) -> tuple[str, ...]:
    """The pots of a campaign in the order of its file; one boundless pot if it has none."""
    return tuple(pot.id for pot in rules.campaign.money.pots) or (UNLIMITED,)


def amounts(frame: pl.DataFrame, rules: Rules, open_pots: frozenset[str]) -> Ints:
    """Fen that each pot pays for each cell (N, P), pots in the order of `pot_names`."""
    paid = rules.offers(frame, open_pots=open_pots)
    columns = [paid[f"pot.{pot}"].fill_null(0).to_numpy() for pot in pot_names(rules)]
    return np.stack(columns, axis=-1).astype(np.int64)


def scaled_amounts(
    frame: pl.DataFrame, rules: Rules, open_pots: frozenset[str], scales: dict[str, Floats]
) -> Ints:
    """Fen by draw, cell and pot (R, N, P) where some benefits' amounts are assumed.

    `scales` maps the column `scale.<benefit>` to the factor (R,) of each draw; empty: one draw.
    """
    if not scales:
        return amounts(frame, rules, open_pots)[np.newaxis]
    draws = len(next(iter(scales.values())))
    factors = pl.DataFrame(scales)
    crossed = factors.join(frame, how="cross", maintain_order="left_right")
    return amounts(crossed, rules, open_pots).reshape(draws, frame.height, -1)


def periods(daily: Sequence[Ints], breaks: Sequence[int]) -> tuple[Ints, Ints]:
    """Number of the period of each day (T,), and one day that stands for each period.

    `daily` holds, for the campaign and each policy that holds anyway, what every cell is paid on
    each day (T, N); a period is a run of days on which nothing changes and no break falls.
    """
    changes = np.zeros(daily[0].shape[0], dtype=bool)
    changes[[0, *(day for day in breaks if day < changes.size)]] = True
    for paid in daily:
        changes[1:] |= (paid[1:] != paid[:-1]).any(axis=1)
    period = np.cumsum(changes) - 1
    return period, np.flatnonzero(changes)
