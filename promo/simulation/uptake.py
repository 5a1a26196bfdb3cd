"""Who would take the money, at what rate, while these pots are open?

One demand evaluation per state of the pots (not per day or buyer): response of planned buyers,
willingness to move, outside buyers. Rates are then known functions of the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.moving import cost_edges, moving_table, moving_weights
from promo.demand.response import Response, market_gain, stay_shares
from promo.schema import DAYS_PER_MONTH, Floats, Ints
from promo.simulation.behaviour import Behaviour, Willingness, willingness
from promo.simulation.landing import Between, Landing, Memory, land
from promo.simulation.setting import Setting
from promo.simulation.without import Planned, landing_hazard

BELIEFS = np.linspace(0.0, 1.0, 5)
"""Chances that the money is still there at which willingness is computed; linear between them."""


@dataclass(frozen=True, slots=True)
class Movers:
    """Households re-timed by the offer.

    Attributes
    ----------
    landing : expected cars by day and planned week
    vehicles : (R, P, I, G, J) vehicles taken by period of landing and group of planned weeks
    gain : (R, P, I, G) yuan gained a car
    """

    landing: Landing
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
    response : of planned buyers who know, (R, P, I, J)
    stayers : (R, W, I) planned buyers a day who know and have not moved
    joiners : (R, W, I) planned buyers a day whose like at home know, the base of new buyers
    outside : (R, W, J) cars a day of outside buyers
    gain : (R, P, I) yuan gained by a planned buyer who knows, new buyers included
    """

    fen: Ints
    benefit: Floats
    response: Response
    stayers: Floats
    joiners: Floats
    movers: Movers
    delayed: Delayed
    outside: Floats
    outside_gain: Floats
    gain: Floats
    period: Ints
    inside: Ints


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


def perceived(behaviour: Behaviour, fen: Ints) -> Floats:
    """Benefit in yuan as perceived (R, P, I, J), from fen by pot (R, P, I, J, K)."""
    return behaviour.perceived[:, None, None, None] * fen.sum(axis=-1) / 100.0


def aware_at_home(behaviour: Behaviour, days: Ints) -> Floats:
    """Share (R, W) of people at home who know, by days since the announcement (day 0)."""
    learnt = 1.0 - np.exp(-(days[None, :] + 1.0) / behaviour.aware_days[:, None])
    return behaviour.aware_public[:, None] * learnt


def uptake(  # noqa: PLR0913 - the stage, the people, the plan, the money and what came before
    setting: Setting,
    window: Window,
    behaviour: Behaviour,
    planned: Planned,
    fen: Ints,
    *,
    belief: Floats,
    memory: Memory | None = None,
) -> Uptake:
    """Rates in the state whose pots pay `fen` (R, P, I + outside, J, K) in each window period.

    `belief` (R, U) is the chance, as people see it, that the money is there in each planned week.
    `memory` holds who was willing or had moved when an earlier state ended.
    """
    types = setting.share_of_type.shape[0]
    home = fen[:, :, :types]
    benefit = perceived(behaviour, home)
    shares = planned.shares[:, window.first_period : window.first_period + window.periods]
    response = stay_shares(
        setting.nests,
        shares,
        behaviour.alpha[:, None, :, None] * benefit,
        behaviour.correlations[:, None, None],
        behaviour.zeta[:, None, None],
    )
    movers = _movers(setting, window, behaviour, planned, benefit, belief, memory)
    aware = aware_at_home(behaviour, window.days)
    leaving = _leaving(setting, window, planned, movers.landing)
    daily = np.moveaxis(planned.daily[:, :, window.days], 1, 2)
    outside, outside_gain = _outside(setting, window, behaviour, fen[:, :, types:])
    return Uptake(
        fen=fen,
        benefit=benefit,
        response=response,
        stayers=behaviour.aware_dealer[:, None, None] * np.maximum(daily - leaving, 0.0),
        joiners=aware[:, :, None] * daily,
        movers=movers,
        delayed=_delayed(setting, window, behaviour, planned, benefit[:, 0]),
        outside=outside,
        outside_gain=outside_gain,
        gain=market_gain(
            response.log_inclusive, behaviour.alpha[:, None], behaviour.zeta[:, None, None]
        ),
        period=window.period,
        inside=window.inside,
    )


def _leaving(setting: Setting, window: Window, planned: Planned, landing: Landing) -> Floats:
    """Planned buyers (R, W, I) of each window day who had moved to an earlier day of it."""
    in_bins = setting.bins.gather(planned.unmoved)
    bins = setting.bins.of_day[window.days]
    moved = landing.landed[:, -1][..., bins]
    share = np.divide(moved, in_bins[..., bins], out=np.zeros_like(moved), where=moved > 0)
    return np.moveaxis(share * planned.unmoved[:, :, window.days], 1, 2)


def _movers(  # noqa: PLR0913 - as above
    setting: Setting,
    window: Window,
    behaviour: Behaviour,
    planned: Planned,
    benefit: Floats,
    belief: Floats,
    memory: Memory | None,
) -> Movers:
    """Households planned later who buy now: willing by period pair, landing by hazard."""
    groups = window.inside.size
    pairs = {
        (now, then): _pair(setting, window, behaviour, planned, benefit, (now, then))
        for now in range(window.periods)
        for then in range(now, groups)
    }
    share = _share_by_week(window, behaviour, pairs, belief)
    landing = land(
        setting.bins.gather(planned.unmoved),
        share,
        window.between,
        aware=aware_at_home(behaviour, window.days),
        hazard=landing_hazard(behaviour, window.days[-1] - window.days),
        period=window.period,
        group=window.group,
        memory=memory,
    )
    draws, _, types, vehicles = benefit.shape
    taken = np.zeros((draws, window.periods, types, groups, vehicles))
    gain = np.zeros((draws, window.periods, types, groups))
    for (now, then), ladder in pairs.items():
        willing = ladder[0]
        landed = landing.at_distance[:, now, :, then]
        taken[:, now, :, then] = willing.composition(landed)
        gain[:, now, :, then] = willing.gain_per_car(landed)
    return Movers(landing=landing, vehicles=taken, gain=gain)


def _pair(  # noqa: PLR0913 - as above
    setting: Setting,
    window: Window,
    behaviour: Behaviour,
    planned: Planned,
    benefit: Floats,
    pair: tuple[int, int],
) -> tuple[Willingness, ...]:
    """Willingness to come from weeks of one period to days of another, by belief if inside."""
    now, then = pair
    shares = planned.shares[:, window.first_period + now]
    policy = planned.policy_gain[:, window.first_period + now]
    policy = policy - planned.policy_gain[:, window.first_period + then]
    if window.inside[then]:
        kept = BELIEFS[None, :] * np.ones((len(behaviour.zeta), 1))
        at_home = benefit[:, then]
    else:
        kept = behaviour.renewal_belief[:, None]
        at_home = benefit[:, now]
    return tuple(
        willingness(
            setting.nests,
            behaviour,
            shares,
            np.maximum(benefit[:, now] - chance[:, None, None] * at_home + policy, 0.0),
            np.maximum(policy, 0.0),
            behaviour.cost_earlier,
        )
        for chance in kept.T
    )


def _share_by_week(
    window: Window,
    behaviour: Behaviour,
    pairs: dict[tuple[int, int], tuple[Willingness, ...]],
    belief: Floats,
) -> Floats:
    """Willing share (R, P, I, U, D) of each planned week, beliefs between those tabulated."""
    one = pairs[(0, 0)][0].share
    shape = (one.shape[0], window.periods, one.shape[1], window.group.size, one.shape[2])
    share = np.zeros(shape)
    for (now, then), ladder in pairs.items():
        weeks = np.flatnonzero(window.group == then)
        if len(ladder) == 1:
            share[:, now, :, weeks] = np.moveaxis(ladder[0].share[:, :, None], 2, 0)
            continue
        steps = np.stack([step.share for step in ladder])
        height = belief[:, weeks] * (BELIEFS.size - 1)
        below = np.minimum(height.astype(np.int64), BELIEFS.size - 2)
        weight = (height - below)[..., None, None]
        rows = np.arange(belief.shape[0])[:, None]
        low, high = steps[below, rows], steps[below + 1, rows]
        share[:, now, :, weeks] = np.moveaxis(low + (high - low) * weight, 1, 0)
    return share


def _delayed(
    setting: Setting, window: Window, behaviour: Behaviour, planned: Planned, benefit: Floats
) -> Delayed:
    """Households that learn before the window opens and wait for it."""
    opening = int(window.days[0])
    draws, types, _ = benefit.shape
    waiting = np.zeros_like(planned.daily)
    vehicles = planned.shares[:, window.first_period]
    gain = np.zeros((draws, types))
    landing = np.zeros((draws, window.days.size, types))
    if opening == 0 or not benefit.any():
        return Delayed(waiting, landing, vehicles, gain)
    willing = willingness(
        setting.nests,
        behaviour,
        vehicles,
        benefit,
        np.zeros_like(benefit),
        behaviour.cost_later,
    )
    before = np.arange(opening)
    between = Between.of(before, np.array([float(opening)]), np.array([opening]))
    share = np.stack([between.read(willing.share[:, :, None], day)[..., 0] for day in before], 2)
    aware = aware_at_home(behaviour, before)[:, None, :]
    waiting[:, :, before] = planned.daily[:, :, before] * aware * share
    hazard = landing_hazard(behaviour, window.days[-1] - window.days)
    left = np.cumprod(1.0 - hazard, axis=1)
    lands = np.concatenate([np.ones((draws, 1)), left[:, :-1]], axis=1) * hazard
    landing = lands[:, :, None] * waiting.sum(axis=2)[:, None, :]
    landed = np.zeros_like(willing.share)
    landed[..., 1] = waiting.sum(axis=2)
    return Delayed(waiting, landing, willing.composition(landed), willing.gain_per_car(landed))


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
    market = setting.daily.sum(axis=0) / setting.daily.sum()
    edges = cost_edges(benefit)
    table = moving_table(
        setting.nests, market, benefit, alpha[:, None], behaviour.correlations[:, None], edges
    )
    weights = moving_weights(
        edges,
        np.ones(1),
        np.broadcast_to(behaviour.travel_cost[:, None], gain.shape),
        np.broadcast_to(behaviour.travel_dispersion[:, None], gain.shape),
    )
    share = (weights @ table.moved)[:, :, 0]
    flow = behaviour.outside_per_day[:, None] * aware_at_home(behaviour, window.days)
    cars = flow[:, :, None] * share[:, window.period]
    middle = 0.5 * (edges[..., 1:] + edges[..., :-1])
    surplus = np.maximum(benefit[:, :, None] - middle[..., None], 0.0)
    gained = ((weights[:, :, 0, :, None] * table.moved) * surplus).sum(axis=(2, 3))
    total = share.sum(axis=-1)
    return cars, np.divide(gained, total, out=gain, where=total > 0)


def months(days: Floats) -> Floats:
    """Days as months of the mean length."""
    return days / DAYS_PER_MONTH
