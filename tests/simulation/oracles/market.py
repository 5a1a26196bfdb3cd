"""The market as the households of the oracles see it: what is given, and nothing computed.

Written from `design/model.md` 3 to 8 and `docs/model.md`; imports nothing of `promo`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MONTH = 30.4
"""Days a month, as the cost of moving is written: C = c |planned day - day| / 30.4."""
ANYWAY, SWITCHED, MOVED, OUTSIDE, NEW = range(5)
PARTS = ("would have bought anyway", "switched", "moved in time", "came from outside", "new")


@dataclass(frozen=True)
class Market:
    """What would happen without the campaign, and how its people behave.

    Days are counted from the announcement (day 0); I types, J vehicles, T days, U planned weeks.

    Attributes
    ----------
    daily : (I, T) expected purchases
    shares : (I, J) what each type buys, and `all_shares` (J,) what all buy together
    nests : labels of the nests of each vehicle, outermost level first
    scales : scale of the tastes inside a nest of each level, 1 - correlation
    alpha : (I,) utils per yuan
    zeta : purchases of a type grow by R^zeta
    perceived : share of the money that counts in the decision
    aware_dealer, aware_public, aware_days : who knows, in the showroom and at home
    cost_earlier, cost_later : (I,) yuan, median cost of moving by a month
    cost_dispersion : of its logarithm
    landing_days : mean days from being willing to buying
    renewal_belief : believed chance of another round
    outside_a_day, travel_cost, travel_dispersion : buyers from elsewhere
    week : (T,) planned week of each day; `week_start`, `week_middle` (U,)
    belief : (U,) chance, as people see it, that the money is there in a planned week
    window : first and last day; `horizon` the day after the last that is counted
    local : (J,) built here
    """

    daily: np.ndarray
    shares: np.ndarray
    all_shares: np.ndarray
    nests: tuple[tuple[str, ...], ...]
    scales: tuple[float, ...]
    alpha: np.ndarray
    zeta: float
    perceived: float
    aware_dealer: float
    aware_public: float
    aware_days: float
    cost_earlier: np.ndarray
    cost_later: np.ndarray
    cost_dispersion: float
    landing_days: float
    renewal_belief: float
    outside_a_day: float
    travel_cost: float
    travel_dispersion: float
    week: np.ndarray
    week_start: np.ndarray
    week_middle: np.ndarray
    belief: np.ndarray
    window: tuple[int, int]
    horizon: int
    local: np.ndarray

    def aware_at_home(self, day: int) -> float:
        """Share of people at home who know on a day."""
        return self.aware_public * (1.0 - math.exp(-(day + 1) / self.aware_days))

    def hazard(self, day: int) -> float:
        """Chance that a willing household buys on this day, certain on the last."""
        return max(1.0 / self.landing_days, 1.0 / (self.window[1] - day + 1))

    def nest_of(self) -> list[np.ndarray]:
        """(J, J) whether two vehicles share a nest, a matrix a level, outermost first."""
        together = []
        for depth in range(1, len(self.nests) + 1):
            path = [
                tuple(level[j] for level in self.nests[:depth]) for j in range(self.local.size)
            ]
            together.append(np.array([[a == b for a in path] for b in path], dtype=float))
        return together


@dataclass(frozen=True)
class Pot:
    """A pot of money: yuan in it, what it pays by type and vehicle, and from when to when."""

    yuan: int
    pays: np.ndarray
    opens: int = 0
    closes: int = 10**6

    def pays_on(self, day: int) -> bool:
        """Does it serve purchases of this day?"""
        return self.opens <= day <= self.closes


@dataclass(frozen=True)
class Carry:
    """At the start of a day, what is left in one pot goes to another."""

    day: int
    giver: int
    taker: int


@dataclass(frozen=True)
class Campaign:
    """Pots and carries; `pays` of a pot is (I + 1, J) yuan, buyers from elsewhere last."""

    pots: tuple[Pot, ...]
    carries: tuple[Carry, ...] = ()

    def yuan(self, day: int, kind: int, open_pots: frozenset[int]) -> np.ndarray:
        """(K, J) yuan that each pot pays to a type for each vehicle."""
        return np.array(
            [
                pot.pays[kind] * (number in open_pots and pot.pays_on(day))
                for number, pot in enumerate(self.pots)
            ],
            dtype=float,
        )
