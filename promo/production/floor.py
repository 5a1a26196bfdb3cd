"""What can the lines build today: capacity, overtime, what trouble leaves of them, and parts?

`Lines` is what the planner reckons with: capacity by week and what the frozen shift pattern
allows. `Floor` is where cars are built: of those due today as many as the lines can take and the
parts at hand allow, of each vehicle in proportion to its cars due. Planners do not foresee
trouble; the floor meets it.

For one group of lines, cars due by now W, capacity a day c with overtime, parts at hand P:

    built by now X(t) = min(W(t), X(t-1) + c(t), X(t-1) + P(t)),  whole cars of it off the line
    parts at hand      P(t) = min(P(t-1) - what was used, buffer) + supply(t) x usual capacity

Every term grows with capacity, availability, supply and buffer, so that more of any of them never
lowers what is built by any day in all, for the same plan. A car half finished in the evening is
finished on the next day, and is of no vehicle until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from promo.schema import Bools, Floats, Ints

DAYS_PER_WEEK = 7
CARS = np.int32
"""How whole cars are kept: half the bytes of a long number, and there are never that many."""
Cars: TypeAlias = npt.NDArray[np.int32]
WHOLE = 1e-9
"""Sums of decimal rates such as 0.1 x 10 must reach the whole car."""

ORDERS, OVERTIME, FROZEN, CAPACITY, AVAILABILITY, PARTS = range(6)
"""What bound the output of a week, the hardest last; `PARTS` + s is the parts of supplier s."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the lines from building what they could, with the measures that are in force.

    Attributes
    ----------
    capacity : (R, T, L) cars a day as things stand, without overtime
    supply : (R, T, S) share of a full day's parts that arrives from each supplier of the plant
    buffer_days : (R, S) full days of work that the parts at the plant last
    """

    capacity: Floats
    supply: Floats
    buffer_days: Floats

    def take(self, rows: slice) -> Trouble:
        """The same of some draws."""
        return Trouble(self.capacity[rows], self.supply[rows], self.buffer_days[rows])


def members_of(line_of: Ints, groups: int) -> list[slice | Ints]:
    """Which vehicles each group of lines builds."""
    found = (np.flatnonzero(line_of == group) for group in range(groups))
    return [as_slice(members) for members in found]


def as_slice(members: Ints) -> slice | Ints:
    """The same places as a slice where they follow each other: a view instead of a copy."""
    if members.size and members[-1] - members[0] + 1 == members.size:
        return slice(int(members[0]), int(members[-1]) + 1)
    return members


class Lines:
    """What the planner knows of the lines: capacity by week, overtime, days of work.

    Parameters
    ----------
    capacity : (R, T, L) usual cars a day without overtime
    overtime : (R, T) overtime as a share of capacity
    working : (T, L) how much of each day the group is meant to work
    line_of : (J,) the group that builds each vehicle
    """

    def __init__(self, capacity: Floats, overtime: Floats, working: Floats, line_of: Ints) -> None:
        days = capacity.shape[1]
        self.members = members_of(line_of, capacity.shape[2])
        self.capacity = np.ascontiguousarray(capacity.transpose(1, 0, 2))
        self.overtime = overtime.T[..., np.newaxis]
        starts = np.arange(0, days, DAYS_PER_WEEK)
        self.week_capacity = np.add.reduceat(self.capacity, starts, axis=0)
        self.room = np.add.reduceat(self.capacity * self.overtime, starts, axis=0)
        of_week = np.repeat(self.week_capacity, DAYS_PER_WEEK, axis=0)[:days]
        self.day_share = np.divide(
            self.capacity, of_week, out=np.zeros_like(self.capacity), where=of_week > 0
        )
        usual = np.maximum(working.mean(axis=0) * DAYS_PER_WEEK, 1e-12)
        self.day_factor = (working / usual)[:, line_of]
        self.week_factor = np.add.reduceat(self.day_factor, starts, axis=0)

    def output(self, week: int, wanted: Floats, pattern: Floats) -> tuple[Floats, Ints]:
        """Cars (R, J) the plant sets out to build this week, and what binds it, (R, L).

        `wanted` is what it would build now, `pattern` what it had fixed when the shift pattern
        was frozen; the week's output may leave the pattern by the overtime share of capacity.
        """
        result = np.zeros_like(wanted)
        binding = np.zeros(self.week_capacity[week].shape, dtype=np.int64)
        for group, members in enumerate(self.members):
            capacity = self.week_capacity[week][:, group : group + 1]
            room = self.room[week][:, group : group + 1]
            fixed = pattern[:, members].sum(axis=1, keepdims=True)
            frozen = np.minimum(fixed, capacity)
            total = wanted[:, members].sum(axis=1, keepdims=True)
            allowed = np.clip(total, np.maximum(frozen - room, 0.0), frozen + room)
            mix = np.where(total > 0, wanted[:, members], pattern[:, members])
            of_mix = np.maximum(mix.sum(axis=1, keepdims=True), 1e-12)
            result[:, members] = mix * (allowed / of_mix)
            binds = np.where(allowed > capacity, OVERTIME, ORDERS)
            binds[allowed != total] = FROZEN
            binds[(allowed < total) & (fixed >= capacity)] = CAPACITY
            binding[:, group] = binds[:, 0]
        return result, binding

    def share_out(self, day: int, planned: Floats) -> Floats:
        """The part (R, J) of a week's plan that falls on this day."""
        result = np.empty_like(planned)
        for group, members in enumerate(self.members):
            result[:, members] = planned[:, members] * self.day_share[day][:, group, np.newaxis]
        return result


class Parts:
    """Parts at the plant, in cars (R, L) for each supplier S; every group has its own."""

    def __init__(self, lines: Lines, trouble: Trouble) -> None:
        self.supply: Floats = trouble.supply.transpose(1, 0, 2)[..., np.newaxis]
        worked = np.maximum((lines.capacity > 0).sum(axis=0), 1)
        full_day = lines.capacity.sum(axis=0) / worked
        self.buffer: Floats = trouble.buffer_days[..., np.newaxis] * full_day[:, np.newaxis]
        self.at_hand: Floats = self.buffer.copy()

    def receive(self, day: int, usual: Floats) -> Floats:
        """Parts at hand (R, S, L) once the day's have come; overnight no more than the buffer."""
        a_day = usual[:, np.newaxis]
        self.at_hand = np.minimum(self.at_hand, self.buffer) + self.supply[day] * a_day
        return self.at_hand

    def use(self, cars: Floats) -> None:
        self.at_hand -= cars[:, np.newaxis]


def shared(due: Cars, places: Cars) -> Cars:
    """Of the cars due (R, J), which are built where only some have a place (R,)?

    In proportion to what is due: whole parts, then one each to the largest remainders, of equal
    ones to the first in the catalogue (Hamilton's method; Balinski and Young, Fair
    Representation, 1982). `places` are fewer than the cars due.
    """
    total = due.sum(axis=1, keepdims=True, dtype=np.int64)
    cars, remainder = np.divmod(due * places[:, np.newaxis].astype(np.int64), total)
    left = places[:, np.newaxis] - cars.sum(axis=1, keepdims=True)
    rank = np.argsort(np.argsort(-remainder, axis=1, kind="stable"), axis=1)
    return np.asarray(cars + (rank < left), CARS)


class Floor:
    """Where cars are built, day after day: what was due and not yet built is carried.

    `in_hand` (R, L) is the car begun and not finished; `bound` (R, L) the hardest constraint
    that trouble put on the days since it was last asked.
    """

    def __init__(self, lines: Lines, cells: tuple[int, int], trouble: Trouble | None) -> None:
        self.lines = lines
        possible = lines.capacity if trouble is None else trouble.capacity.transpose(1, 0, 2)
        self.usual = lines.capacity * (1.0 + lines.overtime)
        self.possible = possible * (1.0 + lines.overtime)
        self.short = self.possible < self.usual
        self.parts = Parts(lines, trouble) if trouble and trouble.supply.size else None
        self.in_hand = np.zeros(lines.capacity.shape[1:])
        # Carried fractions start in the middle, so that rounding is neither up nor down.
        self.carry = np.full(cells, 0.5)
        self.bound = np.zeros(lines.capacity.shape[1:], dtype=np.int64)

    def build(self, day: int, due: Floats) -> Cars:
        """Whole cars (R, J) off the line today, of those due."""
        self.carry += due
        ready: Cars = np.floor(self.carry).astype(CARS)
        room = self.in_hand + self.possible[day]
        at_hand = self.parts.receive(day, self.usual[day]) if self.parts else None
        finished = np.zeros_like(room)
        for group, members in enumerate(self.lines.members):
            cars = ready[:, members]
            asked = np.einsum("rj->r", cars).astype(np.float64)
            limit = room[:, group]
            self._note(group, self.short[day][:, group] & (np.floor(limit + WHOLE) < asked))
            if at_hand is not None:
                limit = self._with_parts(group, np.minimum(limit, asked), at_hand[..., group])
            places = np.floor(limit + WHOLE).astype(CARS)
            short = places < asked
            if short.any():
                cars[short] = shared(cars[short], places[short])
                ready[:, members] = cars
            finished[:, group] = np.minimum(asked, places)
            room[:, group] = np.minimum(asked, limit)  # worked on today, with what was in hand
        self._finish(room, finished)
        self.carry -= ready
        return ready

    def _finish(self, done: Floats, finished: Floats) -> None:
        """Keep the car begun, and take the parts of what was worked on."""
        if self.parts:
            self.parts.use(done - self.in_hand)
        self.in_hand = np.maximum(done - finished, 0.0)

    def _with_parts(self, group: int, wanted: Floats, at_hand: Floats) -> Floats:
        """Work possible with the parts at hand (R, S), the car in hand has its parts already."""
        scarce = at_hand.argmin(axis=1)
        limit: Floats = self.in_hand[:, group] + at_hand.min(axis=1)
        self._note(group, limit < wanted - WHOLE, PARTS + scarce)
        least: Floats = np.minimum(wanted, limit)
        return least

    def _note(self, group: int, where: Bools, what: Ints | int = AVAILABILITY) -> None:
        hardest = np.maximum(self.bound[:, group], what)
        self.bound[:, group] = np.where(where, hardest, self.bound[:, group])
