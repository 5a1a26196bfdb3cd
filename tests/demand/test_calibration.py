"""Solved parameters return what the analyst judged, measured by differences of the model."""

import numpy as np
import pytest

from promo.demand.calibration import (
    Calibration,
    Judged,
    alpha_of_types,
    dirichlet_parts,
    elasticity_by_price_fifth,
    solve,
    version_elasticity,
)
from promo.demand.nested_logit import Nests, pivot


def market() -> tuple[list[list[str]], np.ndarray, np.ndarray]:
    """Labels, shares and prices of 36 trims of 16 models, in 4 segments with 2 energies."""
    rng = np.random.default_rng(7)
    vehicle = np.arange(36)
    model = vehicle * 16 // 36
    labels = [[f"s{m % 4}" for m in model], [f"e{m % 8 // 4}" for m in model]]
    labels.append([f"m{m}" for m in model])
    return labels, rng.dirichlet(np.full(36, 2.0)), rng.lognormal(11.8, 0.5, 36)


LABELS, SHARES, PRICE = market()
NESTS = Nests.from_labels(LABELS)
STEP = 1e-4  # relative change of price


def purchases(gain: np.ndarray, solved: Calibration, draw: int) -> np.ndarray:
    after = pivot(NESTS, SHARES, gain, solved.correlations[draw])
    return np.exp(solved.zeta[draw] * after.log_inclusive) * after.shares


def measured(solved: Calibration, draw: int) -> tuple[float, float, float]:
    """Mean elasticity and diversion (same nest, none) from small changes of each model's price."""
    segment, models = np.array(LABELS[0]), np.array(LABELS[2])
    totals = np.zeros(3)
    for model in np.unique(models):
        own = models == model
        rise = solved.alpha[draw] * PRICE * STEP * own
        change = purchases(-rise, solved, draw) - purchases(rise, solved, draw)
        lost = -change[own].sum()
        same_nest = change[(segment == segment[own][0]) & ~own].sum()
        share = SHARES[own].sum()
        elasticity = -lost / (2 * STEP) / share
        totals += share * np.array([elasticity, same_nest / lost, -change.sum() / lost])
    return totals[0], totals[1], totals[2]


def test_solved_parameters_return_the_judged_elasticity_and_diversion() -> None:
    judged = Judged(
        np.array([-3.5, -2.0, -6.0, -3.5]),
        np.array([0.50, 0.35, 0.65, 0.30]),
        np.array([0.30, 0.50, 0.25, 0.50]),
        np.array([0.20, 0.15, 0.10, 0.20]),
    )
    solved = solve(NESTS, SHARES, PRICE, judged, np.array([0.5, 0.7]))
    assert not solved.clamped.any()
    assert solved.reasons == ()
    assert np.all(np.diff(solved.correlations, axis=1) >= 0)
    for draw in range(4):
        elasticity, same_nest, none = measured(solved, draw)
        # Central differences err by the square of the step times some 10: 1e-7.
        assert elasticity == pytest.approx(judged.own_price_elasticity[draw], rel=1e-6)
        assert same_nest == pytest.approx(judged.same_nest[draw], abs=1e-6)
        assert none == pytest.approx(judged.not_bought[draw], abs=1e-6)


def test_two_levels_follow_the_formulas_for_small_shares() -> None:
    models, segments = 400, 10
    labels = [[f"s{m % segments}" for m in range(models)], [f"m{m}" for m in range(models)]]
    shares = np.full(models, 1 / models)
    judged = Judged(*(np.array([x]) for x in (-3.5, 0.5, 0.3, 0.2)))
    solved = solve(
        Nests.from_labels(labels), shares, np.full(models, 1e5), judged, np.array([0.0])
    )
    scale = 0.2 + 0.3 / (1 - 1 / segments)
    # Shares inside a nest are 1/40, so the small-share formula holds to some per cent.
    assert 1 - solved.correlations[0, 0] == pytest.approx(scale, rel=0.05)
    assert solved.zeta[0] == pytest.approx(0.2 / scale, rel=0.05)
    # With one price, the market's elasticity is the model's times the share that buys nothing.
    assert solved.market_elasticity[0] == pytest.approx(-0.7, rel=1e-9)


def test_market_elasticity_is_that_of_all_prices_together() -> None:
    judged = Judged(*(np.array([x]) for x in (-3.5, 0.5, 0.3, 0.2)))
    solved = solve(NESTS, SHARES, PRICE, judged, np.array([0.5, 0.7]))
    rise = solved.alpha[0] * PRICE * STEP
    change = purchases(-rise, solved, 0).sum() - purchases(rise, solved, 0).sum()
    assert solved.market_elasticity[0] == pytest.approx(change / (2 * STEP), rel=1e-6)


def test_impossible_diversion_is_moved_to_the_nearest_and_counted() -> None:
    judged = Judged(
        np.full(3, -3.5),
        np.array([0.50, 0.01, 0.79]),
        np.array([0.30, 0.79, 0.01]),
        np.full(3, 0.20),
    )
    solved = solve(NESTS, SHARES, PRICE, judged, np.array([0.5, 0.7]))
    assert solved.clamped.tolist() == [False, True, solved.clamped[2]]
    assert solved.returned.same_nest[1] > 0.01
    assert "1 draws" in solved.reasons[0].en
    returned = solved.returned
    total = returned.same_nest + returned.other_nests + returned.not_bought
    np.testing.assert_allclose(total, 1, rtol=1e-14)
    np.testing.assert_allclose(returned.own_price_elasticity, -3.5, rtol=1e-14)


def test_fifths_of_sales_average_to_the_elasticity_and_rise_with_price() -> None:
    judged = Judged(*(np.array([x]) for x in (-3.5, 0.5, 0.3, 0.2)))
    solved = solve(NESTS, SHARES, PRICE, judged, np.array([0.5, 0.7]))
    fifths = elasticity_by_price_fifth(NESTS, SHARES, PRICE, solved)
    assert fifths.shape == (1, 5)
    assert fifths.mean() == pytest.approx(-3.5, rel=1e-12)
    assert fifths[0, 0] > fifths[0, 4]


def test_types_average_to_alpha_and_firms_have_it() -> None:
    income = np.array([4000.0, 8000.0, 16000.0, np.nan])
    shares = np.array([0.3, 0.4, 0.2, 0.1])
    alpha = alpha_of_types(np.array([2e-5, 3e-5]), income, shares, np.array([0.5, 0.0]))
    assert alpha[0] @ shares == pytest.approx(2e-5, rel=1e-14)
    assert alpha[0, 3] == 2e-5
    assert alpha[0, 0] / alpha[0, 2] == pytest.approx(2.0, rel=1e-14)  # (16/4) ** 0.5
    np.testing.assert_allclose(alpha[1], 3e-5, rtol=1e-14)


def test_steps_of_the_dirichlet_have_its_means_and_variances() -> None:
    rng = np.random.default_rng(1)
    none, same = dirichlet_parts(rng.uniform(size=(200_000, 2)), 0.2, 0.625, 20.0)
    judged = Judged.from_steps(np.full(200_000, -3.5), none, same)
    parts = np.array([judged.same_nest, judged.other_nests, judged.not_bought])
    mean = np.array([0.5, 0.3, 0.2])
    # Dirichlet: variance m (1 - m) / 21; four standard errors of the mean of 200,000 are 1e-3.
    np.testing.assert_allclose(parts.mean(axis=1), mean, atol=1e-3)
    np.testing.assert_allclose(parts.var(axis=1), mean * (1 - mean) / 21, rtol=0.02)
    np.testing.assert_allclose(parts.sum(axis=0), 1, rtol=1e-14)


def test_the_elasticity_of_a_version_is_that_of_small_changes_of_one_price() -> None:
    judged = Judged(*(np.array([x, x]) for x in (-3.5, 0.5, 0.3, 0.2)))
    solved = solve(NESTS, SHARES, PRICE, judged, np.array([[0.5, 0.7], [0.5, 0.95]]))
    for draw, found in enumerate(version_elasticity(NESTS, SHARES, PRICE, solved)):
        total = 0.0
        for trim in range(SHARES.size):
            rise = solved.alpha[draw] * PRICE * STEP * (np.arange(SHARES.size) == trim)
            change = purchases(-rise, solved, draw) - purchases(rise, solved, draw)
            total += change[trim] / (2 * STEP)  # its share times its elasticity
        # Central differences err by the square of the step times the square of the elasticity.
        assert found == pytest.approx(total, rel=1e-5)


def test_a_version_of_each_model_responds_as_the_model() -> None:
    alone = Nests.from_labels([*LABELS[:2], [f"m{n}" for n in range(36)]])
    judged = Judged(*(np.array([x]) for x in (-3.5, 0.5, 0.3, 0.2)))
    solved = solve(alone, SHARES, PRICE, judged, np.array([0.5, 0.7]))
    assert version_elasticity(alone, SHARES, PRICE, solved) == pytest.approx(-3.5, rel=1e-9)
