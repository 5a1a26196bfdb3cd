"""Stayers, switchers and new buyers are those of simulated households with correlated tastes."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from promo.demand.amounts import amount_classes
from promo.demand.nested_logit import Nests, pivot
from promo.demand.response import (
    growth,
    market_gain,
    stay_shares,
    stayers_gain,
)

HOUSEHOLDS = 400_000
SEGMENT = ("A", "A", "A", "B", "B", "B")
MODEL = ("1", "1", "2", "3", "3", "4")
CORRELATIONS = np.array([0.4, 0.7])
UTILITY = np.array([0.3, 0.1, 0.4, 0.0, 0.5, 0.2])
THREE_AMOUNTS = np.array([0.0, 0.25, 0.6, 0.6, 0.25, 0.0])
NESTS = Nests.from_labels([SEGMENT, MODEL])


def positive_stable(index: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Kanter's representation of a positive stable variable, E exp(-t X) = exp(-t^index)."""
    angle = rng.uniform(0, np.pi, size)
    waiting = rng.exponential(size=size)
    rest = 1 - index
    tilt = np.sin(rest * angle) ** (rest / index) * np.sin(index * angle)
    return tilt / np.sin(angle) ** (1 / index) * waiting ** (-rest / index)


def correlated_shocks(
    levels: Sequence[Sequence[str]], scales: Sequence[float], rng: np.random.Generator
) -> np.ndarray:
    """Shocks (N, J) with the joint law of a nested logit, built from the outside inward.

    A Gumbel shock of scale s plus s ln(stable of index s / t), shared in the nest, is a Gumbel
    shock of scale t. `scales` starts with that of the outside world.
    """
    vehicles = len(levels[0])
    shocks = scales[-1] * rng.gumbel(size=(HOUSEHOLDS, vehicles))
    paths = [tuple(level[j] for level in levels) for j in range(vehicles)]
    for depth, (wide, narrow) in enumerate(pairwise(scales), start=1):
        for nest in sorted({path[:depth] for path in paths}):
            inside = [j for j, path in enumerate(paths) if path[:depth] == nest]
            shared = positive_stable(narrow / wide, HOUSEHOLDS, rng)
            shocks[:, inside] += narrow * np.log(shared)[:, np.newaxis]
    return shocks


def households(zeta: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choice (N,) of each household without and with three amounts; 6 is not to buy.

    zeta 0: there is no outside option. Otherwise shocks of cars against not buying have scale
    1/zeta where those among nests of cars have 1.
    """
    rng = np.random.default_rng(seed)
    scales = [1.0, *(1 - CORRELATIONS)]
    if zeta:
        cars = correlated_shocks([SEGMENT, MODEL], scales, rng)
        cars += np.log(positive_stable(zeta, HOUSEHOLDS, rng))[:, np.newaxis]
        none = 3.0 + rng.gumbel(size=HOUSEHOLDS) / zeta
    else:
        cars = correlated_shocks([SEGMENT, MODEL], scales, rng)
        none = np.full(HOUSEHOLDS, -np.inf)
    without = np.column_stack([UTILITY + cars, none]).argmax(axis=1)
    with_money = np.column_stack([UTILITY + THREE_AMOUNTS + cars, none]).argmax(axis=1)
    return without, with_money


def shares_from_utilities() -> np.ndarray:
    """Nested logit of this market written out."""
    odds = np.exp(UTILITY / 0.3)
    models = np.array([odds[0] + odds[1], odds[2], odds[3] + odds[4], odds[5]])
    within_model = odds / models[[0, 0, 1, 2, 2, 3]]
    model_odds = models ** (0.3 / 0.6)
    segments = np.array([model_odds[:2].sum(), model_odds[2:].sum()])
    within_segment = model_odds / segments[[0, 0, 1, 1]]
    segment_share = segments**0.6 / (segments**0.6).sum()
    return within_model * (within_segment * segment_share[[0, 0, 1, 1]])[[0, 0, 1, 2, 2, 3]]


def in_standard_errors(counts: np.ndarray, expected: np.ndarray, buyers: int) -> float:
    """Largest distance of counts from expected shares per buyer, in sampling errors.

    Counts are binomial among the buyers without the money, whose number is itself counted, so
    each share p has the error sqrt(p / buyers) at most.
    """
    error = np.sqrt(np.maximum(expected, 1e-4) / buyers)
    return float((np.abs(counts / buyers - expected) / error).max())


@pytest.mark.parametrize("zeta", [0.0, 0.6])
def test_stayers_switchers_and_new_buyers_are_those_of_simulated_households(zeta: float) -> None:
    without, with_money = households(zeta, seed=11)
    shares = shares_from_utilities()
    bought = without < 6
    buyers = int(bought.sum())
    # Exact up to the buying share, which the test takes from the households themselves.
    parts = stay_shares(
        NESTS, shares, THREE_AMOUNTS, CORRELATIONS, np.array(zeta), buyers / HOUSEHOLDS
    )

    def by_vehicle(group: np.ndarray) -> np.ndarray:
        return np.bincount(with_money[group], minlength=7)[:6]

    stay = by_vehicle(bought & (without == with_money))
    switched = by_vehicle(bought & (without != with_money))
    new = by_vehicle(~bought)
    # 24 counts in each of two worlds: 4.5 standard errors are passed once in 3,000 runs.
    assert in_standard_errors(np.bincount(without, minlength=7)[:6], shares, buyers) < 4.5
    assert in_standard_errors(stay, parts.stay, buyers) < 4.5
    assert in_standard_errors(switched, parts.switched, buyers) < 4.5
    assert in_standard_errors(new, parts.new, buyers) < 4.5
    assert (new.sum() > 5_000) == (zeta > 0)
    # The control: the tempting shortcut is far outside the same band.
    after = pivot(NESTS, shares, THREE_AMOUNTS, CORRELATIONS)
    grown = growth(after.log_inclusive, np.array(zeta), buyers / HOUSEHOLDS)
    wrong = np.minimum(shares, grown * after.shares)
    assert in_standard_errors(stay, wrong, buyers) > 10


weights = st.lists(st.floats(0.01, 1), min_size=6, max_size=6).map(lambda x: np.array(x) / sum(x))
gains = st.lists(st.sampled_from([0.0, 0.1, 0.5, 2.0]) | st.floats(0, 3), min_size=6, max_size=6)


@given(shares=weights, gain=gains.map(np.array), zeta=st.floats(0, 1))
def test_the_parts_add_up_and_none_is_negative(
    shares: np.ndarray, gain: np.ndarray, zeta: float
) -> None:
    parts = stay_shares(NESTS, shares, gain, CORRELATIONS, np.array(zeta))
    after = pivot(NESTS, shares, gain, CORRELATIONS)
    grown = np.exp(zeta * after.log_inclusive)
    rounding = 1e-13 * grown
    assert min(parts.stay.min(), parts.switched.min(), parts.new.min()) >= 0
    assert np.all(parts.stay <= shares + rounding)
    assert abs((parts.stay + parts.switched).sum() - 1) <= rounding
    assert abs(parts.new.sum() - (grown - 1)) <= rounding
    total = parts.stay + parts.switched + parts.new
    np.testing.assert_allclose(total, grown * after.shares, rtol=1e-13)


@given(shares=weights, zeta=st.floats(0, 1))
def test_without_money_everybody_stays(shares: np.ndarray, zeta: float) -> None:
    parts = stay_shares(NESTS, shares, np.zeros(6), CORRELATIONS, np.array(zeta))
    assert parts.stay.tobytes() == shares.tobytes()
    assert not parts.switched.any()
    assert not parts.new.any()


@given(shares=weights, gain=gains.map(np.array), zeta=st.floats(0, 1), more=st.floats(0, 1))
def test_a_better_offer_never_lowers_take_up(
    shares: np.ndarray, gain: np.ndarray, zeta: float, more: float
) -> None:
    better = gain + more * np.array([0, 1, 0, 0, 1, 1]) * (gain > 0)

    def claims(offer: np.ndarray) -> float:
        parts = stay_shares(NESTS, shares, offer, CORRELATIONS, np.array(zeta))
        return float((parts.stay + parts.switched + parts.new)[offer > 0].sum())

    assert claims(better) >= claims(gain) * (1 - 1e-13)


def test_draws_with_their_own_amounts_share_one_partition() -> None:
    rng = np.random.default_rng(5)
    amounts = np.array([0.0, 0.3, 0.3, 0.5, 0.3, 0.0]) * rng.uniform(0.5, 1.5, (4, 3, 1))
    first, vehicle_class = amount_classes(amounts)
    assert len(first) == 3
    assert vehicle_class[1] == vehicle_class[2] == vehicle_class[4] != vehicle_class[0]
    shares = rng.dirichlet(np.ones(6), 3)
    zeta = rng.uniform(0, 1, (4, 1))
    together = stay_shares(NESTS, shares, amounts, CORRELATIONS, zeta)
    alone = stay_shares(NESTS, shares[2], amounts[3, 2], CORRELATIONS, zeta[3, 0])
    np.testing.assert_allclose(together.stay[3, 2], alone.stay, rtol=1e-13)
    np.testing.assert_allclose(together.new[3, 2], alone.new, rtol=1e-11)


def test_a_gain_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="worse of the two worlds"):
        stay_shares(NESTS, np.full(6, 1 / 6), np.full(6, -0.1), CORRELATIONS, np.array(0.5))


def test_the_gain_of_stayers_and_new_buyers_is_the_area_under_demand() -> None:
    alpha, zeta, benefit = 2e-5, 0.7, 8000.0
    # A uniform offer of x raises purchases to exp(zeta alpha x); the area up to 8000 yuan.
    area, _ = quad(lambda x: np.exp(zeta * alpha * x), 0, benefit)
    ln_r = np.array(alpha * benefit)
    assert stayers_gain(ln_r, np.array(alpha)) == pytest.approx(benefit, rel=1e-14)
    both = market_gain(ln_r, np.array(alpha), np.array(zeta))
    assert both == pytest.approx(area, rel=1e-12)  # quad's own error is below 1e-13 here
