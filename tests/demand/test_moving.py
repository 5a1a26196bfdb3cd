"""Movers: everyone claims, a uniform offer moves F(b / months), more money never moves fewer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import lognorm

from promo.demand.moving import (
    cost_edges,
    gain_weights,
    moved_shares,
    moving_kernel,
    moving_table,
    moving_weights,
)
from promo.demand.nested_logit import Nests, pivot
from promo.schema import DAYS_PER_MONTH

NESTS = Nests.from_labels([["A", "A", "A", "B", "B", "B"], ["1", "1", "2", "3", "3", "4"]])
SHARES = np.array([0.3, 0.1, 0.2, 0.1, 0.2, 0.1])
CORRELATIONS = np.array([0.4, 0.7])
ALPHA = np.array(3e-5)
MEDIAN, DISPERSION = np.array(3000.0), np.array(0.9)


def moved(benefit: np.ndarray, edges: np.ndarray, months: np.ndarray) -> np.ndarray:
    table = moving_table(NESTS, SHARES, benefit, ALPHA, CORRELATIONS, edges)
    return moving_kernel(table, months, MEDIAN, DISPERSION)


def cost_below(yuan: float, months: float) -> float:
    return float(lognorm.cdf(yuan, s=0.9, scale=3000.0 * months))


def test_a_uniform_offer_moves_exactly_those_whose_cost_is_below_it() -> None:
    benefit = np.full(6, 5000.0)
    months = np.array([0.1, 1.0, 3.5, 8.0])
    movers = moved(benefit, cost_edges(benefit), months)
    expected = [cost_below(5000.0, m) for m in months]
    np.testing.assert_allclose(movers.sum(axis=-1), expected, rtol=1e-12)
    np.testing.assert_allclose(movers, np.outer(expected, SHARES), rtol=1e-12)


def test_a_uniform_offer_moves_flow_times_benefit_over_median_in_all() -> None:
    benefit, flow_per_month = np.full(6, 5000.0), 900.0
    days = np.arange(12_160) + 0.5
    movers = moved(benefit, cost_edges(benefit), days / DAYS_PER_MONTH).sum()
    expected = flow_per_month * (5000.0 / 3000.0) * np.exp(0.9**2 / 2)
    # Sum of daily middles: the midpoint rule errs by 1e-6 here; beyond 400 months remain 1e-7.
    assert flow_per_month / DAYS_PER_MONTH * movers == pytest.approx(expected, rel=1e-5)


def test_every_mover_claims_and_vehicles_without_money_gain_no_mover() -> None:
    benefit = np.array([0.0, 2000.0, 5000.0, 0.0, 2000.0, 2000.0])
    table = moving_table(NESTS, SHARES, benefit, ALPHA, CORRELATIONS, cost_edges(benefit))
    assert not table.moved[:, benefit == 0].any()
    beyond = table.edges[:-1] >= 2000.0
    assert not table.moved[beyond][:, benefit == 2000.0].any()
    assert table.moved[beyond][:, 2].all()


def test_kernel_is_the_expectation_over_households_costs() -> None:
    benefit = np.array([0.0, 2000.0, 5000.0, 0.0, 1000.0, 2000.0])
    months = np.array([1.0, 4.0])

    def taken(cost: float, vehicle: int) -> float:
        gain = ALPHA * np.maximum(0.0, benefit - cost)
        return float(pivot(NESTS, SHARES, gain, CORRELATIONS).shares[vehicle])

    movers = moved(benefit, cost_edges(benefit), months)
    for m, distance in enumerate(months):
        for vehicle in (1, 2, 4):
            law = lognorm(s=0.9, scale=3000.0 * distance)
            expected, _ = quad(
                lambda c, v=vehicle, law=law: taken(c, v) * law.pdf(c), 0.0, benefit[vehicle]
            )
            # Shares bend by alpha x width of a bin (some 300 yuan) = 1 %, at the second order.
            assert movers[m, vehicle] == pytest.approx(expected, rel=2e-4)


def test_many_amounts_count_by_part_of_a_bin() -> None:
    nests = Nests.from_labels([[str(j % 4) for j in range(40)]])
    shares = np.full(40, 1 / 40)
    benefit = np.linspace(1000.0, 9000.0, 40)
    months = np.array([0.5, 2.0, 6.0])

    def total(nodes: int) -> np.ndarray:
        edges = cost_edges(benefit, nodes)
        assert edges.shape == (nodes + 1,)
        table = moving_table(nests, shares, benefit, ALPHA, np.array([0.4]), edges)
        return moving_kernel(table, months, MEDIAN, DISPERSION).sum(axis=-1)

    # A bin is 300 yuan of 9,000 wide; what linear parts of it miss is of second order.
    np.testing.assert_allclose(total(30), total(4000), rtol=5e-3)


amounts = st.lists(
    st.sampled_from([0.0, 1000.0, 3000.0]) | st.floats(0, 20_000), min_size=6, max_size=6
)


@given(base=amounts.map(np.array), more=amounts.map(np.array))
def test_more_money_never_moves_fewer(base: np.ndarray, more: np.ndarray) -> None:
    better = base + more
    edges = cost_edges(np.concatenate([base, better]))
    months = np.array([0.2, 1.0, 5.0])
    excess = moved(better, edges, months).sum(axis=-1) - moved(base, edges, months).sum(axis=-1)
    assert excess.min() >= -1e-13


@given(benefit=amounts.map(np.array))
def test_costs_integrate_to_the_gain_of_the_offer(benefit: np.ndarray) -> None:
    edges = cost_edges(benefit)
    assert edges[0] == 0
    assert edges[-1] == benefit.max()
    assert np.all(np.diff(edges) >= 0)
    table = moving_table(NESTS, SHARES, benefit, ALPHA, CORRELATIONS, edges)
    area = (table.moved.sum(axis=-1) * np.diff(edges)).sum()
    gain = pivot(NESTS, SHARES, ALPHA * benefit, CORRELATIONS).log_inclusive / ALPHA
    # The midpoint rule on bins of up to 0.02 utils, times 3 for the nesting.
    assert area == pytest.approx(float(gain), rel=2e-3, abs=1e-6)


def test_gain_of_movers_is_what_the_benefit_exceeds_their_cost_by() -> None:
    benefit = np.full(6, 5000.0)
    edges = cost_edges(benefit)
    months = np.array([1.0, 6.0])
    table = moving_table(NESTS, SHARES, benefit, ALPHA, CORRELATIONS, edges)
    gain = (gain_weights(edges, months, MEDIAN, DISPERSION) @ table.moved.sum(axis=-1)).ravel()
    for m, distance in enumerate(months):
        law = lognorm(s=0.9, scale=3000.0 * distance)
        expected, _ = quad(lambda c, law=law: (5000.0 - c) * law.pdf(c), 0.0, 5000.0)
        assert gain[m] == pytest.approx(expected, rel=1e-8)  # the error that quad states


def test_nothing_moves_for_nothing_and_draws_broadcast() -> None:
    rng = np.random.default_rng(2)
    benefit = np.array([0, 1, 1, 0, 2, 2]) * rng.uniform(500, 2000, (4, 1, 1)) * np.ones((1, 3, 1))
    benefit[1, 2] = 0.0
    edges = cost_edges(benefit, nodes=8)
    alpha = rng.uniform(1e-5, 5e-5, (4, 3))
    shares = rng.dirichlet(np.ones(6), 3)
    table = moving_table(NESTS, shares, benefit, alpha, CORRELATIONS, edges)
    median, dispersion = np.full((4, 1), 3000.0), np.full((4, 1), 0.9)
    months = np.array([0.0, 1.0])
    weights = moving_weights(edges, months, median, dispersion)
    movers = moved_shares(table, weights)
    assert movers.shape == (4, 3, 2, 6)
    assert not movers[1, 2].any()
    np.testing.assert_allclose(weights[0, 0, 0].sum(), 1, rtol=1e-15)  # no distance, no cost
    alone = moving_table(NESTS, shares[1], benefit[3, 1], alpha[3, 1], CORRELATIONS, edges[3, 1])
    np.testing.assert_allclose(table.moved[3, 1], alone.moved, rtol=1e-13)
