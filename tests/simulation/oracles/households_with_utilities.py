"""Households one by one: utilities, correlated tastes, costs of moving, what each has heard.

Every household keeps the same tastes for its purchase with the campaign and without it, so the
five parts are read off by comparing its two purchases.

Tastes are a nested logit drawn exactly: a Gumbel variable of scale s, plus s times the logarithm
of a positive stable variable of index s / t that its nest shares, is a Gumbel variable of scale t
(Cardell 1997); positive stable variables by Chambers, Mallows and Stuck (1976) in Kanter's form.

Buying no car is an option. What all cars have in common beside it, x, is shared by the cars of one
household. Few of the people who could buy do so, and in the limit of a small buying share those
near to buying are a Poisson process with density zeta exp(-zeta x) (the tail of a positive stable
variable of index zeta): a household buys where x plus its best taste is above 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from oracles.market import ANYWAY, MONTH, MOVED, NEW, OUTSIDE, SWITCHED, Campaign, Market
from oracles.walk import Purchase

BEST_TASTE = 10.0
"""Households with a best taste above this are no nearer to buying than those at it: they are
3 in 100,000 of all, and below 1 in 1,000 of the buyers at zeta up to 0.5."""


def positive_stable(index: float, size: int, stream: np.random.Generator) -> np.ndarray:
    """Positive stable variables, E exp(-t X) = exp(-t^index)."""
    angle = stream.uniform(0.0, np.pi, size)
    waiting = stream.exponential(size=size)
    rest = 1.0 - index
    tilt = np.sin(rest * angle) ** (rest / index) * np.sin(index * angle)
    return tilt / np.sin(angle) ** (1.0 / index) * waiting ** (-rest / index)


def shocks(market: Market, members: np.ndarray, size: int, stream, depth: int = 0):
    """Tastes (N, J') for these vehicles of one nest, each Gumbel of the scale outside its nests.

    A nest of one vehicle needs no shared part.
    """
    wide = market.scales[depth - 1] if depth else 1.0
    if depth == len(market.nests):
        return wide * stream.gumbel(size=(size, members.size))
    found = np.empty((size, members.size))
    label = np.array(market.nests[depth])[members]
    narrow = market.scales[depth]
    for each in np.unique(label):
        inside = label == each
        if inside.sum() == 1:
            found[:, inside] = wide * stream.gumbel(size=(size, 1))
            continue
        found[:, inside] = shocks(market, members[inside], size, stream, depth + 1)
        if narrow < wide:
            shared = positive_stable(narrow / wide, size, stream)
            found[:, inside] += narrow * np.log(shared)[:, None]
    return found


def mean_utility(market: Market, shares: np.ndarray) -> np.ndarray:
    """(J,) utilities at which these are the shares, and the best taste is Gumbel at 0."""
    utility, inner = np.zeros(shares.size), shares
    for together, scale in zip(reversed(market.nest_of()), reversed(market.scales), strict=True):
        nest = together @ shares
        utility += scale * np.log(inner / nest)
        inner = nest
    return utility + np.log(inner)


def tastes(market: Market, shares: np.ndarray, size: int, stream) -> np.ndarray:
    """Utilities (N, J) of households that take the best vehicle in these shares."""
    every = np.arange(shares.size)
    return mean_utility(market, shares) + shocks(market, every, size, stream)


@dataclass
class Group:
    """Households of one type, one row each.

    Attributes
    ----------
    utility : (N, J); `none` (N,) the utility of buying no car here without the campaign
    planned : (N,) day, and `without` (N,) vehicle bought without the campaign, -1 if none
    heard : (N,) knows at home when the share who know there is above it
    cost, cost_later : (N,) yuan a month
    """

    utility: np.ndarray
    none: np.ndarray
    planned: np.ndarray
    without: np.ndarray
    heard: np.ndarray
    cost: np.ndarray
    cost_later: np.ndarray


class UtilityHouseholds:
    """The people of one draw: those planned here, those who would not buy, those elsewhere."""

    def __init__(self, market: Market, campaign: Campaign, stream: np.random.Generator) -> None:
        self.market, self.campaign, self.stream = market, campaign, stream
        self.groups = [self._group(kind) for kind in range(len(market.shares))]
        self.landed: set[tuple[int, int]] = set()

    @cached_property
    def all_pots(self) -> frozenset[int]:
        return frozenset(range(len(self.campaign.pots)))

    def _group(self, kind: int) -> Group:
        """Everyone of one type who buys, or would if every car were paid the most."""
        market, stream = self.market, self.stream
        most = market.alpha[kind] * market.perceived * self._most(kind)
        purchases = market.daily[kind]
        lowest = -(BEST_TASTE + most) if market.zeta else 0.0
        near = 1.0
        if market.zeta:
            near = math.exp(-market.zeta * lowest) / math.gamma(1.0 - market.zeta)
        count = stream.poisson(purchases * near)
        planned = np.repeat(np.arange(count.size), count)
        size = planned.size
        utility = tastes(market, market.shares[kind], size, stream)
        best = utility.max(axis=1)
        if market.zeta:
            none = -(lowest + stream.exponential(1.0 / market.zeta, size))
        else:
            none = np.full(size, -np.inf)
        near_enough = best + most > none
        utility, none, planned = (each[near_enough] for each in (utility, none, planned))
        best = best[near_enough]
        size = planned.size
        log_cost = market.cost_dispersion * stream.standard_normal(size)
        return Group(
            utility=utility,
            none=none,
            planned=planned,
            without=np.where(best > none, utility.argmax(axis=1), -1),
            heard=stream.random(size),
            cost=market.cost_earlier[kind] * np.exp(log_cost),
            cost_later=market.cost_later[kind] * np.exp(log_cost),
        )

    def _most(self, kind: int) -> float:
        return float(sum(pot.pays[kind].max() for pot in self.campaign.pots))

    def sales_without(self) -> np.ndarray:
        """(T, J) cars."""
        sales = np.zeros((self.market.daily.shape[1], self.market.local.size), dtype=int)
        for group in self.groups:
            buys = group.without >= 0
            np.add.at(sales, (group.planned[buys], group.without[buys]), 1)
        return sales

    # --- who may come today --------------------------------------------------------------------

    def visits(self, day: int):
        """Planned for today, or planned for another week and shopping, or from elsewhere."""
        for kind, group in enumerate(self.groups):
            for row in np.flatnonzero(self._may_come(kind, group, day)).tolist():
                if (kind, row) not in self.landed:
                    yield self.stream.random(), kind, (kind, row)
        kind = len(self.groups)
        flow = self.market.outside_a_day * self.market.aware_at_home(day)
        for stranger in self._strangers(self.stream.poisson(flow)):
            yield self.stream.random(), kind, stranger

    def _may_come(self, kind: int, group: Group, day: int) -> np.ndarray:
        market = self.market
        buys = group.without >= 0
        today = (group.planned == day) & self._told(kind, group, day)
        signs = self._signs(kind, group, day)
        later = market.week_start[market.week[group.planned]] > day
        # To save time: whoever would not move for the most there is need not be asked.
        affordable = self._cost(group, day) < market.perceived * self._most(kind)
        at_home = group.heard < market.aware_at_home(day)
        ahead = buys & later & at_home & signs & affordable
        waits = buys & (group.planned < market.window[0]) & signs
        return today | ahead | waits

    def _told(self, kind: int, group: Group, day: int) -> np.ndarray:
        """Who knows on its planned day: shoppers by the seller, the others at home."""
        del kind
        market = self.market
        shoppers = group.without >= 0
        return group.heard < np.where(shoppers, market.aware_dealer, market.aware_at_home(day))

    def _signs(self, kind: int, group: Group, day: int) -> np.ndarray:
        """Who of those that are willing to come buys today."""
        del kind
        return self.stream.random(group.planned.size) < self.market.hazard(day)

    def _cost(self, group: Group, day: int) -> np.ndarray:
        middle = self.market.week_middle[self.market.week[group.planned]]
        return group.cost * np.maximum(middle - day, 0.0) / MONTH

    def _strangers(self, count: int):
        """Buyers from elsewhere: utilities, and the cost of coming."""
        market = self.market
        utility = tastes(market, market.all_shares, count, self.stream)
        spread = market.travel_dispersion * self.stream.standard_normal(count)
        return zip(utility, market.travel_cost * np.exp(spread), strict=True)

    def has_bought(self, household) -> None:
        """Households of the city move once."""
        if isinstance(household[0], int):
            self.landed.add(household)

    # --- what they decide ----------------------------------------------------------------------

    def decides(self, household, day: int, open_pots: frozenset[int]) -> Purchase | None:
        """What this household buys now because of the money."""
        kind, row = household
        if not isinstance(kind, int):
            return self._comes_from_elsewhere(kind, row, day, open_pots)
        group = self.groups[kind]
        planned = int(group.planned[row])
        if planned < self.market.window[0]:
            return self._has_waited(kind, row, day, open_pots)
        if planned == day:
            return self._buys_today(kind, row, day, open_pots)
        return self._comes_ahead(household, day, open_pots)

    def _worth(self, kind: int, day: int, open_pots: frozenset[int]) -> np.ndarray:
        """(J,) yuan as perceived."""
        return self.market.perceived * self.campaign.yuan(day, kind, open_pots).sum(axis=0)

    def _buys_today(self, kind: int, row: int, day: int, open_pots) -> Purchase | None:
        group = self.groups[kind]
        utility = group.utility[row] + self.market.alpha[kind] * self._worth(kind, day, open_pots)
        vehicle, without = int(utility.argmax()), int(group.without[row])
        if utility[vehicle] <= group.none[row]:
            return None
        if without < 0:
            return Purchase(vehicle, NEW, -1, -1)
        part = ANYWAY if vehicle == without else SWITCHED
        return Purchase(vehicle, part, day, without)

    def _comes_ahead(self, household, day: int, open_pots) -> Purchase | None:
        """Day and vehicle are one choice: what is paid now less the cost, or expected later."""
        kind, row = household
        group, market = self.groups[kind], self.market
        planned, without = int(group.planned[row]), int(group.without[row])
        now = self._worth(kind, day, open_pots)
        week = market.week[planned]
        expected = self._expected(household, planned, now, open_pots)
        less = now - group.cost[row] * (market.week_middle[week] - day) / MONTH
        utility = group.utility[row] + market.alpha[kind] * np.maximum(expected, less)
        vehicle = int(utility.argmax())
        if less[vehicle] <= expected[vehicle]:
            return None
        if planned > market.window[1]:
            return Purchase(vehicle, MOVED, planned, without)
        return Purchase(vehicle, ANYWAY if vehicle == without else SWITCHED, planned, without)

    def _expected(self, household, planned: int, now: np.ndarray, open_pots) -> np.ndarray:
        """(J,) yuan that it expects on its planned day."""
        market = self.market
        if planned > market.window[1]:
            return market.renewal_belief * now
        worth = self._worth(household[0], planned, open_pots)
        return market.belief[market.week[planned]] * worth

    def _has_waited(self, kind: int, row: int, day: int, open_pots) -> Purchase | None:
        """It knew on its planned day, and waits for the opening where that is worth the cost."""
        group, market = self.groups[kind], self.market
        planned, without = int(group.planned[row]), int(group.without[row])
        if group.heard[row] >= market.aware_at_home(planned):
            return None
        cost = group.cost_later[row] * (market.window[0] - planned) / MONTH
        for pots in (self.all_pots, open_pots):
            worth = self._worth(kind, day if pots is open_pots else market.window[0], pots)
            utility = group.utility[row] + market.alpha[kind] * np.maximum(worth - cost, 0.0)
            vehicle = int(utility.argmax())
            if worth[vehicle] <= cost:
                return None
        return Purchase(vehicle, MOVED, planned, without)

    def _comes_from_elsewhere(self, utility, cost: float, day: int, open_pots) -> Purchase | None:
        market = self.market
        worth = self._worth(len(self.groups), day, open_pots)
        gained = utility + market.alpha.mean() * np.maximum(worth - cost, 0.0)
        vehicle = int(gained.argmax())
        if worth[vehicle] <= cost:
            return None
        return Purchase(vehicle, OUTSIDE, -1, -1)
