"""When does the money run out? Claims against first-come pots, day by day.

Claims arrive at rates that are known within one state (the set of open pots). Whole days add up
until the first on which a pot cannot pay; that day alone is put in order, claim by claim. The
pot closes at its first refusal, and what is left of the day is lived in the next state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from promo.schema import Floats, Ints
from promo.simulation.draws import Luck

Cars: TypeAlias = npt.NDArray[Any]
"""Whole cars as integers where counts are drawn, fractions of cars where means are taken."""

LastYuan: TypeAlias = Literal["refuse", "part", "overspend"]


@dataclass(frozen=True, slots=True)
class ClaimRates:
    """Expected claims a day in one state of the pots.

    Attributes
    ----------
    rates : (W, N) claims a day, by column
    amount : (N, P) fen that each pot pays to a claim of this column
    """

    rates: Floats
    amount: Ints


@dataclass(frozen=True, slots=True)
class Carry:
    """What is left in one pot at the start of a day of the window goes to another pot."""

    day: int
    giver: int
    taker: int


@dataclass(frozen=True, slots=True)
class Spell:
    """What happened in one state of the pots.

    Attributes
    ----------
    open_pots : numbers of the pots that were open
    start, end : instants in days since the window's first midnight
    claims : (W, N) claims accepted, by day and column
    """

    open_pots: frozenset[int]
    start: float
    end: float
    claims: Cars


@dataclass(frozen=True, slots=True)
class MoneyPath:
    """The history of the pots in one draw.

    Attributes
    ----------
    spells : one a state, in order
    closing : (P,) instant of the first refusal for lack of money, infinite if there was none
    spent : (W, P) fen a day
    """

    spells: tuple[Spell, ...]
    closing: Floats
    spent: Cars


def spend(
    rates_in: Callable[[frozenset[int], float], ClaimRates],
    budget: Ints,
    *,
    days: int,
    last_yuan: LastYuan,
    luck: Luck,
    carries: tuple[Carry, ...] = (),
) -> MoneyPath:
    """Pay claims in order of arrival until the window ends or every pot is closed.

    Parameters
    ----------
    rates_in : claims in the state with these pots open, entered at this instant
    budget : (P,) fen in each pot
    days : length of the window
    carries : in order of their days
    """
    pots = frozenset(range(budget.size))
    closing = np.full(budget.size, np.inf)
    spent = np.zeros((days, budget.size), dtype=np.int64 if luck.whole else np.float64)
    spells: list[Spell] = []
    instant = 0.0
    while pots and instant < days:
        state = rates_in(pots, instant)
        arrived = luck.counts(_from_instant(state.rates, instant))
        due = arrived @ state.amount
        held = _held(budget, spent + due, carries)
        stop = _first_day_short(due, held - spent.sum(axis=0), pots)
        if stop is None:
            spent += _pay(arrived, state.amount)
            spells.append(Spell(pots, instant, float(days), arrived))
            break
        earlier = arrived.copy()
        earlier[stop:] = 0
        spent += _pay(earlier, state.amount)
        closes, paid, tops, moment = _closing_day(
            arrived[stop], state.amount, held[stop] - spent.sum(axis=0), pots, last_yuan, luck
        )
        earlier[stop] = paid
        spent[stop] += tops
        begin = instant - stop if int(instant) == stop else 0.0
        end = stop + begin + (1 - begin) * moment
        spells.append(Spell(pots, instant, end, earlier))
        closing[list(closes)] = end
        pots, instant = pots - closes, end
    return MoneyPath(spells=tuple(spells), closing=closing, spent=spent)


def _held(budget: Ints, spent: Cars, carries: tuple[Carry, ...]) -> Cars:
    """Fen (W, P) that each pot has received by each day, if so much is spent every day (W, P)."""
    held = np.broadcast_to(budget, spent.shape).astype(spent.dtype)
    for carry in carries:
        left = np.maximum(held[carry.day] - spent[: carry.day].sum(axis=0), 0)[carry.giver]
        held[carry.day :, carry.giver] -= left
        held[carry.day :, carry.taker] += left
    return held


def _from_instant(rates: Floats, instant: float) -> Floats:
    """Rates that are left from an instant on."""
    day = int(instant)
    left = rates.copy()
    left[:day] = 0.0
    if day < left.shape[0]:
        left[day] *= 1.0 - (instant - day)
    return left


def _pay(claims: Cars, amount: Ints) -> Cars:
    return claims @ amount


def _first_day_short(paid: Cars, left: Cars, pots: frozenset[int]) -> int | None:
    """The first day on whose evening an open pot would be overdrawn; both are (W, P)."""
    open_pots = sorted(pots)
    short = (paid[:, open_pots].cumsum(axis=0) > left[:, open_pots]).any(axis=1)
    return int(short.argmax()) if short.any() else None


def _closing_day(
    arrived: Cars,
    amount: Ints,
    left: Cars,
    pots: frozenset[int],
    last_yuan: LastYuan,
    luck: Luck,
) -> tuple[frozenset[int], Cars, Cars, float]:
    """Settle one day claim by claim.

    Returns the pots that close, the claims paid by column, the fen paid by pot, and when in the
    day the first refusal came (0 to 1). Whatever the rule for the last yuan, a claim that finds a
    pot empty is refused.
    """
    columns, sizes, moments = luck.order(arrived)
    due = sizes[:, None] * amount[columns]
    running = due.cumsum(axis=0)
    short = running > left
    # Fractions of claims add up to a rounding less than their day: then the last does not fit.
    short[-1] |= arrived @ amount > left
    short[:, [p for p in range(left.size) if p not in pots]] = False
    first = int(short.any(axis=1).argmax())
    closes = frozenset(np.flatnonzero(short[first]).tolist())
    before = running[first] - due[first]
    found_empty = (before >= left)[sorted(closes)].all()
    paid_count = first if last_yuan == "refuse" or found_empty else first + 1
    paid = np.zeros_like(arrived)
    np.add.at(paid, columns[:paid_count], sizes[:paid_count])
    fen = running[paid_count - 1] if paid_count else np.zeros_like(left)
    if last_yuan == "part":
        fen = np.minimum(fen, left)
    return closes, paid, fen, float(moments[first])
