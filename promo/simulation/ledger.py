"""Who are the subsidised buyers? Each claim is classed by the same household's purchase without.

First match wins: bought nothing within reach: new; bought elsewhere: from outside; planned outside
the window: moved in time; another vehicle: switched; the same vehicle: would have bought anyway
(re-timed within the window included). The five sum to the subsidised cars in every draw, because
every claim is split once, over all of them. Cars bought for money that was gone when the claim
arrived are classed alike and kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from promo.schema import Bools, Floats, Ints
from promo.simulation.draws import Chance, Luck, Means
from promo.simulation.money_path import Cars
from promo.simulation.setting import Setting
from promo.simulation.streams import Columns, Streams, claim_weeks, normalised, same_day
from promo.simulation.uptake import Window

PARTS = (
    "would_have_bought_anyway",
    "switched",
    "moved_in_time",
    "came_from_outside",
    "new_buyers",
)
ROWS = 6


@dataclass(frozen=True, slots=True)
class Tally:
    """Cars of one draw, added up over the states of its pots.

    L listed (local) vehicles come first in the last axis, all others together after them. H days
    are those of the horizon.

    Attributes
    ----------
    parts : (6, J) cars, by row of the ledger
    arrived : (H, L + 1) cars bought
    same : (H, L + 1) of which the same household buys the same on the same day without
    removed : (H, L + 1) cars that the other households would have bought
    instead : (J,) what all of them buy without, inside the horizon
    from_beyond : cars whose households were planned beyond the horizon
    gain : (I,) yuan by type, the outside one after all others
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

    @classmethod
    def nothing(cls, setting: Setting, *, whole: bool) -> Tally:
        """No car at all, in whole numbers or in fractions."""
        kind = np.int64 if whole else np.float64
        few = np.zeros((setting.horizon, int(setting.local.sum()) + 1), dtype=kind)
        cars = np.zeros(setting.local.size, dtype=kind)
        kinds = setting.share_of_type.shape[0] + (setting.outside is not None)
        return cls(
            parts=np.zeros((ROWS, cars.size), dtype=kind),
            arrived=few,
            same=few,
            removed=few,
            instead=cars,
            from_beyond=np.zeros((), dtype=kind),
            gain=np.zeros(kinds),
            old_cars=np.zeros(()),
        )

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


@dataclass(frozen=True, slots=True)
class Claimants:
    """Claims of one state in R draws, and all it takes to class them.

    Attributes
    ----------
    few : (R, N, 2, L + 1) `columns.vehicles` with all cars that are not local together
    others : (R, N, 2, J) vehicles of those that are not local, of sum 1
    origin : (R, S, L + 1) `streams.origin` in the same way
    kinds : number of types, the outside one included
    """

    setting: Setting
    window: Window
    streams: Streams
    columns: Columns
    few: Floats
    others: Floats
    origin: Floats
    kinds: int

    @classmethod
    def of(cls, setting: Setting, window: Window, streams: Streams, columns: Columns) -> Claimants:
        """Claims of one state."""
        local = setting.local
        kinds = setting.share_of_type.shape[0] + (setting.outside is not None)
        few = _local_and_rest(columns.vehicles, local)
        total = few.sum(axis=(2, 3), keepdims=True)
        np.divide(few, total, out=few, where=total > 0)  # never above one by a rounding
        origin = normalised(_local_and_rest(streams.origin, local))
        others = normalised(columns.vehicles * ~local)
        return cls(setting, window, streams, columns, few, others, origin, kinds)

    def by_vehicle(self) -> Floats:
        """Expected purchases a day (R, W, L + 1) by local vehicle and rest."""
        return np.asarray(self.columns.rates @ self.few.sum(axis=2))

    def tally(self, row: int, claims: Cars, luck: Luck) -> Tally:
        """Class the claims (W, A) of one draw and find what its households would have done."""
        by_column = self._by_column(row, _lived(claims), luck)
        return _Classing(self, row, luck).tally(by_column)

    def _by_column(self, row: int, claims: Cars, luck: Luck) -> Cars:
        """Claims (W, A) by amount as claims (W, N) by column, as likely as their rates."""
        rates = self.columns.rates[row, : len(claims)]
        found = np.zeros(rates.shape, dtype=claims.dtype)
        for number in range(claims.shape[1]):
            here = self.columns.of_class(number)
            found[:, here] = luck.split(claims[:, number], normalised(rates[:, here]))
        return found

    def displaced(self, lived: Floats, happen: Floats) -> Floats:
        """Mean purchases (R, H, L + 1) of the world without that happen otherwise in the state.

        `lived` (R, W) is the share of each day of the window that each draw lives in it, `happen`
        (R, A) the share of the purchases of the state that are made, by amount class.
        """
        source, streams = self.columns.source, self.streams
        on_day = same_day(streams)[source]
        made = happen[:, self.columns.amount_class]
        claims = self.columns.rates * lived[..., None] * made[:, None]
        otherwise = self.few[:, :, 1].sum(axis=-1)[..., None] * self.origin[:, source]
        without = self.few[:, :, 0] + otherwise
        found = self.on_calendar(claims[..., on_day] @ without[:, on_day])
        by_week = np.add.reduceat(claims, claim_weeks(claims.shape[1]), axis=1)
        moved = np.zeros((*streams.planned.shape[:3], without.shape[-1]))
        for place, number in enumerate(streams.retimed):
            here = source == number
            moved[:, place, : by_week.shape[1]] = by_week[..., here] @ without[:, here]
        planned = normalised(streams.planned)
        flat = (len(claims), -1)
        weeks = planned.reshape(*flat, planned.shape[-1]).swapaxes(1, 2) @ moved.reshape(
            *flat, moved.shape[-1]
        )
        return found + _over_days(self.setting, weeks, Means())

    def on_calendar(self, cars: Cars) -> Cars:
        """Cars (..., W, L + 1) by day of the window on the days of the horizon (..., H, L + 1)."""
        days = self.window.days[: cars.shape[-2]]
        days = days[days < self.setting.horizon]
        shape = (*cars.shape[:-2], self.setting.horizon, cars.shape[-1])
        whole = np.zeros(shape, dtype=cars.dtype)
        whole[..., days, :] = cars[..., : days.size, :]
        return whole


@dataclass(frozen=True, slots=True)
class _Bought:
    """What the claims of one draw in one state bought, in the sums that the ledger needs.

    V = L + 1; V' = (2, V) has the cars whose households had this or no other plan in row 0, and
    those who would have bought another one in row 1.

    Attributes
    ----------
    by_column : (N, V') cars by column
    on_day : (W, V) cars by day of the window
    same : (W, V) of which the same household buys the same on the same day without
    changed : (W, S) cars that would have been another one on the same day, by day and stream
    in_week : (S, weeks, V') cars of households that do not buy on their planned day
    """

    by_column: Cars
    on_day: Cars
    same: Cars
    changed: Cars
    in_week: Cars

    @classmethod
    def drawn(cls, group: Claimants, row: int, claims: Ints, luck: Chance) -> _Bought:
        """Whole cars, as luck has it."""
        streams, few = group.streams, group.few[row]
        days, columns, vehicles = len(claims), len(few), few.shape[-1]
        day, column = np.nonzero(claims)
        cell, kind, cars = luck.by_kind(
            claims[day, column], column, few.reshape(columns, 2 * vehicles)
        )
        day, column = day[cell], column[cell]
        changed, vehicle = kind >= vehicles, kind % vehicles
        source = group.columns.source[column]
        here = same_day(streams)[source]
        moved = np.isin(source, streams.retimed)
        week = source * streams.planned.shape[2] + day // 7
        count, on, switched = len(streams.cell), here & ~changed, here & changed

        def summed(key: Ints, shape: tuple[int, ...], some: Bools | slice) -> Ints:
            size = prod(shape)
            found = np.bincount(key[some], weights=cars[some], minlength=size)
            return found.astype(np.int64).reshape(shape)

        everything = slice(None)
        weeks = (count, streams.planned.shape[2], 2, vehicles)
        return cls(
            summed(column * 2 * vehicles + kind, (columns, 2, vehicles), everything),
            summed(day * vehicles + vehicle, (days, vehicles), everything),
            summed(day * vehicles + vehicle, (days, vehicles), on),
            summed(day * count + source, (days, count), switched),
            summed(week * 2 * vehicles + kind, weeks, moved),
        )

    @classmethod
    def expected(cls, group: Claimants, row: int, claims: Cars) -> _Bought:
        """Fractions of cars: all sums are products."""
        streams, few, source = group.streams, group.few[row], group.columns.source
        here = same_day(streams)[source]
        of_stream = (source[:, None] == np.arange(len(streams.cell))).astype(np.float64)
        moved = of_stream * np.isin(source, streams.retimed)[:, None]
        by_week = np.zeros((streams.planned.shape[2], source.size))
        added = np.add.reduceat(claims, claim_weeks(len(claims)), axis=0)
        by_week[: len(added)] = added
        in_week = by_week.T[:, :, None, None] * few[:, None]
        of_retimed = (moved.T @ in_week.reshape(source.size, -1)).reshape(-1, *in_week.shape[1:])
        return cls(
            claims.sum(axis=0)[:, None, None] * few,
            claims @ few.sum(axis=1),
            claims[:, here] @ few[here, 0],
            (claims[:, here] * few[here, 1].sum(axis=-1)) @ of_stream[here],
            of_retimed,
        )


@dataclass(frozen=True, slots=True)
class _Classing:
    """The claims of one draw in one state, on their way into the ledger."""

    claimants: Claimants
    row: int
    luck: Luck

    def tally(self, claims: Cars) -> Tally:
        """Class these claims (W, N) by column."""
        group, row = self.claimants, self.row
        streams, local = group.streams, group.setting.local
        if isinstance(self.luck, Chance):
            bought = _Bought.drawn(group, row, claims, self.luck)
        else:
            bought = _Bought.expected(group, row, claims)
        others = self.luck.split(bought.by_column[..., -1], group.others[row])
        cars = _with_local(others, bought.by_column, local)
        source = group.columns.source
        parts = np.zeros((ROWS, local.size), dtype=claims.dtype)
        np.add.at(parts, streams.part[source], cars)
        day_vehicles, day_gone = self._bought_otherwise(bought.changed)
        weeks, moved_vehicles = self._planned_elsewhen(bought.in_week)
        inside = group.setting.bins.start < group.setting.horizon
        as_planned = same_day(streams)[source]
        gain = np.zeros(group.kinds)
        np.add.at(gain, streams.kind[source], claims.sum(axis=0) * group.columns.gain[row])
        return Tally(
            parts=parts,
            arrived=self.claimants.on_calendar(bought.on_day),
            same=self.claimants.on_calendar(bought.same),
            removed=day_gone + _over_days(group.setting, weeks, self.luck),
            instead=cars[as_planned, 0].sum(axis=0) + day_vehicles + moved_vehicles,
            from_beyond=weeks[~inside].sum(),
            gain=gain,
            old_cars=self._old_cars(cars, source),
        )

    def _old_cars(self, cars: Cars, source: Ints) -> Floats:
        """Yuan that the old cars given up for these cars (N, 2, J) would fetch otherwise."""
        streams = self.claimants.streams
        value = streams.old_car[self.row, streams.cell[source]]
        return np.asarray((cars.sum(axis=1) * value).sum(), dtype=np.float64)

    def _bought_otherwise(self, changed: Cars) -> tuple[Cars, Cars]:
        """Other cars that switchers (W, S) would have bought the same day.

        Returns them by vehicle (J,) and by day (H, L + 1).
        """
        day, source = np.nonzero(changed)
        origin = self.claimants.origin[self.row]
        gone = self.luck.split(changed[day, source], origin[source])
        by_source = np.zeros((changed.shape[1], origin.shape[1]), dtype=changed.dtype)
        by_day = np.zeros((len(changed), origin.shape[1]), dtype=changed.dtype)
        np.add.at(by_source, source, gone)
        np.add.at(by_day, day, gone)
        some = np.flatnonzero(by_source.any(axis=1))
        vehicles = self._by_vehicle(by_source[some], self._origin(some))
        return vehicles, self.claimants.on_calendar(by_day)

    def _planned_elsewhen(self, in_week: Cars) -> tuple[Cars, Cars]:
        """What re-timed households (S, weeks, 2, L + 1) had planned for their own days.

        Returns cars by planned week (U, L + 1), and by vehicle (J,) inside the horizon.
        """
        group = self.claimants
        streams, bins = group.streams, group.setting.bins
        weeks = np.zeros((bins.start.size, in_week.shape[-1]), dtype=in_week.dtype)
        number, week = np.nonzero(in_week.any(axis=(2, 3)))
        cars = in_week[number, week]
        moved = cars[:, 0] + self.luck.split(
            cars[:, 1].sum(axis=1), group.origin[self.row, number]
        )
        which, few = np.nonzero(moved)
        place = np.searchsorted(streams.retimed, number[which])
        shares = normalised(streams.planned[self.row, place, week[which]])
        planned = self.luck.split(moved[which, few], shares)
        np.add.at(weeks.T, few, planned)
        inside = np.zeros(moved.shape, dtype=moved.dtype)
        inside[which, few] = planned[:, bins.start < group.setting.horizon].sum(axis=1)
        some, by_stream = _grouped(number, inside)
        likely = streams.vehicles[self.row, some]
        plan = likely[:, 0] + likely[:, 1].sum(axis=-1, keepdims=True) * self._origin(some)
        return weeks, self._by_vehicle(by_stream, plan)

    def _origin(self, number: Ints) -> Floats:
        """Vehicles (S', J) that households of these streams would have bought instead."""
        return np.asarray(self.claimants.streams.origin[self.row, number])

    def _by_vehicle(self, cars: Cars, weights: Floats) -> Cars:
        """Cars by local vehicle and rest (S', L + 1) as cars by vehicle (J,)."""
        local = self.claimants.setting.local
        rest = self.luck.split(cars[:, -1], normalised(weights * ~local))
        found: Cars = _with_local(rest, cars, local).sum(axis=0)
        return found


def _with_local(cars: Cars, few: Cars, local: Bools) -> Cars:
    """Cars (..., J) of vehicles that are not local, completed by the local ones (..., L + 1)."""
    cars[..., local] = few[..., :-1]
    return cars


def _lived(claims: Cars) -> Cars:
    """Claims (W, A) up to the last day that has any."""
    some = np.flatnonzero(claims.any(axis=1))
    return claims[: some[-1] + 1 if some.size else 1]


def _local_and_rest(weights: Floats, local: Bools) -> Floats:
    """Weights (..., J) of the local vehicles one by one, and of all others together."""
    rest = (weights * ~local).sum(axis=-1, keepdims=True)
    return np.concatenate([weights[..., local], rest], axis=-1)


def _grouped(key: Ints, cars: Cars) -> tuple[Ints, Cars]:
    """Keys (M,) in order, each once, and the cars (M, ...) of each added up."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    if not starts.size:
        return key, cars
    return ordered[starts], np.add.reduceat(cars[order], starts, axis=0)


def _over_days(setting: Setting, weeks: Cars, luck: Luck) -> Cars:
    """Cars (..., U, L + 1) by planned week on the days of the horizon (..., H, L + 1)."""
    bins = setting.bins
    begun = int((bins.start < setting.horizon).sum())
    longest = int((bins.end - bins.start)[:begun].max())
    days_of_week = setting.week_days[:begun, None, :longest]
    split: npt.NDArray[Any] = luck.split(weeks[..., :begun, :], days_of_week)
    # Weeks follow each other: day by day.
    by_day = np.swapaxes(split, -1, -2)[..., bins.has_day[:begun, :longest], :]
    return np.asarray(by_day[..., : setting.horizon, :])
