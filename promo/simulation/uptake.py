"""Who would take the money, at what rate, while these pots are open?

One demand evaluation per state of the pots (not per day or buyer): response of planned buyers,
willingness to move, outside buyers. Rates are then known functions of the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.moving import OneCost, drawn_in
from promo.demand.nested_logit import pivot
from promo.demand.response import Response, market_gain, stay_shares
from promo.schema import Floats, Ints
from promo.simulation.behaviour import Behaviour, Willingness, willingness
from promo.simulation.landing import (
    DISTANCES,
    Between,
    Landing,
    Memory,
    Willing,
    at_distances,
    land,
)
from promo.simulation.offers import Paid
from promo.simulation.pool import Asked, Drawn, drawn_from_pool
from promo.simulation.setting import Setting
from promo.simulation.without import Planned, landing_hazard, regimes

BELIEFS = np.linspace(0.0, 1.0, 4)
"""Chances that the money is still there at which willingness is computed; linear between them."""


@dataclass(frozen=True, slots=True)
class Movers:
    """Households re-timed by the offer.

    Attributes
    ----------
    landing : expected cars by day and planned week
    at_distance : (R, P, I', G, D) those of `landing.types` by period, group of weeks and distance
    vehicles : (R, P, I, G, J) vehicles taken by period of landing and group of planned weeks
    gain : (R, P, I, G) yuan gained a car
    """

    landing: Landing
    at_distance: Floats
    vehicles: Floats
    gain: Floats


@dataclass(frozen=True, slots=True)
class Delayed:
    """Households planned between the announcement and the window who wait for it.

    Attributes
    ----------
    waiting : (R, I, T) cars by planned day
    landing : (R, W, I) cars landing each day
    vehicles : (R, I, J) vehicles taken
    gain : (R, I) yuan gained a car
    """

    waiting: Floats
    landing: Floats
    vehicles: Floats
    gain: Floats


@dataclass(frozen=True, slots=True)
class Uptake:
    """Everything that can be claimed in one state of the pots.

    Periods count from the first of the window; G groups of planned weeks, of which the first
    `inside` lie in the window.

    Attributes
    ----------
    fen : (R, P, I, J, K) paid by each of K pots; the last type is the outside one if there is one
    benefit : (R, P, I, J) yuan as perceived by the city's buyers
    old_car : (R, P, I, J) yuan that the old car given up for it would fetch otherwise
    response : of planned buyers who know, (R, P, I, J)
    stayers : (R, W, I) planned buyers a day who know, less those whom the moved ones stand for
    joiners : (R, W, I) planned buyers a day whose like at home know, the base of new buyers
    outside : (R, W, J) cars a day of outside buyers
    pool : owners who would keep their car or buy a used one
    gain : (R, P, I) yuan gained by a planned buyer who knows, new buyers included
    belief : (R, U) chance, as people see it, that the money is there in each planned week
    """

    fen: Ints
    benefit: Floats
    old_car: Floats
    response: Response
    stayers: Floats
    joiners: Floats
    movers: Movers
    delayed: Delayed
    outside: Floats
    outside_gain: Floats
    pool: Drawn
    gain: Floats
    belief: Floats


@dataclass(frozen=True, slots=True)
class Window:
    """The window seen from its first day.

    Attributes
    ----------
    days : (W,) day numbers
    period : (W,) period of each day, counted from the first of the window
    first_period : number of that first period
    group : (U,) group of each planned week: its period, counted from the first of the window
    inside : (G,) whether the group lies in the window
    """

    days: Ints
    period: Ints
    first_period: int
    group: Ints
    inside: Ints
    between: Between

    @classmethod
    def of(cls, setting: Setting) -> Window:
        """The window of a setting."""
        days = setting.window_days
        first = int(setting.period[days[0]])
        of_bin = np.maximum(setting.period[setting.bins.start] - first, 0)
        last = int(setting.period[days[-1]]) - first
        groups = np.arange(int(of_bin.max()) + 1)
        return cls(
            days=days,
            period=setting.period[days] - first,
            first_period=first,
            group=of_bin,
            inside=(groups <= last).astype(np.int64),
            between=Between.of(days, setting.bins.middle, setting.bins.start),
        )

    @property
    def periods(self) -> int:
        """How many periods the window has."""
        return int(self.period[-1]) + 1


def perceived(behaviour: Behaviour, fen: Ints, old_car: Floats | float = 0.0) -> Floats:
    """Benefit in yuan as perceived (R, P, I, J), from fen by pot (R, P, I, J, K).

    What the old car given up for it would fetch otherwise, `old_car` (R, P, I, J), is lost.
    """
    yuan = fen.sum(axis=-1) / 100.0 - old_car
    return np.asarray(behaviour.perceived[:, None, None, None] * yuan)


def aware_at_home(behaviour: Behaviour, days: Ints) -> Floats:
    """Share (R, W) of people at home who know, by days since the announcement (day 0)."""
    learnt = 1.0 - np.exp(-(days[None, :] + 1.0) / behaviour.aware_days[:, None])
    return behaviour.aware_public[:, None] * learnt


@dataclass(frozen=True, slots=True)
class Offer:
    """How people answer while these pots are open, whatever they believe about their end.

    Attributes
    ----------
    fen : (R, P, I + outside, J, K) paid by each pot
    old_car : (R, P, I, J) yuan that the old car given up would fetch otherwise
    benefit : (R, P, I, J) yuan as perceived by the city's buyers
    types : numbers of the types to whom anything is paid
    response : of planned buyers who know, (R, P, I, J)
    willing : (period, group of weeks) -> willingness to come from there, by belief where that
        matters; of the types above
    delayed : households that learn before the window opens and wait for it
    outside, outside_gain : (R, W, J) cars a day of outside buyers, (R, P) yuan gained a car
    pool : owners who would keep their car or buy a used one
    """

    fen: Ints
    old_car: Floats
    benefit: Floats
    types: Ints
    response: Response
    willing: dict[tuple[int, int], tuple[Willingness, ...]]
    delayed: Delayed
    outside: Floats
    outside_gain: Floats
    pool: Drawn


def offer(
    setting: Setting, window: Window, behaviour: Behaviour, planned: Planned, paid: Paid
) -> Offer:
    """Answers to what pots pay in each period of the window, types of the city before others."""
    home = slice(0, setting.share_of_type.shape[0])
    old_car = paid.old_car[:, :, home]
    benefit = perceived(behaviour, paid.fen[:, :, home], old_car)
    shares = planned.shares[:, window.first_period : window.first_period + window.periods]
    response = stay_shares(
        setting.nests,
        shares,
        behaviour.alpha[:, None, :, None] * benefit,
        behaviour.correlations[:, None, None],
        behaviour.zeta[:, None, None],
    )
    types = np.flatnonzero(benefit.any(axis=(0, 1, 3)))
    people = _People(
        setting, window, behaviour.of_types(types), planned, types, benefit[:, :, types]
    )
    outside, outside_gain = _outside(setting, window, behaviour, paid.fen[:, :, home.stop :])
    return Offer(
        fen=paid.fen,
        old_car=old_car,
        benefit=benefit,
        types=types,
        response=response,
        willing=people.all_willing(),
        delayed=_delayed(setting, window, behaviour, planned, benefit),
        outside=outside,
        outside_gain=outside_gain,
        pool=_from_pool(setting, window, behaviour, planned, benefit),
    )


@dataclass(frozen=True, slots=True)
class _People:
    """The types to whom an offer pays anything, `benefit` (R, P, I, J) yuan."""

    setting: Setting
    window: Window
    behaviour: Behaviour
    planned: Planned
    types: Ints
    benefit: Floats

    def all_willing(self) -> dict[tuple[int, int], tuple[Willingness, ...]]:
        """Willingness by period of the window and later group of planned weeks."""
        regime = regimes(self.planned.policy_gain)[self.window.first_period :]
        known: dict[tuple[int, int], tuple[Willingness, ...]] = {}
        found = {}
        for now in range(self.window.periods):
            for then in range(now, self.window.inside.size):
                if self.window.inside[then]:
                    found[now, then] = self._by_belief(now, then)
                    continue
                if (now, int(regime[then])) not in known:
                    known[now, int(regime[then])] = (self._beyond(now, then),)
                found[now, then] = known[now, int(regime[then])]
        return found

    def _by_belief(self, now: int, then: int) -> tuple[Willingness, ...]:
        """From weeks inside the window, by the belief that they will still be paid for."""
        return tuple(
            self._willing(now, then, belief * self.benefit[:, then]) for belief in BELIEFS
        )

    def _beyond(self, now: int, then: int) -> Willingness:
        """From weeks after the window, for which people may expect a next round."""
        renewal = self.behaviour.renewal_belief[:, None, None]
        return self._willing(now, then, renewal * self.benefit[:, now])

    def _willing(self, now: int, then: int, expected: Floats) -> Willingness:
        """For the money now beyond the money `expected` (R, I, J) on the planned day.

        The choice is of vehicle and day together: a vehicle is worth the larger of what is
        expected then and what is paid now less the cost of moving. Only cars paid now are bought
        on another day because of the campaign.
        """
        first, planned = self.window.first_period, self.planned
        policy = planned.policy_gain
        beyond = (policy[:, first + now] - policy[:, first + then])[:, self.types]
        shares = planned.shares[:, first + then][:, self.types]
        if expected.any():
            alpha, correlations = self.behaviour.alpha, self.behaviour.correlations
            worth = alpha[..., None] * expected
            shares = pivot(self.setting.nests, shares, worth, correlations[:, None]).shares
        gain = np.maximum(self.benefit[:, now] - expected + beyond, 0.0)
        return willingness(
            self.setting.nests,
            self.behaviour,
            shares,
            np.where(self.benefit[:, now] > 0, gain, 0.0),
            self.behaviour.cost_earlier,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """How people enter a state.

    Attributes
    ----------
    belief : (R, U) chance, as people see it, that the money is there in each planned week
    memory : who was willing or had moved when an earlier state ended
    settled : whether the belief is final, so that gains are worth computing
    until : (R,) day on which the state is expected to end; what movers take is what those take
        who land before
    """

    belief: Floats
    memory: Memory | None = None
    settled: bool = True
    until: Floats | None = None


def uptake(
    setting: Setting,
    window: Window,
    behaviour: Behaviour,
    planned: Planned,
    made: Offer,
    entry: Entry,
) -> Uptake:
    """Rates of claims in a state of the pots."""
    movers = _movers(setting, window, behaviour, planned, made, entry)
    aware = aware_at_home(behaviour, window.days)
    leaving = _leaving(setting, window, planned, movers.landing)
    paid_later = _paid_later(window, planned, made, movers, entry.belief)
    daily = np.moveaxis(planned.daily[:, :, window.days], 1, 2)
    return Uptake(
        fen=made.fen,
        benefit=made.benefit,
        old_car=made.old_car,
        response=made.response,
        stayers=np.maximum(
            behaviour.aware_dealer[:, None, None] * daily - leaving * paid_later, 0.0
        ),
        joiners=aware[:, :, None] * daily,
        movers=movers,
        delayed=made.delayed,
        outside=made.outside,
        outside_gain=made.outside_gain,
        pool=made.pool,
        gain=market_gain(
            made.response.log_inclusive, behaviour.alpha[:, None], behaviour.zeta[:, None, None]
        ),
        belief=entry.belief,
    )


def _paid_later(
    window: Window, planned: Planned, made: Offer, movers: Movers, belief: Floats
) -> Floats:
    """Average buyers who know that one household moved within the window stands for, (R, W, I).

    One who would move even if sure of the money on the planned day chose day and vehicle
    together, and is missing there. One who moves for doubt would, for a car that is paid there
    too, have been paid with certainty, and for another one as often as its buyers switch. Average
    buyers are paid less often: the ratio of both.
    """
    last = window.periods
    landed = np.zeros(movers.gain.shape)
    landed[:, :, made.types] = movers.at_distance.sum(axis=-1)
    total = landed.sum(axis=1)[..., :last].swapaxes(1, 2)
    missing, resolute = np.zeros(total.shape), np.zeros(total.shape)
    paid = made.benefit > 0
    for (now, then), ladder in made.willing.items():
        if then < last:
            cars = movers.at_distance[:, now, :, then]
            trust = belief[:, window.group == then].mean(axis=1, keepdims=True)
            even_so = np.divide(
                ladder[-1].share,
                _between_beliefs(ladder, trust)[:, 0],
                out=np.zeros_like(cars),
                where=ladder[-1].share > 1e-12,
            )
            sure = cars * np.minimum(even_so, 1.0)
            there = paid[:, then, made.types].astype(np.float64)
            missing[:, then, made.types] += ladder[-1].paid_as_planned(sure, there)
            resolute[:, then, made.types] += sure.sum(axis=-1)
    taken = _shares_of(np.einsum("rpig,rpigj->rgij", landed, movers.vehicles)[:, :last])
    shares = planned.shares[:, window.first_period : window.first_period + last]
    stay = np.divide(made.response.stay, shares, out=np.ones_like(shares), where=shares > 0)
    doubting = (taken * np.where(paid, 1.0, 1.0 - np.minimum(stay, 1.0))).sum(axis=-1)
    would = missing + (total - resolute) * doubting
    certain = np.divide(would, total, out=np.ones_like(would), where=total > 1e-12)
    average = ((made.response.stay + made.response.switched) * paid).sum(axis=-1)
    ratio = np.divide(certain, average, out=np.zeros_like(certain), where=average > 0)
    return np.asarray(ratio[:, window.period])


def _between_beliefs(ladder: tuple[Willingness, ...], belief: Floats) -> Floats:
    """Willing share (R, U, I, D) at beliefs (R, U), linear between those tabulated."""
    steps = np.stack([step.share for step in ladder])
    height = belief * (BELIEFS.size - 1)
    below = np.minimum(height.astype(np.int64), BELIEFS.size - 2)
    rows = np.arange(belief.shape[0])[:, None]
    low, high = steps[below, rows], steps[below + 1, rows]
    return np.asarray(low + (high - low) * (height - below)[..., None, None])


def _shares_of(cars: Floats) -> Floats:
    total = cars.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(cars, total, out=np.zeros_like(cars), where=total > 0))


def _leaving(setting: Setting, window: Window, planned: Planned, landing: Landing) -> Floats:
    """Planned buyers (R, W, I) of each window day who had moved to an earlier day of it."""
    in_bins = setting.bins.gather(planned.movable)
    bins = setting.bins.of_day[window.days]
    moved = landing.total[..., bins]
    share = np.divide(moved, in_bins[..., bins], out=np.zeros_like(moved), where=moved > 0)
    return np.moveaxis(share * planned.movable[:, :, window.days], 1, 2)


def _movers(
    setting: Setting,
    window: Window,
    behaviour: Behaviour,
    planned: Planned,
    made: Offer,
    entry: Entry,
) -> Movers:
    """Households planned later who buy now: willing by period pair, landing by hazard."""
    types = made.types
    hazard = landing_hazard(behaviour, window.days[-1] - window.days)
    landing = land(
        setting.bins.gather(planned.movable[:, types]),
        Willing(
            share=_share_by_week(window, made, entry.belief),
            already=planned.already[:, window.first_period :, types],
        ),
        window.between,
        aware=aware_at_home(behaviour, window.days),
        hazard=hazard,
        period=window.period,
        memory=None if entry.memory is None else entry.memory.of_types(types),
    )
    at_distance = _at_distances(window, landing.daily)
    lived = _lived(window, entry.until, len(hazard))
    in_time = at_distance
    if entry.until is not None:
        in_time = _at_distances(window, landing.daily * lived[:, :, None, None])
    whose = _at_distances(window, _dated(window, landing, hazard, lived))
    draws, _, everyone, vehicles = made.benefit.shape
    shape = (draws, window.periods, everyone, window.inside.size)
    taken, gain = np.zeros((*shape, vehicles)), np.zeros(shape)
    for (now, then), ladder in made.willing.items():
        landed = in_time[:, now, :, then]
        vehicles_taken = ladder[0].composition(whose[:, now, :, then])
        taken[:, now, types, then] = vehicles_taken
        if entry.settled:
            # Where a policy ends between both days the least willing move: never above the money.
            money = (vehicles_taken * made.benefit[:, now, types]).sum(axis=-1)
            gain[:, now, types, then] = np.minimum(ladder[0].gain_per_car(landed), money)
    return Movers(landing.for_types(types, everyone), at_distance, taken, gain)


def _at_distances(window: Window, daily: Floats) -> Floats:
    """Cars (R, W, I', U) of each day by distance, (R, P, I', G, D)."""
    return at_distances(daily, window.between, window.period, window.group)


def _lived(window: Window, until: Floats | None, draws: int) -> Floats:
    """Part (R, W) of each day before a day (R,); in a period that it cuts off, all of it."""
    days = np.arange(window.period.size)
    if until is None:
        return np.ones((draws, days.size))
    period_ends = np.append(np.flatnonzero(np.diff(window.period)) + 1, days.size)
    begins = np.append(0, period_ends[:-1])[window.period]
    lived = np.clip(until[:, None] + 1.0 - days, 0.0, 1.0)
    return np.where(until[:, None] < begins, 1.0, lived)


def _dated(window: Window, landing: Landing, hazard: Floats, lived: Floats) -> Floats:
    """Cars (R, W, I', U) that land before the end, on days whose willing take what they take."""
    daily = landing.daily * lived[:, :, None, None]
    first = len(landing.willing)
    if first:
        daily[:, :first] = landing.by_last_chance(window.between, hazard, lived)
    return daily


def _share_by_week(window: Window, made: Offer, belief: Floats) -> Floats:
    """Willing share (R, P, I, U, D) of each planned week, beliefs between those tabulated."""
    draws, periods = made.benefit.shape[:2]
    share = np.zeros((draws, periods, made.types.size, window.group.size, DISTANCES.size))
    for (now, then), ladder in made.willing.items():
        weeks = np.flatnonzero(window.group == then)
        here = np.ix_(np.arange(draws), np.array([now]), np.arange(made.types.size), weeks)
        if len(ladder) == 1:
            share[here] = ladder[0].share[:, None, :, None]
            continue
        between = _between_beliefs(ladder, belief[:, weeks])
        share[here] = np.moveaxis(between, 1, 2)[:, None]
    return share


def _delayed(
    setting: Setting, window: Window, behaviour: Behaviour, planned: Planned, benefit: Floats
) -> Delayed:
    """Households that learn before the window opens and wait for it."""
    opening = int(window.days[0])
    draws, _, everyone, _ = benefit.shape
    types = np.flatnonzero(benefit.any(axis=(0, 1, 3)))
    waiting = np.zeros_like(planned.daily)
    vehicles = planned.shares[:, window.first_period].copy()
    gain = np.zeros((draws, everyone))
    landing = np.zeros((draws, window.days.size, everyone))
    if opening == 0 or not types.size:
        return Delayed(waiting, landing, vehicles, gain)
    willing = willingness(
        setting.nests,
        behaviour.of_types(types),
        vehicles[:, types],
        benefit[:, 0, types],
        behaviour.cost_later[:, types],
    )
    before = np.arange(opening)
    between = Between.of(before, np.array([float(opening)]), np.array([opening]))
    share = np.moveaxis(between.read(willing.share[:, :, None], before)[..., 0], 0, 2)
    aware = aware_at_home(behaviour, before)[:, None, :]
    waiting[:, types, :opening] = planned.daily[:, types, :opening] * aware * share
    hazard = landing_hazard(behaviour, window.days[-1] - window.days)
    left = np.cumprod(1.0 - hazard, axis=1)
    lands = np.concatenate([np.ones((draws, 1)), left[:, :-1]], axis=1) * hazard
    landing = lands[:, :, None] * waiting.sum(axis=2)[:, None, :]
    landed = np.zeros_like(willing.share)
    landed[..., 1] = waiting[:, types].sum(axis=2)
    vehicles[:, types] = willing.composition(landed)
    gain[:, types] = willing.gain_per_car(landed)
    return Delayed(waiting, landing, vehicles, gain)


def _outside(
    setting: Setting, window: Window, behaviour: Behaviour, fen: Ints
) -> tuple[Floats, Floats]:
    """Cars a day (R, W, J) of buyers from elsewhere, and their gain a car (R, P), yuan."""
    draws = len(behaviour.zeta)
    vehicles = setting.share_of_type.shape[1]
    cars = np.zeros((draws, window.days.size, vehicles))
    gain = np.zeros((draws, window.periods))
    if fen.shape[2] == 0 or not fen.any():
        return cars, gain
    benefit = perceived(behaviour, fen)[:, :, 0]
    alpha = behaviour.alpha.mean(axis=1)
    market = setting.market
    share, gain = drawn_in(
        setting.nests,
        market,
        benefit,
        alpha[:, None],
        behaviour.correlations[:, None],
        OneCost(
            np.broadcast_to(behaviour.travel_cost[:, None], gain.shape),
            np.broadcast_to(behaviour.travel_dispersion[:, None], gain.shape),
        ),
    )
    flow = behaviour.outside_per_day[:, None] * aware_at_home(behaviour, window.days)
    return flow[:, :, None] * share[:, window.period], gain


def _from_pool(
    setting: Setting, window: Window, behaviour: Behaviour, planned: Planned, benefit: Floats
) -> Drawn:
    """Owners who would keep their car or buy a used one, and buy new for the money."""
    periods = slice(window.first_period, window.first_period + window.periods)
    at_the_end = 1.0 / (window.days[-1] - window.days + 1.0)
    return drawn_from_pool(
        setting.nests,
        behaviour,
        Asked(planned.shares[:, periods], benefit, setting.mean_price_by_type()),
        aware=aware_at_home(behaviour, window.days),
        hazard=np.clip(1.0 / behaviour.pool_days[:, None], at_the_end, 1.0),
        period=window.period,
    )
