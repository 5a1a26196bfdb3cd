"""Who are the subsidised buyers? Each claim is classed by the same household's purchase without.

First match wins: bought nothing within reach: new; bought elsewhere: from outside; planned outside
the window: moved in time; another vehicle: switched; the same vehicle: would have bought anyway
(re-timed within the window included). The five sum to the subsidised cars in every draw, because
every claim is split once, over all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from promo.schema import Bools, Floats, Ints
from promo.simulation.draws import Luck, Means
from promo.simulation.money_path import Cars, ClaimRates, Spell
from promo.simulation.setting import Setting
from promo.simulation.uptake import Uptake, Window
from promo.simulation.without import Planned

PARTS = (
    "would_have_bought_anyway",
    "switched",
    "moved_in_time",
    "came_from_outside",
    "new_buyers",
)
ANYWAY, SWITCHED, MOVED, OUTSIDE, NEW, POOL = range(6)
"""Rows of the ledger. New buyers are those of the market (`NEW`), who answer as new-car buyers do,
and those of the replacement pool (`POOL`), who would have kept their car or bought a used one."""
ROWS = 6
LONGEST_BIN = 28


def claim_weeks(days: int) -> Ints:
    """First days of the weeks of a window."""
    return np.arange(0, days, 7)


@dataclass(frozen=True, slots=True)
class Sources:
    """Streams of claims of one draw in one state: kind of household, type, period.

    Attributes
    ----------
    rate : (S, W) cars a day
    vehicles : (S, 2, J) share of them by vehicle; row 0 would have bought it anyway or had no
        other plan, row 1 would have bought another one
    part : (S, 2) part of the ledger of both rows
    origin : (S, J) vehicles that those of row 1 would have bought
    planned : (S, V, U) cars by week of the claim and week for which they were planned, of those
        who are re-timed; zero for all others
    gain : (S,) yuan gained a car
    fen : (S, J, K) paid by each pot
    old_car : (S, J) yuan that the old car given up would fetch otherwise
    """

    rate: Floats
    vehicles: Floats
    part: Ints
    origin: Floats
    planned: Floats
    gain: Floats
    fen: Ints
    old_car: Floats

    def claim_rates(self) -> tuple[ClaimRates, Ints, Ints, Ints]:
        """Rates by (source, amount): rates, amounts, and source and amount class of columns."""
        amounts, of_cell = np.unique(
            self.fen.reshape(-1, self.fen.shape[-1]), axis=0, return_inverse=True
        )
        of_vehicle = of_cell.reshape(self.fen.shape[:2])
        member = of_vehicle[:, None, :] == np.arange(len(amounts))[None, :, None]
        paid = amounts.sum(axis=1) > 0
        weight = (self.vehicles.sum(axis=1)[:, None, :] * member).sum(axis=2) * paid
        source, amount = np.nonzero(weight > 0)
        rates = (self.rate[source] * weight[source, amount][:, None]).T
        return ClaimRates(rates, amounts[amount]), source, amount, of_vehicle


@dataclass(frozen=True, slots=True)
class Tally:
    """Cars of one draw, added up over the states of its pots.

    L listed (local) vehicles come first in the last axis, all others together after them.

    Attributes
    ----------
    parts : (6, J) subsidised cars, by row of the ledger
    arrived : (T, L + 1) subsidised cars bought
    same : (T, L + 1) of which the same household buys the same on the same day without
    removed : (T, L + 1) cars that the other subsidised households would have bought
    instead : (J,) what all subsidised households buy without, inside the horizon
    from_beyond : cars whose households were planned beyond the horizon
    gain : yuan
    old_cars : yuan that the old cars given up would fetch otherwise
    """

    parts: Cars
    arrived: Cars
    same: Cars
    removed: Cars
    instead: Cars
    from_beyond: Cars
    gain: Floats
    old_cars: Floats

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


def sources(
    setting: Setting, window: Window, planned: Planned, state: Uptake, row: int
) -> Sources:
    """All streams of claims of one draw in one state."""
    builder = _Builder(setting, window, planned, state, row)
    listed = [
        stream
        for period in range(window.periods)
        for stream in builder.of_period(period)
        if stream.rate.any() and stream.terms.fen.any()
    ]
    return _stacked(listed, setting, window, state.fen.shape[-1])


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one type is paid for each vehicle, (J, K) fen, and gives up for it, (J,) yuan."""

    fen: Ints
    old_car: Floats


@dataclass(frozen=True, slots=True)
class _Stream:
    rate: Floats
    vehicles: Floats
    part: tuple[int, int]
    origin: Floats
    planned: Floats
    gain: float
    terms: _Terms


def _stacked(listed: list[_Stream], setting: Setting, window: Window, pots: int) -> Sources:
    cars, weeks = setting.price.size, setting.bins.start.size
    if not listed:
        none = np.zeros((0, cars))
        return Sources(
            rate=np.zeros((0, window.days.size)),
            vehicles=np.zeros((0, 2, cars)),
            part=np.zeros((0, 2), dtype=np.int64),
            origin=none,
            planned=np.zeros((0, claim_weeks(window.days.size).size, weeks)),
            gain=np.zeros(0),
            fen=np.zeros((0, cars, pots), dtype=np.int64),
            old_car=none,
        )
    return Sources(
        rate=np.stack([s.rate for s in listed]),
        vehicles=np.stack([s.vehicles for s in listed]),
        part=np.array([s.part for s in listed]),
        origin=np.stack([s.origin for s in listed]),
        planned=np.stack([s.planned for s in listed]),
        gain=np.array([s.gain for s in listed]),
        fen=np.stack([s.terms.fen for s in listed]),
        old_car=np.stack([s.terms.old_car for s in listed]),
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    """Streams of one draw, period by period; `planned` holds this draw alone."""

    setting: Setting
    window: Window
    planned: Planned
    state: Uptake
    row: int

    def of_period(self, period: int) -> list[_Stream]:
        on = self.window.period == period
        types = self.state.benefit.shape[2]
        streams = [s for t in range(types) for s in self._of_type(period, t, on)]
        return [*streams, *self._from_outside(period, on)]

    def _of_type(self, period: int, kind: int, on: Bools) -> list[_Stream]:
        fen = self.state.fen[self.row, period, kind]
        if not fen.any():
            return []
        paid = fen.sum(axis=1) > 0
        response = self.state.response
        here = (self.row, period, kind)
        terms = _Terms(fen, self.state.old_car[here])
        stay, switched, new = (
            a[here] * paid for a in (response.stay, response.switched, response.new)
        )
        shares = self.planned.shares[0, self.window.first_period + period, kind]
        origin = _normalised(np.maximum(shares - response.stay[here], 0.0))
        none = self._not_moved()
        gain = self.state.gain[here] / max(float((stay + switched + new).sum()), 1e-12)
        joiners = self.state.joiners[self.row, :, kind] * on
        faithful = np.divide(stay, stay + switched, out=np.ones_like(stay), where=stay > 0)
        return [
            _Stream(
                self.state.stayers[self.row, :, kind] * on,
                np.stack([stay, switched]),
                (ANYWAY, SWITCHED),
                origin,
                none,
                gain,
                terms,
            ),
            _Stream(
                joiners,
                np.stack([new, np.zeros_like(new)]),
                (NEW, NEW),
                origin,
                none,
                gain,
                terms,
            ),
            *self._movers(period, kind, on, faithful, origin, terms),
            self._delayed(kind, on, faithful, origin, terms),
            *self._from_pool(period, kind, on, terms),
        ]

    def _from_pool(self, period: int, kind: int, on: Bools, terms: _Terms) -> list[_Stream]:
        pool = self.state.pool
        cars = pool.daily[self.row, :, kind] * on
        if not cars.any():
            return []
        taken = pool.vehicles[self.row, period, kind]
        return [
            _Stream(
                cars,
                np.stack([taken, np.zeros_like(taken)]),
                (POOL, POOL),
                taken,
                self._not_moved(),
                float(pool.gain[self.row, period, kind]),
                terms,
            )
        ]

    def _movers(
        self, period: int, kind: int, on: Bools, faithful: Floats, origin: Floats, terms: _Terms
    ) -> list[_Stream]:
        movers, row = self.state.movers, self.row
        landed = movers.landing.daily[row, :, kind]
        streams = []
        for group, inside in enumerate(self.window.inside):
            weeks = self.window.group == group
            taken = movers.vehicles[row, period, kind, group]
            streams.append(
                _Stream(
                    landed[:, weeks].sum(axis=1) * on,
                    np.stack([taken * faithful, taken * (1 - faithful)]),
                    (ANYWAY, SWITCHED) if inside else (MOVED, MOVED),
                    origin,
                    self._by_claim_week(landed * on[:, None]) * weeks,
                    float(movers.gain[row, period, kind, group]),
                    terms,
                )
            )
        return streams

    def _by_claim_week(self, daily: Floats) -> Floats:
        """Cars by day (W, ...) as cars by week of the window (V, ...)."""
        return np.asarray(np.add.reduceat(daily, claim_weeks(daily.shape[0]), axis=0))

    def _not_moved(self) -> Floats:
        """The planned weeks of those who are not re-timed."""
        weeks = claim_weeks(self.window.days.size).size
        return np.zeros((weeks, self.setting.bins.start.size))

    def _delayed(
        self, kind: int, on: Bools, faithful: Floats, origin: Floats, terms: _Terms
    ) -> _Stream:
        delayed, row = self.state.delayed, self.row
        taken = delayed.vehicles[row, kind]
        return _Stream(
            delayed.landing[row, :, kind] * on,
            np.stack([taken * faithful, taken * (1 - faithful)]),
            (MOVED, MOVED),
            origin,
            self._not_moved() + self.setting.bins.gather(delayed.waiting[row, kind]),
            float(delayed.gain[row, kind]),
            terms,
        )

    def _from_outside(self, period: int, on: Bools) -> list[_Stream]:
        home = self.state.benefit.shape[2]
        if self.state.fen.shape[2] == home:
            return []
        cars = self.state.outside[self.row]
        day = int(np.flatnonzero(on)[0])
        taken = _normalised(cars[day])
        return [
            _Stream(
                cars.sum(axis=1) * on,
                np.stack([taken, np.zeros_like(taken)]),
                (OUTSIDE, OUTSIDE),
                taken,
                self._not_moved(),
                float(self.state.outside_gain[self.row, period]),
                _Terms(self.state.fen[self.row, period, home], np.zeros(taken.size)),
            )
        ]


def _normalised(weights: Floats) -> Floats:
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))


@dataclass(frozen=True, slots=True)
class Claimants:
    """Columns of claims of one state, and how each is split over vehicles."""

    setting: Setting
    window: Window
    streams: Sources
    source: Ints
    vehicles: Floats

    @classmethod
    def of(
        cls, setting: Setting, window: Window, streams: Sources
    ) -> tuple[Claimants, ClaimRates]:
        """Claims of one state by source and amount."""
        rates, source, amount, of_vehicle = streams.claim_rates()
        member = of_vehicle[source] == amount[:, None]
        vehicles = streams.vehicles[source] * member[:, None, :]
        total = vehicles.sum(axis=(1, 2), keepdims=True)
        return cls(
            setting, window, streams, source, vehicles / np.where(total > 0, total, 1)
        ), rates

    def tally(self, claims: Cars, luck: Luck) -> Tally:
        """Class these claims (W, N) and find what their households would have done."""
        local = self.setting.local
        claims = _lived(claims)
        days, columns = claims.shape
        few = _local_and_rest(self.vehicles, local)
        flat = few.reshape(columns, math.prod(few.shape[1:]))
        split = luck.split(claims, flat).reshape(days, columns, *few.shape[1:])
        by_column = split.sum(axis=0)
        rest = luck.split(by_column[..., -1], _normalised(self.vehicles * ~local))
        cars = rest.copy()
        cars[..., local] = by_column[..., :-1]
        parts = np.zeros((ROWS, local.size), dtype=claims.dtype)
        np.add.at(parts, self.streams.part[self.source], cars)
        removal = self._removal(split, luck)
        gain = claims.sum(axis=0) @ self.streams.gain[self.source]
        return Tally(
            parts=parts,
            arrived=self._on_calendar(split.sum(axis=(1, 2))),
            same=self._on_calendar(split[:, self._same_day()][:, :, 0].sum(axis=1)),
            removed=removal[0],
            instead=removal[1] + cars[self._same_day(), 0].sum(axis=0),
            from_beyond=removal[2],
            gain=np.asarray(gain),
            old_cars=self._old_cars(cars),
        )

    def mean_tally(self, claims: Floats) -> Tally:
        """The mean of `tally` for these mean claims (W, N)."""
        claims = _lived(claims)
        few = _local_and_rest(self.vehicles, self.setting.local)
        origin = _local_and_rest(self.streams.origin, self.setting.local)[self.source]
        same_day = self._same_day()[:, None]
        by_column = claims.sum(axis=0)
        otherwise = few[:, 1].sum(axis=1, keepdims=True) * origin
        by_week = np.add.reduceat(claims, claim_weeks(len(claims)), axis=0).T[:, :, None]
        streams = self.streams.planned[:, : by_week.shape[1]]
        planned = (_normalised(streams)[self.source] * by_week).sum(axis=1)
        moved = (few[:, 0] + otherwise) * ~same_day
        inside = planned[:, self.setting.bins.start < self.setting.horizon].sum(axis=1)
        share = np.divide(inside, by_column, out=np.zeros_like(inside), where=by_column > 0)
        cars = by_column[:, None, None] * self.vehicles
        parts = np.zeros((ROWS, self.setting.local.size))
        np.add.at(parts, self.streams.part[self.source], cars)
        plan = (
            cars[:, 0] + cars[:, 1].sum(axis=1, keepdims=True) * self.streams.origin[self.source]
        )
        return Tally(
            parts=parts,
            arrived=self._on_calendar(claims @ few.sum(axis=1)),
            same=self._on_calendar(claims @ (few[:, 0] * same_day)),
            removed=self._on_calendar(claims @ (otherwise * same_day))
            + _over_days(self.setting, planned.T @ moved, Means()),
            instead=np.where(same_day[:, 0], 1.0, share) @ plan,
            from_beyond=np.asarray(planned.sum() - inside.sum()),
            gain=np.asarray(by_column @ self.streams.gain[self.source]),
            old_cars=self._old_cars(cars),
        )

    def _old_cars(self, cars: Cars) -> Floats:
        """Yuan that the old cars given up for these cars (N, 2, J) would fetch otherwise."""
        value = self.streams.old_car[self.source]
        return np.asarray((cars.sum(axis=1) * value).sum(), dtype=np.float64)

    def _same_day(self) -> Bools:
        """Columns of households that buy on their planned day in the city."""
        part = self.streams.part[self.source, 0]
        moved = self.streams.planned[self.source].any(axis=(1, 2))
        return np.asarray((part == ANYWAY) & ~moved)

    def _on_calendar(self, cars: Cars) -> Cars:
        """Cars by window day (W, ...) on the whole calendar (T, ...)."""
        whole = np.zeros((len(self.setting.days), *cars.shape[1:]), dtype=cars.dtype)
        whole[self.window.days[: len(cars)]] = cars
        return whole

    def _removal(self, split: Cars, luck: Luck) -> tuple[Cars, Cars, Cars]:
        """Purchases that do not happen because these did: by day, by vehicle, beyond horizon."""
        local = self.setting.local
        origin = self.streams.origin
        few = _local_and_rest(origin, local)
        removed = np.zeros((len(self.setting.days), few.shape[-1]), dtype=split.dtype)
        vehicles = np.zeros(local.size, dtype=split.dtype)
        same_day = self._same_day()
        changing = (split[:, :, 1].sum(axis=2) * same_day).T
        changed = _by_source(changing, self.source, len(origin)).T
        gone = luck.split(changed, few)
        removed += self._on_calendar(gone.sum(axis=1))
        vehicles += _by_vehicle(gone.sum(axis=0), origin, local, luck)
        weeks = np.zeros((self.setting.bins.start.size, few.shape[-1]), dtype=split.dtype)
        by_week = np.add.reduceat(split, claim_weeks(len(split)), axis=0).swapaxes(0, 1)
        by_source = _by_source(by_week, self.source, len(origin))
        inside = self.setting.bins.start < self.setting.horizon
        for kind in np.flatnonzero(self.streams.planned.any(axis=(1, 2))):
            same, other = by_source[kind].swapaxes(0, 1)
            moved = same + luck.split(other.sum(axis=-1), few[kind])
            shares = _normalised(self.streams.planned[kind, : len(moved)])[:, None]
            planned = luck.split(moved, shares).sum(axis=0).T
            weeks += planned
            vehicles += self._moved_vehicles(planned[inside].sum(axis=0), int(kind), luck)
        removed += _over_days(self.setting, weeks, luck)
        return removed, vehicles, weeks[~inside].sum()

    def _moved_vehicles(self, cars: Cars, kind: int, luck: Luck) -> Cars:
        """Vehicles (J,) that moved households had planned, from local ones and the rest."""
        likely = self.streams.vehicles[kind]
        plan = likely[0] + likely[1].sum() * self.streams.origin[kind]
        return _by_vehicle(cars[None], plan[None], self.setting.local, luck)


def _lived(claims: Cars) -> Cars:
    """Claims (W, N) up to the last day that has any."""
    some = np.flatnonzero(claims.any(axis=1))
    return claims[: some[-1] + 1 if some.size else 1]


def _local_and_rest(weights: Floats, local: Bools) -> Floats:
    """Weights (..., J) as shares of the local vehicles one by one and all others (..., L + 1)."""
    rest = (weights * ~local).sum(axis=-1, keepdims=True)
    both = np.concatenate([weights[..., local], rest], axis=-1)
    axes = tuple(range(1, both.ndim))
    total = both.sum(axis=axes, keepdims=True)
    return np.asarray(np.divide(both, total, out=np.zeros_like(both), where=total > 0))


def _by_vehicle(cars: Cars, weights: Floats, local: Bools, luck: Luck) -> Cars:
    """Cars by local vehicle and rest (S, L + 1) as cars by vehicle (J,)."""
    found: Cars = luck.split(cars[:, -1], _normalised(weights * ~local)).sum(axis=0)
    found[local] += cars[:, :-1].sum(axis=0)
    return found


def _by_source(cars: Cars, source: Ints, count: int) -> Cars:
    """Cars by column (N, ...) added up by source (S, ...); columns stand in order of source."""
    total = np.zeros((count, *cars.shape[1:]), dtype=cars.dtype)
    if source.size:
        starts = np.flatnonzero(np.diff(source, prepend=-1))
        total[source[starts]] = np.add.reduceat(cars, starts, axis=0)
    return total


def _over_days(setting: Setting, weeks: Cars, luck: Luck) -> Cars:
    """Cars by planned week (U, L + 1) on the days of the week (T, L + 1)."""
    bins = setting.bins
    offset = np.arange(LONGEST_BIN)
    day = np.minimum(bins.start[:, None] + offset, bins.end[:, None] - 1)
    planned = setting.daily.sum(axis=1)[day] * (offset < (bins.end - bins.start)[:, None])
    split: npt.NDArray[Any] = luck.split(weeks, _normalised(planned)[:, None, :])
    inside = offset < (bins.end - bins.start)[:, None]
    return np.asarray(np.moveaxis(split, 2, 1)[inside])  # weeks follow each other: day by day


def expected_claims(rates: ClaimRates, spell: Spell) -> Floats:
    """Mean claims (W, N) of a state between two instants."""
    day = np.arange(rates.rates.shape[0])
    lived = np.clip(spell.end - day, 0, 1) - np.clip(spell.start - day, 0, 1)
    return np.asarray(rates.rates * lived[:, None])
