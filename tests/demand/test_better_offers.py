"""A better offer never lowers take-up: a theorem of all tastes, held in random markets.

Whoever takes a paid car finds it the best of all. If what every car pays only rises, a car that
pays nothing has not become better against hers, and so she still takes a paid one. She may take
another paid one: a car can lose buyers to cars that now pay more, and only the total of paid cars
never falls. That holds for planned buyers, for those new to the market and at every cost of
moving, so any fall beyond rounding is an error of the formulas. Open pots and beliefs are given
here, and nobody is rationed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pytest

from promo.demand.moving import cost_edges, moving_table, moving_weights
from promo.demand.nested_logit import Nests, pivot
from promo.demand.response import stay_shares
from promo.schema import Bools, Floats

VEHICLES, LEVELS = 6, 3
PAIRS_OF_A_TREE = 1_000
FEW, MANY = 5, 100
"""Trees of nests, each with so many pairs: 5,000 in the usual suite, 100,000 in the slow one."""
ROUNDING = 1e-12
"""Of the total. Gains up to 5 utils over scales of 0.05 are exponents of 100, which lose 100 units
in the last place (2e-14); a dozen such numbers are multiplied and added."""
MONTHS = np.array([0.2, 1.0, 5.0])


@dataclass(frozen=True)
class Pairs:
    """P random markets, each with an offer and one that pays as much or more for every vehicle.

    Attributes
    ----------
    shares : (P, J); `correlations` (P, L), outermost first; `zeta`, `buying_share` (P,)
    alpha : (P,) utils per yuan; `median`, `dispersion` (P,) of the cost of moving by a month
    offer, better : (P, J) yuan as perceived
    """

    nests: Nests
    shares: Floats
    correlations: Floats
    zeta: Floats
    buying_share: Floats
    alpha: Floats
    median: Floats
    dispersion: Floats
    offer: Floats
    better: Floats

    @classmethod
    def at_random(cls, number: int) -> Self:
        """Markets of one tree. Some cars have no buyers, some pay nothing, some pay alike."""
        rng = np.random.default_rng([20221101, number])
        some = PAIRS_OF_A_TREE
        labels = [[str(n) for n in rng.integers(0, 3, VEHICLES)] for _ in range(LEVELS)]
        sold = rng.gamma(rng.uniform(0.3, 3.0, (some, 1)), size=(some, VEHICLES))
        sold[rng.random(sold.shape) < 0.05] = 0.0
        sold[:, 0] += 0.01
        amounts = np.concatenate(
            [np.zeros((some, 1)), rng.uniform(100, 50_000, (some, 3))], axis=1
        )
        offer = np.take_along_axis(amounts, rng.integers(0, 4, (some, VEHICLES)), axis=1)
        step = 10.0 ** rng.uniform(-2, 4.7, (some, 1))
        raised = rng.random(offer.shape) < rng.random((some, 1))
        return cls(
            nests=Nests.from_labels(labels),
            shares=sold / sold.sum(axis=1, keepdims=True),
            correlations=np.sort(rng.uniform(0, 0.95, (some, LEVELS)), axis=1),
            zeta=rng.uniform(0, 1, some),
            buying_share=rng.choice([0.0, 0.3], some),
            alpha=10.0 ** rng.uniform(-5.5, -4.3, some),
            median=10.0 ** rng.uniform(2, 4, some),
            dispersion=rng.uniform(0.6, 1.2, some),
            offer=offer,
            better=offer + step * raised,
        )

    def take_up(self, offer: Floats) -> tuple[Floats, Floats]:
        """Cars paid (P,) to planned buyers and to new ones, per planned purchase."""
        gain = self.alpha[:, None] * offer
        parts = stay_shares(
            self.nests, self.shares, gain, self.correlations, self.zeta, self.buying_share
        )
        return _paid(parts.stay + parts.switched, offer), _paid(parts.new, offer)

    def movers(self, offer: Floats) -> Floats:
        """Share (P, M) of planned purchases that move for an offer, by months moved.

        Costs are cut alike for both offers, as a comparison of two needs it.
        """
        edges = cost_edges(np.concatenate([self.offer, self.better], axis=1))
        table = moving_table(self.nests, self.shares, offer, self.alpha, self.correlations, edges)
        weights = moving_weights(edges, MONTHS, self.median, self.dispersion)
        return np.asarray((weights @ table.moved).sum(axis=-1))


def _paid(cars: Floats, offer: Floats) -> Floats:
    return np.asarray((cars * (offer > 0)).sum(axis=-1))


def falls(pairs: Pairs, take_up: Callable[[Floats], Floats]) -> Bools:
    """Which pairs have a lower take-up under the better offer."""
    before, after = take_up(pairs.offer), take_up(pairs.better)
    return np.asarray(after < before - ROUNDING * np.maximum(before, 1.0))


def markets(trees: int) -> Iterator[Pairs]:
    return (Pairs.at_random(number) for number in range(trees))


AMOUNT = [FEW, pytest.param(MANY, marks=pytest.mark.slow)]


@pytest.mark.parametrize("trees", AMOUNT)
def test_a_better_offer_never_lowers_the_take_up_of_planned_and_of_new_buyers(trees: int) -> None:
    rose = 0
    for pairs in markets(trees):
        assert not falls(pairs, lambda offer, of=pairs: of.take_up(offer)[0]).any()
        assert not falls(pairs, lambda offer, of=pairs: of.take_up(offer)[1]).any()
        rose += int((sum(pairs.take_up(pairs.better)) > sum(pairs.take_up(pairs.offer))).sum())
    assert rose > 0.7 * trees * PAIRS_OF_A_TREE  # a guard: better offers do make a difference


@pytest.mark.parametrize("trees", AMOUNT)
def test_a_better_offer_never_moves_fewer(trees: int) -> None:
    assert not any(falls(pairs, pairs.movers).any() for pairs in markets(trees))


# --- controls: formulas that are plausible and wrong -------------------------------------------


def test_the_smaller_of_before_and_after_is_told_apart() -> None:
    """The tempting shortcut for stayers: a car that wins and loses buyers counts its losses."""
    pairs = Pairs.at_random(0)

    def wrong(offer: Floats) -> Floats:
        after = pivot(pairs.nests, pairs.shares, pairs.alpha[:, None] * offer, pairs.correlations)
        return _paid(np.minimum(pairs.shares, after.shares), offer)

    assert falls(pairs, wrong).mean() > 0.1


def test_a_move_that_costs_nothing_to_the_choice_is_told_apart() -> None:
    """Benefits not lowered by the cost of moving: cars out of reach still draw buyers."""
    pairs = Pairs.at_random(0)

    def wrong(offer: Floats) -> Floats:
        after = pivot(pairs.nests, pairs.shares, pairs.alpha[:, None] * offer, pairs.correlations)
        return np.asarray((after.shares * (offer > pairs.median[:, None])).sum(axis=-1))

    assert falls(pairs, wrong).mean() > 0.01
