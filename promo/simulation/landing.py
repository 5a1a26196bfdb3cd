"""When do households that are willing to move actually buy?

Willingness is a share of the households planned in each later week (model of threshold costs);
landing is a hazard. Per (type, planned week) one planned flow is split into stayers, willing and
landed, willing and not landed; the largest share already taken is remembered, so that a later
offer moves only the excess and a household moves once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from promo.schema import DAYS_PER_MONTH, Floats, Ints

DISTANCES = np.concatenate(
    [np.linspace(0.0, 2.0, 17), np.geomspace(2.2, 30.0, 17)],
)
"""Months between two days at which willingness is tabulated; linear between them."""


@dataclass(frozen=True, slots=True)
class Between:
    """Where the distance from each day to each planned week falls in the table of distances.

    Attributes
    ----------
    cell : (W, U) index of the tabulated distance below
    weight : (W, U) weight of the one above
    later : (W, U) whether the planned week begins after the day
    """

    cell: Ints
    weight: Floats
    later: Floats

    @classmethod
    def of(cls, days: Ints, middle: Floats, start: Ints) -> Between:
        """Distances from these days to planned weeks with these middles and first days."""
        months = np.maximum(middle[None, :] - days[:, None], 0.0) / DAYS_PER_MONTH
        months = np.minimum(months, DISTANCES[-1])
        cell = np.clip(np.searchsorted(DISTANCES, months, side="right") - 1, 0, DISTANCES.size - 2)
        weight = (months - DISTANCES[cell]) / (DISTANCES[cell + 1] - DISTANCES[cell])
        later = (start[None, :] > days[:, None]).astype(np.float64)
        return cls(cell=cell, weight=weight, later=later)

    def read(self, table: Floats, days: Ints) -> Floats:
        """Willing share (W', R, I, U) on some days from a table (R, I, U, D) by distance."""
        by_distance = np.moveaxis(table, (2, 3), (0, 1))  # (U, D, R, I)
        planned, cell = np.arange(table.shape[2]), self.cell[days]
        low, high = by_distance[planned, cell], by_distance[planned, cell + 1]
        weight, later = self.weight[days], self.later[days]
        share = (low + (high - low) * weight[..., None, None]) * later[..., None, None]
        return np.ascontiguousarray(np.moveaxis(share, 1, -1))


@dataclass(frozen=True, slots=True)
class Willing:
    """Share of planned households that would move.

    Attributes
    ----------
    share : (R, P, I, U, D) by period of the day they would move to, planned week and distance
    already : (R, P, I, U) share that policies move in both worlds, to their own last days
    """

    share: Floats
    already: Floats

    def read(self, between: Between, period: int, days: Ints) -> Floats:
        """Share (W', R, I, U) that moves to these days of a period and would not have moved."""
        there = between.read(self.share[:, period], days)
        there -= self.already[:, period]
        return np.maximum(there, 0.0, out=there)

    def on_days(self, between: Between, period: Ints) -> Floats:
        """The same (W, R, I, U) on each day of the window for its own period."""
        days = np.arange(period.size)
        each = [self.read(between, int(p), days[period == p]) for p in np.unique(period)]
        return np.concatenate(each)


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the households of each (draw, type, planned week) stand when a state ends.

    Attributes
    ----------
    day : (R,) day of the window on which it ends
    pool : (R, I, U) cars willing and not landed
    taken : (R, I, U) largest share of the planned that was ever willing
    landed : (R, I, U) cars landed so far
    """

    day: Ints
    pool: Floats
    taken: Floats
    landed: Floats

    def of_types(self, types: Ints) -> Memory:
        """The memory of some types only."""
        now = (self.pool, self.taken, self.landed)
        return Memory(self.day, *(each[:, types] for each in now))


@dataclass(frozen=True, slots=True)
class Landing:
    """Expected cars of households that moved to an earlier day.

    Attributes
    ----------
    daily : (R, W, I, U) cars landing on each day, by planned week
    pool, taken : (R, W, I', U) as in `Memory`, at the end of each day, of the types that move
    before : (R, I, U) cars that had landed before this state began
    types : (I',) numbers of the types that move
    """

    daily: Floats
    pool: Floats
    taken: Floats
    before: Floats
    types: Ints

    @property
    def total(self) -> Floats:
        """Cars (R, I, U) landed by the end of the window if this state lasted so long."""
        return np.asarray(self.before + self.daily.sum(axis=1))

    def for_types(self, types: Ints, everyone: int) -> Landing:
        """The same with cars for every type; the types left out do not move."""
        if types.size == everyone:
            return self

        def full(part: Floats, axis: int) -> Floats:
            whole = np.zeros((*part.shape[:axis], everyone, *part.shape[axis + 1 :]))
            whole[(slice(None),) * axis + (types,)] = part
            return whole

        return replace(self, daily=full(self.daily, 2), before=full(self.before, 1), types=types)

    def memory(self, day: int, row: int) -> Memory:
        """What one draw remembers at the start of a day."""
        landed = self.before[row] + self.daily[row, :day].sum(axis=0)
        pool, taken = np.zeros_like(landed), np.zeros_like(landed)
        if day > 0:
            pool[self.types] = self.pool[row, day - 1]
            taken[self.types] = self.taken[row, day - 1]
        return Memory(np.array([day]), pool[None], taken[None], landed[None])


def joined_memories(memories: Sequence[Memory]) -> Memory:
    """What several draws remember, one after the other."""
    names = ("day", "pool", "taken", "landed")
    return Memory(*(np.concatenate([getattr(m, name) for m in memories]) for name in names))


def land(  # noqa: PLR0913 - the inputs of one recursion
    planned: Floats,
    willing: Willing,
    between: Between,
    *,
    aware: Floats,
    hazard: Floats,
    period: Ints,
    memory: Memory | None = None,
) -> Landing:
    """Follow willing households from day to day until they buy or their own day comes.

    Parameters
    ----------
    planned : (R, I, U) cars planned in each week
    willing : who would move, by period of the day they would move to
    aware : (R, W) share of people at home who know
    hazard : (R, W) daily probability that a willing household buys
    period : (W,) period of each day, counted from 0
    memory : what an earlier state left behind; days up to its end are not lived again
    """
    now = memory or _nothing_yet(planned)
    know = aware.T[:, :, None, None]
    days = np.arange(period.size)
    here = (now.day <= days[:, None])[..., None, None]
    reach = know * willing.on_days(between, period)
    taken = np.maximum.accumulate(np.concatenate([now.taken[None], reach * here]))
    joining = planned * np.diff(taken, axis=0)
    leaving = hazard.T[:, :, None, None] * here
    daily, pools = np.zeros_like(joining), np.zeros_like(joining)
    pool = now.pool.copy()
    for day in range(int(now.day.min(initial=period.size)), period.size):
        enters = now.day == day
        if memory is not None and enters.any():
            pool[enters] *= _still(reach[day, enters], now.taken[enters])
        if day and period[day - 1] != period[day]:
            was_here = now.day < day
            earlier = willing.read(between, int(period[day - 1]), days[day : day + 1])[0]
            pool[was_here] *= _still(reach[day, was_here], (know[day] * earlier)[was_here])
        pool += joining[day]
        pool *= between.later[day]
        np.multiply(pool, leaving[day], out=daily[day])
        pool -= daily[day]
        pools[day] = pool
    types = np.arange(planned.shape[1])
    by_draw = [each.swapaxes(0, 1) for each in (daily, pools, taken[1:])]
    return Landing(by_draw[0], by_draw[1], by_draw[2], now.landed, types)


def _nothing_yet(planned: Floats) -> Memory:
    """Nobody has been willing to move."""
    none = np.zeros_like(planned)
    return Memory(np.zeros(len(planned), dtype=np.int64), none, none, none)


def _still(reach: Floats, before: Floats) -> Floats:
    """Share of those willing before who are willing now that the offer has changed."""
    kept = np.divide(reach, before, out=np.ones_like(reach), where=before > 0)
    return np.clip(kept, 0.0, 1.0)


def at_distances(daily: Floats, between: Between, period: Ints, group: Ints) -> Floats:
    """Cars (R, W, I, U) landed each day, by period of landing, group of weeks and distance.

    Returns (R, P, I, G, D): what lands between two of `DISTANCES` belongs to both in part.
    """
    draws, _, types, _ = daily.shape
    shape = (draws, int(period.max()) + 1, types, int(group.max()) + 1, DISTANCES.size)
    found = np.zeros(shape)
    for now in range(shape[1]):
        days = period == now
        for then in range(shape[3]):
            here = np.ix_(days, group == then)
            cell, weight = between.cell[here].ravel(), between.weight[here].ravel()
            place = np.zeros((cell.size, DISTANCES.size))
            number = np.arange(cell.size)
            place[number, cell], place[number, cell + 1] = 1 - weight, weight
            cars = daily[:, days][..., group == then].swapaxes(1, 2)
            found[:, now, :, then] = cars.reshape(draws, types, cell.size) @ place
    return found
