"""The city's households one by one: AgentPy, Mesa and NumPy on the tables of promo's own state.

Each household has a type and a day on which it would buy. From one table it draws what it does
while the money lasts: come on a day for a car with the money, or buy on its day without it; from
another its car. Claims of a day come in random order; the pot closes at the first claim that it
cannot pay, and who comes later, or was refused, buys as planned. Tables are made before the clock
starts, in the form that is cheapest for each peer; none computes a utility.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from promo.simulation.streams import normalised, same_day, streams
from promo.study import Study, stated

Array: TypeAlias = npt.NDArray[Any]


class Replicate(NamedTuple):
    """Instant in days at which the pot closed (the window's length if never), claims paid, yuan
    spent, and cars (J,) bought in the horizon."""

    closing: float
    claims: int
    yuan: float
    sales: Array


Run: TypeAlias = Callable[[int], Replicate]
"""One replicate, by its number."""


@dataclass(frozen=True)
class Tables:
    """What households draw from: I types, D days of the horizon, W of the window, J vehicles.

    Attributes
    ----------
    households : (I, D) expected households by type and planned day
    plans : (I, D, W + 1) chance to come for the money on a day of the window moved to it, and at
        last on the planned day; the rest buys on the planned day without it
    stream : (I, D) kind of those who come on another day, by planned day
    own : (I,) kind of those who come on their own day
    takes, gives : (S, J) cars with the money, and without, by kind
    alone : (I, J) cars of households that never come for the money
    extra : (W, S) expected claims of people who would buy nothing within the horizon
    type_of : (S,) type
    yuan : (I, J) of a car
    """

    budget: float
    households: Array
    plans: Array
    stream: Array
    own: Array
    takes: Array
    gives: Array
    alone: Array
    extra: Array
    type_of: Array
    yuan: Array

    @property
    def days(self) -> int:
        """Days of the window."""
        return len(self.extra)

    @cached_property
    def listed(self) -> dict[str, Any]:
        """Cumulative tables as lists, which are what plain Python reads fastest."""
        return {
            "plans": self.plans.cumsum(axis=-1).tolist(),
            "takes": _cumulative(self.takes).tolist(),
            "gives": _cumulative(self.gives).tolist(),
            "alone": _cumulative(self.alone).tolist(),
            "stream": self.stream.tolist(),
            "own": self.own.tolist(),
            "yuan": self.yuan.tolist(),
            "type_of": self.type_of.tolist(),
        }


def tables(study: Study) -> Tables:
    """The tables of promo's state with the pot open, at the stated assumptions."""
    block = study.stage.block(stated(study.assumptions))
    setting, window, planned = block.setting, block.window, block.planned
    state = block.with_hurry()
    flows = streams(setting, window, planned, state)
    if window.periods > 1 or window.days[0] > 0:
        raise ValueError("tables are written for a window of one period from the first day on")
    daily = planned.daily[0][:, : setting.horizon]
    landed = state.movers.landing.daily[0]
    cars = setting.bins.gather(planned.movable[0])
    moves = np.divide(landed, cars, out=np.zeros_like(landed), where=cars > 0)
    week, days = setting.bins.of_day[: setting.horizon], window.days.size
    retimed, here = np.isin(np.arange(flows.kind.size), flows.retimed), same_day(flows)
    types = len(daily)
    own = np.array([np.flatnonzero(here & (flows.kind == kind))[0] for kind in range(types)])
    of_group = _of_group(flows.kind, retimed, flows.planned[0], window.group, types)
    plans = np.zeros((types, setting.horizon, days + 1))
    plans[..., :days] = moves[:, :, week].transpose(1, 2, 0)
    takes = flows.vehicles[0].sum(axis=1)
    rate = flows.rate[0] * takes.sum(axis=1)
    plans[:, :days, days] = rate[:, own].T / daily[:, :days]
    if (plans.sum(axis=-1) > 1 + 1e-9).any():
        raise ValueError("some households would come for the money more than once")
    otherwise = flows.vehicles[0, :, 1].sum(axis=-1, keepdims=True) * flows.origin[0]
    gives = flows.vehicles[0, :, 0] + otherwise
    stream = of_group[:, window.group[week]]
    away = plans[..., :days].sum(axis=-1)[..., None] * gives[stream]
    away += plans[..., days:] * gives[own][:, None]
    all_cars = daily[..., None] * planned.shares[0, 0][:, None]
    alone = np.maximum((all_cars - daily[..., None] * away).sum(axis=1), 0.0)
    extra = np.where(here | retimed, 0.0, rate)
    beyond = setting.bins.start >= setting.horizon
    for kind in range(types):
        for group in np.unique(window.group[beyond]):
            late = beyond & (window.group == group)
            extra[:, of_group[kind, group]] += landed[:, kind, late].sum(axis=-1)
    return Tables(
        budget=float(block.budget[0, 0]) / 100,
        households=daily,
        plans=plans,
        stream=stream,
        own=own,
        takes=takes,
        gives=gives,
        alone=normalised(alone),
        extra=extra,
        type_of=flows.kind,
        yuan=state.fen[0, 0, :, :, 0] / 100,
    )


def _of_group(kind: Array, retimed: Array, planned: Array, group: Array, types: int) -> Array:
    """Stream (I, G) of households moved from each group of planned weeks."""
    found = np.zeros((types, int(group.max()) + 1), dtype=np.int64)
    for number, by_week in zip(np.flatnonzero(retimed), planned, strict=True):
        weeks = np.flatnonzero(by_week.any(axis=0))
        found[kind[number], np.unique(group[weeks])] = number
    return found


def _cumulative(weights: Array) -> Array:
    """Chances as cumulative sums that end above every random number."""
    found: Array = normalised(weights).cumsum(axis=-1)
    found[..., -1] = 2.0
    return found


# --- NumPy -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Column:
    """A table from whose rows columns are drawn; row n of the cumulative sums lies above n."""

    above: Array
    width: int

    @classmethod
    def of(cls, weights: Array) -> _Column:
        """Of weights (N, C)."""
        rows = np.minimum(_cumulative(weights), 1.0) + np.arange(len(weights))[:, None]
        return cls(rows.ravel(), weights.shape[1])

    def drawn(self, rows: Array, stream: np.random.Generator) -> Array:
        """A column for each of these rows."""
        place = np.searchsorted(self.above, stream.random(rows.size) + rows, side="right")
        found: Array = np.minimum(place - rows * self.width, self.width - 1)
        return found


def numpy_households(found: Tables) -> Run:
    """Arrays of households, one element each."""
    types, horizon = found.households.shape
    cells = found.plans.reshape(types * horizon, -1).cumsum(axis=-1)
    takes, gives, alone = (_Column.of(table) for table in (found.takes, found.gives, found.alone))
    extra = found.extra.ravel()

    plans = cells + 2.0 * np.arange(len(cells))[:, None]

    def run(number: int) -> Replicate:
        stream = np.random.default_rng([7, number])
        cell = np.repeat(np.arange(types * horizon), stream.poisson(found.households.ravel()))
        place = stream.random(cell.size) + 2.0 * cell
        plan = np.searchsorted(plans.ravel(), place, side="right")
        plan -= cell * plans.shape[1]
        comes = plan <= found.days
        at_home = cell[~comes] // horizon
        sales = np.bincount(alone.drawn(at_home, stream), minlength=found.takes.shape[1])
        kind, planned = np.divmod(cell[comes], horizon)
        own = plan[comes] == found.days
        day = np.where(own, planned, plan[comes])
        which = np.where(own, found.own[kind], found.stream[kind, planned])
        more = np.repeat(np.arange(extra.size), stream.poisson(extra))
        day = np.concatenate([day, more // found.type_of.size])
        which = np.concatenate([which, more % found.type_of.size])
        lives_here = np.arange(day.size) < kind.size
        instant = day + stream.random(day.size)
        order = np.argsort(instant)
        which, lives_here = which[order], lives_here[order]
        car = takes.drawn(which, stream)
        yuan = found.yuan[found.type_of[which], car]
        running = yuan.cumsum()
        short = running > found.budget
        paid = int(short.argmax()) if short.any() else short.size
        sales += np.bincount(car[:paid], minlength=sales.size)
        reverts = which[paid:][lives_here[paid:]]
        sales += np.bincount(gives.drawn(reverts, stream), minlength=sales.size)
        closing = float(instant[order][paid]) if short.any() else float(found.days)
        return Replicate(closing, paid, float(running[paid - 1]), sales)

    return run


# --- AgentPy and Mesa --------------------------------------------------------------------------


class Office:
    """The pot and the cars sold, which the households of a replicate meet."""

    def __init__(self, found: Tables) -> None:
        self.left, self.open, self.claims = found.budget, True, 0
        self.closing = float(found.days)
        self.sales = [0] * found.takes.shape[1]

    def pays(self, yuan: float, instant: float) -> bool:
        """Pay, or close at the first claim that cannot be paid."""
        if yuan > self.left:
            self.open, self.closing = False, instant
            return False
        self.left -= yuan
        self.claims += 1
        return True

    def outcome(self, budget: float) -> Replicate:
        """What happened, at the end of the year."""
        return Replicate(self.closing, self.claims, budget - self.left, np.array(self.sales))


class Drawing:
    """How a household of either library draws from its tables; `random` is its model's.

    A household that buys something anyway has a planned day; one that does not has -1.
    """

    model: Any
    kind: int
    planned: int
    stream: int

    def plans(self) -> int:
        """The day on which it comes: for the money, or to buy as planned without it."""
        listed = self.model.listed
        place = bisect(listed["plans"][self.kind][self.planned], self.model.random.random())
        if place < self.model.window:
            self.stream = listed["stream"][self.kind][self.planned]
            return place
        self.stream = listed["own"][self.kind] if place == self.model.window else -1
        return self.planned

    def comes(self, instant: float) -> bool:
        """Buys with the money if it is there; else on its planned day, which may be today."""
        model, office = self.model, self.model.office
        listed, draw = model.listed, model.random.random
        if self.stream >= 0 and office.open:
            car = bisect(listed["takes"][self.stream], draw())
            if office.pays(listed["yuan"][listed["type_of"][self.stream]][car], instant):
                office.sales[car] += 1
                return True
        if self.planned < 0:
            return True
        if self.planned > instant:
            return False
        if self.stream >= 0:
            office.sales[bisect(listed["gives"][self.stream], draw())] += 1
        else:
            office.sales[bisect(listed["alone"][self.kind], draw())] += 1
        return True


class Year:
    """What the models of both libraries share: who comes on which day."""

    found: Tables
    random: Any

    def begin(self, households: Any, extra: Any) -> None:
        """Every household draws its day; who buys nothing anyway comes on a given day."""
        self.calendar: list[list[Drawing]] = [[] for _ in range(self.found.households.shape[1])]
        for each in households:
            self.calendar[each.plans()].append(each)
        for each in extra:
            self.calendar[each.day].append(each)

    def live(self, day: int) -> None:
        """All who come on a day, in random order while it matters."""
        today = self.calendar[day]
        if self.office.open:
            self.random.shuffle(today)
        for place, household in enumerate(today, start=1):
            if not household.comes(day + place / (len(today) + 1)):
                self.calendar[household.planned].append(household)

    def open_office(self, found: Tables) -> None:
        """The year's tables and its pot."""
        self.found, self.listed, self.window = found, found.listed, found.days
        self.office = Office(found)


def _population(found: Tables, number: int) -> tuple[list[int], list[int], list[list[int]]]:
    """Type and planned day of each household; day and kind of each who buys nothing anyway."""
    stream = np.random.default_rng([8, number])
    count = stream.poisson(found.households)
    kind, planned = np.nonzero(count)
    times = count[kind, planned]
    more = np.argwhere(found.extra > 0)
    again = stream.poisson(found.extra[more[:, 0], more[:, 1]])
    extra = np.repeat(more, again, axis=0).tolist()
    return np.repeat(kind, times).tolist(), np.repeat(planned, times).tolist(), extra


def agentpy_households(found: Tables) -> Run:
    """AgentPy: an agent for each household, a step for each day."""
    import agentpy

    class Household(Drawing, agentpy.Agent):  # type: ignore[misc]
        def setup(self, kind: int, planned: int, stream: int = -1, day: int = -1) -> None:
            self.kind, self.planned, self.stream, self.day = kind, planned, stream, day

    class City(Year, agentpy.Model):  # type: ignore[misc]
        def setup(self) -> None:
            self.open_office(found)
            kinds, planned, extra = _population(found, self.p.number)
            several = agentpy.AttrIter
            households = agentpy.AgentList(
                self, len(kinds), Household, kind=several(kinds), planned=several(planned)
            )
            self.begin(households, [Household(self, -1, -1, s, day) for day, s in extra])

        def step(self) -> None:
            self.live(self.t - 1)

    def run(number: int) -> Replicate:
        model = City({"number": number, "seed": number, "steps": found.households.shape[1]})
        model.run(display=False)
        return model.office.outcome(found.budget)

    return run


def mesa_households(found: Tables) -> Run:
    """Mesa: the same."""
    import mesa

    class Household(Drawing, mesa.Agent):  # type: ignore[misc]
        def __init__(
            self, model: Any, kind: int, planned: int, stream: int = -1, day: int = -1
        ) -> None:
            super().__init__(model)
            self.kind, self.planned, self.stream, self.day = kind, planned, stream, day

    class City(Year, mesa.Model):  # type: ignore[misc]
        def __init__(self, number: int) -> None:
            super().__init__(seed=number)
            self.open_office(found)
            kinds, planned, extra = _population(found, number)
            households = Household.create_agents(self, len(kinds), kinds, planned)
            self.begin(households, [Household(self, -1, -1, s, day) for day, s in extra])

        def step(self) -> None:
            self.live(self.steps - 1)

    def run(number: int) -> Replicate:
        model = City(number)
        for _ in range(found.households.shape[1]):
            model.step()
        Household._ids.pop(model)  # else Mesa 3.3 keeps the agents of every model it has run
        return model.office.outcome(found.budget)

    return run
