"""From whom do claims come in one state of the pots? Streams of claims, and what each is paid.

A stream is a kind of household, of one type, in one period. It is the last point at which all
draws of a block are worked on together; counting cars is the business of each draw's own luck.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from promo.schema import Bools, Floats, Ints
from promo.simulation.setting import Setting
from promo.simulation.uptake import Uptake, Window
from promo.simulation.without import Planned

ANYWAY, SWITCHED, MOVED, OUTSIDE, NEW, POOL = range(6)
"""Rows of the ledger. New buyers are those of the market (`NEW`), who answer as new-car buyers do,
and those of the replacement pool (`POOL`), who would have kept their car or bought a used one."""


def claim_weeks(days: int) -> Ints:
    """First days of the weeks of a window."""
    return np.arange(0, days, 7)


@dataclass(frozen=True, slots=True)
class Streams:
    """Streams of claims of R draws in one state.

    Attributes
    ----------
    rate : (R, W, S) cars a day
    vehicles : (R, S, 2, J) share of them by vehicle; row 0 would have bought it anyway or had no
        other plan, row 1 would have bought another one
    part : (S, 2) row of the ledger of both rows
    kind : (S,) number of the type; the outside one after all others
    origin : (R, S, J) vehicles that those of row 1 would have bought
    gain : (R, S) yuan gained a car
    cell : (S,) cell of the offer (period and type) of each stream
    fen : (R, M, J, K) paid in each cell by each pot
    old_car : (R, M, J) yuan that the old car given up would fetch otherwise
    retimed : (S',) streams of households that do not buy on their planned day
    planned : (R, S', V, U) cars of those by week of the claim and week for which they were planned
    """

    rate: Floats
    vehicles: Floats
    part: Ints
    kind: Ints
    origin: Floats
    gain: Floats
    cell: Ints
    fen: Ints
    old_car: Floats
    retimed: Ints
    planned: Floats


def streams(setting: Setting, window: Window, planned: Planned, state: Uptake) -> Streams:
    """All streams of claims of the draws of a state."""
    found = list(_Builder(setting, window, planned, state).all())
    listed = [stream for stream in found if stream.rate.any()] or found[:1]
    draws, periods, kinds, vehicles, pots = state.fen.shape
    outside = np.zeros((draws, periods, kinds - state.old_car.shape[2], vehicles))
    retimed = [number for number, stream in enumerate(listed) if stream.planned is not None]
    weeks = (claim_weeks(window.days.size).size, setting.bins.start.size)
    planned_weeks = [s.planned for s in listed if s.planned is not None]
    return Streams(
        rate=np.stack([s.rate for s in listed], axis=2),
        vehicles=np.stack([s.vehicles for s in listed], axis=1),
        part=np.array([s.part for s in listed]),
        kind=np.array([s.place[1] for s in listed]),
        origin=np.stack([s.origin for s in listed], axis=1),
        gain=np.stack([s.gain for s in listed], axis=1),
        cell=np.array([s.place[0] * kinds + s.place[1] for s in listed]),
        fen=state.fen.reshape(draws, periods * kinds, vehicles, pots),
        old_car=np.concatenate([state.old_car, outside], axis=2).reshape(
            draws, periods * kinds, vehicles
        ),
        retimed=np.array(retimed, dtype=np.int64),
        planned=np.stack(planned_weeks, axis=1) if planned_weeks else np.zeros((draws, 0, *weeks)),
    )


Place: TypeAlias = tuple[int, int]
"""Period and type."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """One stream; shapes as in `Streams` without their axis S."""

    place: Place
    rate: Floats
    vehicles: Floats
    part: tuple[int, int]
    origin: Floats
    gain: Floats
    planned: Floats | None = None


@dataclass(frozen=True, slots=True)
class _Builder:
    """Streams of one state, period by period and type by type."""

    setting: Setting
    window: Window
    planned: Planned
    state: Uptake

    def all(self) -> Iterator[_Stream]:
        kinds = self.state.benefit.shape[2]
        for period in range(self.window.periods):
            on = (self.window.period == period).astype(np.float64)
            for kind in range(kinds):
                yield from self._of_type((period, kind), on)
            yield from self._from_outside((period, kinds), on)

    def _of_type(self, place: Place, on: Floats) -> Iterator[_Stream]:
        period, kind = place
        state, response = self.state, self.state.response
        here = (slice(None), period, kind)
        paid = state.fen[here].sum(axis=-1) > 0
        stay, switched, new = (
            part[here] * paid for part in (response.stay, response.switched, response.new)
        )
        shares = self.planned.shares[:, self.window.first_period + period, kind]
        origin = normalised(np.maximum(shares - response.stay[here], 0.0))
        gain = state.gain[here] / np.maximum((stay + switched + new).sum(axis=-1), 1e-12)
        faithful = np.divide(stay, stay + switched, out=np.ones_like(stay), where=stay > 0)
        yield _Stream(
            place,
            state.stayers[..., kind] * on,
            np.stack([stay, switched], axis=1),
            (ANYWAY, SWITCHED),
            origin,
            gain,
        )
        yield _Stream(
            place, state.joiners[..., kind] * on, _one_plan(new), (NEW, NEW), origin, gain
        )
        yield from self._movers(place, on, faithful, origin)
        yield self._delayed(place, on, faithful, origin)
        yield self._from_pool(place, on)

    def _from_pool(self, place: Place, on: Floats) -> _Stream:
        period, kind = place
        pool = self.state.pool
        taken = pool.vehicles[:, period, kind]
        return _Stream(
            place,
            pool.daily[..., kind] * on,
            _one_plan(taken),
            (POOL, POOL),
            taken,
            pool.gain[:, period, kind],
        )

    def _movers(
        self, place: Place, on: Floats, faithful: Floats, origin: Floats
    ) -> Iterator[_Stream]:
        period, kind = place
        movers = self.state.movers
        landed = movers.landing.daily[:, :, kind] * on[:, None]
        by_week = np.add.reduceat(landed, claim_weeks(len(on)), axis=1)
        for group, inside in enumerate(self.window.inside):
            weeks = self.window.group == group
            taken = movers.vehicles[:, period, kind, group]
            yield _Stream(
                place,
                landed[..., weeks].sum(axis=-1),
                np.stack([taken * faithful, taken * (1 - faithful)], axis=1),
                (ANYWAY, SWITCHED) if inside else (MOVED, MOVED),
                origin,
                movers.gain[:, period, kind, group],
                by_week * weeks,
            )

    def _delayed(self, place: Place, on: Floats, faithful: Floats, origin: Floats) -> _Stream:
        kind, delayed = place[1], self.state.delayed
        taken = delayed.vehicles[:, kind]
        waited = self.setting.bins.gather(delayed.waiting[:, kind])[:, None]
        return _Stream(
            place,
            delayed.landing[..., kind] * on,
            np.stack([taken * faithful, taken * (1 - faithful)], axis=1),
            (MOVED, MOVED),
            origin,
            delayed.gain[:, kind],
            np.repeat(waited, claim_weeks(len(on)).size, axis=1),
        )

    def _from_outside(self, place: Place, on: Floats) -> Iterator[_Stream]:
        if self.state.fen.shape[2] == place[1]:
            return
        cars = self.state.outside
        taken = normalised(cars[:, int(on.argmax())])
        yield _Stream(
            place,
            cars.sum(axis=-1) * on,
            _one_plan(taken),
            (OUTSIDE, OUTSIDE),
            taken,
            self.state.outside_gain[:, place[0]],
        )


def _one_plan(vehicles: Floats) -> Floats:
    """Vehicles (R, 2, J) of households that would not have bought another one here."""
    return np.stack([vehicles, np.zeros_like(vehicles)], axis=1)


def normalised(weights: Floats) -> Floats:
    """Weights (..., C) as shares of their sum; zero where there are none."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros_like(weights), where=total > 0))


@dataclass(frozen=True, slots=True)
class Columns:
    """Claims of one state by stream and amount; N columns, in order of their amount class.

    Attributes
    ----------
    source, amount_class : (N,) stream and amount class of each column
    first : (A,) first column of each class
    rates : (R, W, N) claims a day
    vehicles : (R, N, 2, J) vehicles of a claim, of sum 1
    amount : (R, A, K) fen that each pot pays to a claim of the class
    apart : (A,) the vehicle of all claims of a class that is kept apart, otherwise -1
    gain : (R, N) yuan gained a claim; claims of one stream gain in proportion to their amounts
    """

    source: Ints
    amount_class: Ints
    first: Ints
    rates: Floats
    vehicles: Floats
    amount: Ints
    apart: Ints
    gain: Floats

    @property
    def class_rates(self) -> Floats:
        """Claims a day (R, W, A) by amount."""
        return np.asarray(np.add.reduceat(self.rates, self.first, axis=2))

    def of_class(self, number: int) -> slice:
        """The columns of one amount class."""
        ends = [*self.first[1:].tolist(), self.source.size]
        return slice(int(self.first[number]), ends[number])


def columns(found: Streams, apart: Bools | None = None) -> Columns:
    """Streams cut by what a claim is paid; cars that nobody pays for are left out.

    Claims for the vehicles (J,) that are to be kept apart have classes of their own.
    """
    draws, cells, vehicles, pots = found.fen.shape
    flat = np.moveaxis(found.fen, 0, 2).reshape(cells * vehicles, draws * pots)
    alone = np.full(vehicles, -1) if apart is None else np.where(apart, np.arange(vehicles), -1)
    flat = np.column_stack([np.tile(alone, cells), flat])
    distinct, of_cell = _distinct(flat)
    amounts = np.moveaxis(distinct[:, 1:].reshape(-1, draws, pots), 1, 0)
    of_vehicle = of_cell.reshape(cells, vehicles)[found.cell]
    paid = np.asarray(amounts.any(axis=(0, 2)))
    wanted = found.vehicles.any(axis=(0, 2)) & paid[of_vehicle]
    number = of_vehicle * len(of_vehicle) + np.arange(len(of_vehicle))[:, None]
    pairs = np.unique(number[wanted]) if wanted.any() else np.zeros(1, dtype=np.int64)
    amount_class, source = np.divmod(pairs, len(of_vehicle))
    member = of_vehicle[source] == amount_class[:, None]
    bought = found.vehicles[:, source] * (member & paid[amount_class][:, None])[:, None]
    weight = bought.sum(axis=(2, 3))
    share = np.divide(
        bought, weight[..., None, None], out=bought, where=weight[..., None, None] > 0
    )
    first = np.flatnonzero(np.diff(amount_class, prepend=-1))
    yuan = amounts.sum(axis=2)[:, amount_class] / 100.0
    of_stream = (source[:, None] == np.arange(len(found.cell))).astype(np.float64)
    mean = _ratio((yuan * weight) @ of_stream, weight @ of_stream)[:, source]
    return Columns(
        source=source,
        amount_class=np.cumsum(np.diff(amount_class, prepend=amount_class[0]) > 0),
        first=first,
        rates=found.rate[..., source] * weight[:, None],
        vehicles=share,
        amount=np.ascontiguousarray(amounts[:, amount_class[first]]),
        apart=distinct[amount_class[first], 0],
        gain=found.gain[:, source] * _ratio(yuan, mean),
    )


def _distinct(rows: Ints) -> tuple[Ints, Ints]:
    """The different ones of some rows in order, and which of them each is."""
    if rows.shape[1] > 1:
        return np.unique(rows, axis=0, return_inverse=True)
    values, number = np.unique(rows[:, 0], return_inverse=True)
    return values[:, None], number


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def same_day(found: Streams) -> Bools:
    """Streams (S,) of households that buy on their planned day in the city."""
    here = np.asarray(found.part[:, 0] == ANYWAY)
    here[found.retimed] = False
    return here
