"""What would happen anyway? Planned purchases, and what policies that hold anyway do to them.

The base period saw some policies in force. Where one ends, purchases after it are fewer and other
cars are bought, and households planned for later come before its last day. All this is in both
worlds; the campaign acts on what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promo.demand.nested_logit import pivot
from promo.schema import Floats, Ints
from promo.simulation.behaviour import Behaviour, willingness
from promo.simulation.landing import DISTANCES, Between, Willing, land
from promo.simulation.setting import Setting

RUSH_DAYS = 60
"""Purchases come ahead of a policy's end no earlier than this: four mean landing times."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Expected purchases of the city's buyers without the campaign.

    Attributes
    ----------
    daily : (R, I, T) cars a day, after policies moved some of them in time
    unmoved : (R, I, T) the same before anyone moved
    shares : (R, P, I, J) vehicles bought in each period
    policy_gain : (R, P, I, J) yuan perceived beyond (or short of) the base period's policies
    already : (R, P, I, U) share, of those who know, whom a policy still in force in the period
        moves to its own last day, by planned week
    """

    daily: Floats
    unmoved: Floats
    shares: Floats
    policy_gain: Floats
    already: Floats

    @property
    def movable(self) -> Floats:
        """Purchases (R, I, T) that a campaign can move: as planned, or as policies moved them."""
        return np.maximum(self.daily, self.unmoved)


def planned_purchases(setting: Setting, behaviour: Behaviour, policy_gain: Floats) -> Planned:
    """World without the campaign; `policy_gain` (R, P, I, J) is zero where nothing changes."""
    base = behaviour.level[:, None, :] * setting.planned_by_type()
    shares = np.broadcast_to(setting.share_of_type, policy_gain.shape)
    periods, types = policy_gain.shape[1:3]
    already = np.zeros((len(base), periods, types, setting.bins.start.size))
    if not policy_gain.any():
        return Planned(base, base, shares, policy_gain, already)
    after = pivot(
        setting.nests,
        shares,
        behaviour.alpha[:, None, :, None] * policy_gain,
        behaviour.correlations[:, None, None],
    )
    growth = np.exp(behaviour.zeta[:, None, None] * after.log_inclusive)
    unmoved = base * np.moveaxis(growth, 1, 2)[..., setting.period]
    planned = Planned(unmoved, unmoved, after.shares, policy_gain, already)
    return replace(
        planned,
        daily=_moved_by_policies(setting, behaviour, planned),
        already=_moved_already(setting, behaviour, planned),
    )


def _moved_already(setting: Setting, behaviour: Behaviour, planned: Planned) -> Floats:
    """Share (R, P, I, U) of each planned week that moves for the best policy still in force."""
    already = planned.already.copy()
    group = setting.period[setting.bins.start]
    ends = [*(setting.period_days[1:] - 1), len(setting.days) - 1]
    regime = regimes(planned.policy_gain)
    tables: dict[tuple[int, int], Floats] = {}
    for then in range(1, already.shape[1]):
        weeks = np.flatnonzero(group == then)
        best = np.zeros_like(already[:, 0, :, weeks])
        for now in reversed(range(then)):
            pair = int(regime[now]), int(regime[then])
            if pair not in tables:
                tables[pair] = _share_moved(setting, behaviour, planned, (now, then))
            last_day = np.array([ends[now]])
            between = Between.of(last_day, setting.bins.middle[weeks], setting.bins.start[weeks])
            shape = (*tables[pair].shape[:2], weeks.size, DISTANCES.size)
            table = np.broadcast_to(tables[pair][:, :, None], shape)
            moved = between.read(table, np.zeros(1, dtype=np.int64))[0]
            best = np.maximum(best, np.moveaxis(moved, 2, 0))
            already[:, now, :, weeks] = best
    return already


def regimes(policy_gain: Floats) -> Ints:
    """Number of the set of policies in force in each period (P,): alike where all gains are."""
    flat = np.moveaxis(policy_gain, 1, 0).reshape(policy_gain.shape[1], -1)
    return np.array([int((flat == row).all(axis=1).argmax()) for row in flat])


def _share_moved(
    setting: Setting, behaviour: Behaviour, planned: Planned, pair: tuple[int, int]
) -> Floats:
    """Share (R, I, D) that would rather buy in one period than in another, by distance."""
    gain = _gain_of(planned, *pair)
    if not gain.any():
        return np.zeros((*gain.shape[:2], DISTANCES.size))
    shares = planned.shares[:, pair[1]]
    return willingness(setting.nests, behaviour, shares, gain, behaviour.cost_earlier).share


def _moved_by_policies(setting: Setting, behaviour: Behaviour, planned: Planned) -> Floats:
    """Planned purchases (R, I, T) after households moved ahead of a policy's end."""
    daily = planned.unmoved.copy()
    for ends in _last_days(setting, planned.policy_gain):
        now = setting.period[ends]
        first = max(int(setting.period_days[now]), ends - RUSH_DAYS)
        days = np.arange(first, ends + 1)
        later = setting.bins.of_day[min(ends + 1, daily.shape[2] - 1)]
        gain = _gain_of(planned, int(now), int(setting.period[ends + 1]))
        willing = willingness(
            setting.nests,
            behaviour,
            planned.shares[:, int(setting.period[ends + 1])],
            gain,
            behaviour.cost_earlier,
        )
        in_bins = setting.bins.gather(planned.unmoved)
        beyond = (np.arange(in_bins.shape[2]) >= later).astype(np.float64)
        landing = land(
            in_bins,
            Willing(
                share=willing.share[:, None, :, None, :] * beyond[:, None],
                already=np.zeros((in_bins.shape[0], 1, *in_bins.shape[1:])),
            ),
            Between.of(days, setting.bins.middle, setting.bins.start),
            aware=np.broadcast_to(behaviour.aware_public[:, None], (in_bins.shape[0], days.size)),
            hazard=landing_hazard(behaviour, ends - days),
            period=np.zeros(days.size, dtype=np.int64),
        )
        daily[:, :, days] += np.moveaxis(landing.daily.sum(axis=3), 1, 2)
        daily -= spread_over_days(setting, landing.total, planned.unmoved, in_bins)
    return np.maximum(daily, 0.0)


def _last_days(setting: Setting, policy_gain: Floats) -> list[int]:
    """Days after which a policy gives less, inside the horizon."""
    worth = policy_gain.sum(axis=(0, 2, 3))
    last = setting.period_days[1:] - 1
    falls = worth[1:] < worth[:-1]
    return [int(day) for day in last[falls] if day + 1 < setting.horizon]


def _gain_of(planned: Planned, now: int, then: int) -> Floats:
    """Yuan (R, I, J) gained by buying in one period rather than in another, never below 0."""
    return np.maximum(planned.policy_gain[:, now] - planned.policy_gain[:, then], 0.0)


def landing_hazard(behaviour: Behaviour, days_left: Ints) -> Floats:
    """Daily probability (R, W) that a willing household buys; certain on the last day."""
    at_the_end = 1.0 / (days_left[None, :] + 1.0)
    return np.asarray(np.clip(1.0 / behaviour.landing_days[:, None], at_the_end, 1.0))


def spread_over_days(setting: Setting, cars: Floats, daily: Floats, in_bins: Floats) -> Floats:
    """Cars by planned week (R, I, U) over the days of the week, as purchases were planned."""
    per_planned = np.divide(cars, in_bins, out=np.zeros_like(cars), where=in_bins > 0)
    return daily * per_planned[..., setting.bins.of_day]
