"""When do households that are willing to move actually buy?

Willingness is a share of the households planned in each later week (model of threshold costs);
landing is a hazard. Per (type, planned week) one planned flow is split into stayers, willing and
landed, willing and not landed; the largest share already taken is remembered, so that a later
offer moves only the excess and a household moves once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, TypeAlias

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


Left: TypeAlias = Callable[[Floats], Floats]
"""Cars (R, I, U) of the first so many to be willing, a share of those who know, not yet landed."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the households of each (draw, type, planned week) stand, (R, I, U) each.

    People differ by the offer that just moves them and by the day on which they learn of it. Who
    was willing and has not bought when an offer falls is dormant: a better offer, or a shorter
    distance, makes the same households willing again, and only beyond them there are others.

    Attributes
    ----------
    pool : cars willing and not landed
    share : of those who know, who are willing
    dormant : cars that were willing, are not any more, and have not landed
    top, known : share that was willing at the last fall of the offer, and share that knew then
    tilt : how many more of the dormant are near `top` than near `share`, from -1 to 1: who was
        willing early has landed more often
    """

    pool: Floats
    share: Floats
    dormant: Floats
    top: Floats
    known: Floats
    tilt: Floats

    @classmethod
    def nobody(cls, planned: Floats) -> Stand:
        """Nobody has been willing to move."""
        return cls(*(np.zeros_like(planned) for _ in fields(cls)))

    def of(self, index: Any) -> Stand:
        """The stand of some households."""
        return Stand(*(getattr(self, each.name)[index] for each in fields(Stand)))

    def fallen(self, share: Floats, knew: Floats, left: Left | None = None) -> Stand:
        """Where the offer has changed, so that only this share of those who know is willing.

        `left` says who of them have not landed; where that is not known, all have alike.
        """
        falls = share < self.share
        kept = np.divide(share, self.share, out=np.ones_like(share), where=falls)
        tilt = np.zeros_like(share)
        if left is not None:
            some = falls & (self.pool > 0)
            middle = left(0.5 * (share + self.share))
            np.divide(left(share), self.pool, out=kept, where=some)
            kept = np.clip(kept, 0.0, 1.0)
            gone = self.pool * (1.0 - kept)
            lower = np.divide(
                middle - self.pool * kept, gone, out=np.full_like(gone, 0.5), where=gone > 0
            )
            tilt = np.clip(2.0 - 4.0 * lower, -1.0, 1.0)
        return Stand(
            pool=self.pool * kept,
            share=np.minimum(share, self.share),
            dormant=self.dormant + self.pool * (1.0 - kept),
            top=np.where(falls, np.maximum(self.top, self.share), self.top),
            known=np.where(falls, knew, self.known),
            tilt=np.where(falls, tilt, self.tilt),
        )

    def risen(self, planned: Floats, share: Floats, knew: Floats, knows: Floats) -> Stand:
        """A day later: the share of those who know, and the share that knows, may have grown."""
        share = np.maximum(share, self.share)
        if not self.top.any():  # no offer has fallen yet
            fresh = knows * share - knew * self.share
            return replace(self, pool=self.pool + planned * fresh, share=share)
        gap = self.top - self.share
        part = np.divide(share - self.share, gap, out=np.zeros_like(share), where=gap > 0)
        part = np.minimum(part, 1.0)
        woken = self.dormant * part * (1.0 - self.tilt * (1.0 - part))
        tilt = self.tilt * (1.0 - part) / np.maximum(1.0 + self.tilt * part, 1e-12)
        fresh = self._reached(share, knows) - self._reached(self.share, knew)
        pool = self.pool + woken + planned * np.maximum(fresh, 0.0)
        return Stand(pool, share, self.dormant - woken, self.top, self.known, tilt)

    def _reached(self, share: Floats, knows: Floats) -> Floats:
        """Share of all households that has been willing once: now, or at the last fall."""
        before = self.known * self.top
        lower = before + np.maximum(knows - self.known, 0.0) * share
        return np.where(share < self.top, lower, np.maximum(knows * share, before))


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the households stand when a state ends.

    Attributes
    ----------
    day : (R,) day of the window on which it ends
    landed : (R, I, U) cars landed so far
    """

    day: Ints
    stand: Stand
    landed: Floats

    def of_types(self, types: Ints) -> Memory:
        """The memory of some types only."""
        everyone = slice(None)
        return Memory(self.day, self.stand.of((everyone, types)), self.landed[:, types])


@dataclass(frozen=True, slots=True)
class Landing:
    """Expected cars of households that moved to an earlier day.

    Attributes
    ----------
    daily : (R, W, I, U) cars landing on each day, by planned week
    evenings : where the types that move stand at the end of each day; None before the first
    before : (R, I, U) cars that had landed before this state began
    types : (I',) numbers of the types that move
    willing : (W', R, I', U) cars of those who know and are willing, landed or not, on each day
        of the first offer, before any other state or period
    """

    daily: Floats
    evenings: tuple[Stand | None, ...]
    before: Floats
    types: Ints
    willing: Floats

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

    def by_last_chance(self, between: Between, hazard: Floats, lived: Floats) -> Floats:
        """Cars (R, W', I', U) that land under the first offer, by the last day fit for it.

        A willing household signs on a day with the hazard of that day. It has landed in the end
        if it was willing on the last of the days on which it would have signed, and that day's
        willing take what the formulas say. Those who land on one day do not: they are mostly the
        latest to be willing; who is willing from afar, for the largest amounts, has landed before.

        Parameters
        ----------
        hazard : (R, W) daily probability that a willing household buys
        lived : (R, W) part of each day before the end
        """
        dated = np.empty_like(self.willing)
        none_after = np.ones((lived.shape[0], 1, self.willing.shape[-1]))
        for day in reversed(range(len(dated))):
            signs = (hazard * lived)[:, day, None, None] * between.later[day]
            dated[day] = self.willing[day] * (signs * none_after)
            none_after *= 1.0 - signs
        return dated.swapaxes(0, 1)

    def memory(self, day: int, row: int) -> Memory:
        """What one draw remembers at the start of a day."""
        landed = (self.before[row] + self.daily[row, :day].sum(axis=0))[None]
        stand = Stand.nobody(landed)
        evening = self.evenings[day - 1] if day else None
        if evening is not None:
            for each in fields(Stand):
                getattr(stand, each.name)[0, self.types] = getattr(evening, each.name)[row]
        return Memory(np.array([day]), stand, landed)


def joined_memories(memories: Sequence[Memory]) -> Memory:
    """What several draws remember, one after the other."""
    stands = [memory.stand for memory in memories]
    stand = Stand(*(np.concatenate([getattr(s, f.name) for s in stands]) for f in fields(Stand)))
    day = np.concatenate([memory.day for memory in memories])
    return Memory(day, stand, np.concatenate([memory.landed for memory in memories]))


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
    start = np.zeros(len(planned), dtype=np.int64) if memory is None else memory.day
    stand = Stand.nobody(planned) if memory is None else memory.stand
    know = np.concatenate([np.zeros_like(aware[:, :1]), aware], axis=1).T[:, :, None, None]
    shares = willing.on_days(between, period)
    daily = np.zeros((period.size, *planned.shape))
    evenings: list[Stand | None] = [None] * period.size
    first = int((period == period[0]).sum()) if memory is None else 0
    ready = np.zeros((first, *planned.shape))
    for day in range(int(start.min(initial=period.size)), period.size):
        here = (start <= day)[:, None, None]
        share = np.where(here, shares[day], stand.share)
        if memory is not None and (start == day).any():
            stand = stand.fallen(share, know[day])
        elif day and period[day - 1] != period[day]:
            left = None
            if day == first:
                signs = hazard[:, :day, None, None] * between.later[:day, None]
                left = partial(_not_landed, ready, signs, planned * know[1 : day + 1])
            stand = stand.fallen(share, know[day], left)
        knows = np.where(here, know[day + 1], know[day])
        stand = stand.risen(planned, share, know[day], knows)
        if day < first:
            np.multiply(planned * knows, stand.share, out=ready[day])
        stand.pool[...] *= between.later[day]
        np.multiply(stand.pool, hazard[:, day, None, None] * here, out=daily[day])
        stand.pool[...] -= daily[day]
        evenings[day] = stand
    before = np.zeros_like(planned) if memory is None else memory.landed
    types = np.arange(planned.shape[1])
    return Landing(daily.swapaxes(0, 1), tuple(evenings), before, types, ready)


def _not_landed(ready: Floats, signs: Floats, knowing: Floats, share: Floats) -> Floats:
    """Cars (R, I, U) of the first to be willing that have not landed: a share of those who know.

    They have landed if they were willing on the last of the days on which they would have signed.

    Parameters
    ----------
    ready, knowing : (W, R, I, U) cars of those willing, and of those who know, on each day so far
    signs : (R, W, 1, U) probability of signing
    share : (R, I, U) of those who know
    """
    landed = np.zeros_like(share)
    none_after = np.ones_like(signs[:, 0])
    for day in reversed(range(len(ready))):
        landed += np.minimum(ready[day], knowing[day] * share) * (signs[:, day] * none_after)
        none_after *= 1.0 - signs[:, day]
    return np.asarray(knowing[-1] * share - landed)


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
