"""The pivot is the nested logit itself, whatever the tree, and exact where nothing happens."""

from collections.abc import Sequence

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.demand.nested_logit import Nests, nest_shares, pivot

Path = tuple[str, ...]


def ln_generating_function(
    utilities: Sequence[mpmath.mpf], paths: Sequence[Path], correlations: Sequence[mpmath.mpf]
) -> mpmath.mpf:
    """ln G of a nested logit in nested sums of powers, straight from the utilities."""

    def powers(depth: int, members: list[int]) -> mpmath.mpf:
        """Sum over the branches of a nest of exp(inclusive value / its scale)."""
        scale = 1 - correlations[depth - 1] if depth else mpmath.mpf(1)
        if depth == len(correlations):
            return mpmath.fsum(mpmath.exp(utilities[j] / scale) for j in members)
        inner = 1 - correlations[depth]
        branches: dict[str, list[int]] = {}
        for j in members:
            branches.setdefault(paths[j][depth], []).append(j)
        return mpmath.fsum(powers(depth + 1, b) ** (inner / scale) for b in branches.values())

    return mpmath.log(powers(0, list(range(len(paths)))))


def derivative_of_ln_g(
    utilities: list[mpmath.mpf], paths: Sequence[Path], correlations: Sequence[mpmath.mpf]
) -> list[mpmath.mpf]:
    """Central differences: a step of 1e-16 errs by 1e-32 and loses 16 of 50 digits."""
    step = mpmath.mpf(10) ** -16
    slopes = []
    for j in range(len(utilities)):
        up, down = list(utilities), list(utilities)
        up[j] += step
        down[j] -= step
        rise = ln_generating_function(up, paths, correlations)
        slopes.append((rise - ln_generating_function(down, paths, correlations)) / (2 * step))
    return slopes


def random_market(
    rng: np.random.Generator,
) -> tuple[list[Path], np.ndarray, np.ndarray, np.ndarray]:
    levels = int(rng.integers(2, 4))
    vehicles = int(rng.integers(3, 7))
    paths = [tuple(str(label) for label in rng.integers(0, 2, levels)) for _ in range(vehicles)]
    correlations = np.sort(rng.uniform(0.0, 0.9, levels))
    return paths, rng.uniform(-3, 3, vehicles), rng.uniform(-1, 2, vehicles), correlations


def test_pivot_is_the_derivative_of_ln_g_from_utilities_in_200_markets() -> None:
    rng = np.random.default_rng(20221101)
    worst = 0.0
    with mpmath.workdps(50):
        for _ in range(200):
            paths, utility, gain, correlations = random_market(rng)
            sigma = [mpmath.mpf(c) for c in correlations]
            before = [mpmath.mpf(u) for u in utility]
            after = [u + mpmath.mpf(g) for u, g in zip(before, gain, strict=True)]
            shares = np.array([float(s) for s in derivative_of_ln_g(before, paths, sigma)])
            expected = derivative_of_ln_g(after, paths, sigma)
            ln_r = ln_generating_function(after, paths, sigma) - ln_generating_function(
                before, paths, sigma
            )
            answer = pivot(
                Nests.from_labels(list(zip(*paths, strict=True))), shares, gain, correlations
            )
            errors = [
                abs(float(got / want - 1))
                for got, want in zip(answer.shares, expected, strict=True)
            ]
            worst = max(worst, *errors, abs(float(answer.log_inclusive - ln_r)))
    # Exponents reach about 30 and shares before carry half a unit in the last place: some 1e-14.
    assert worst < 1e-12


gains = st.lists(st.floats(-2, 5), min_size=6, max_size=6).map(np.array)
weights = st.lists(st.floats(0.01, 1), min_size=6, max_size=6).map(lambda x: np.array(x) / sum(x))
SEGMENT = ["A", "A", "B", "A", "B", "B"]
ENERGY = ["x", "y", "x", "x", "x", "x"]
MODEL = ["1", "2", "3", "1", "3", "4"]
TREE = Nests.from_labels([SEGMENT, ENERGY, MODEL])


@given(shares=weights, benefit=st.floats(0, 20))
def test_no_gain_and_a_gain_common_to_all_change_no_share_at_all(
    shares: np.ndarray, benefit: float
) -> None:
    correlations = np.array([0.4, 0.5, 0.7])
    nothing = pivot(TREE, shares, np.zeros(6), correlations)
    common = pivot(TREE, shares, np.full((2, 6), benefit), correlations)
    assert nothing.shares.tobytes() == shares.tobytes()
    assert nothing.log_inclusive == 0.0
    assert np.array_equal(common.shares, np.stack([shares, shares]))
    assert np.array_equal(common.log_inclusive, np.full(2, benefit))


@given(shares=weights, gain=gains)
def test_equal_correlations_are_one_level_less(shares: np.ndarray, gain: np.ndarray) -> None:
    three = pivot(TREE, shares, gain, np.array([0.4, 0.4, 0.7]))
    model_in_segment = ["A1", "A2", "B3", "A1", "B3", "B4"]
    two_levels = Nests.from_labels([SEGMENT, model_in_segment])
    two = pivot(two_levels, shares, gain, np.array([0.4, 0.7]))
    # Another order of the same sums: a few units in the last place.
    np.testing.assert_allclose(three.shares, two.shares, rtol=1e-13)
    np.testing.assert_allclose(three.log_inclusive, two.log_inclusive, rtol=1e-12, atol=1e-14)


@given(shares=weights, gain=gains)
def test_no_correlation_is_the_plain_logit(shares: np.ndarray, gain: np.ndarray) -> None:
    odds = shares * np.exp(gain)
    answer = pivot(TREE, shares, gain, np.zeros(3))
    np.testing.assert_allclose(answer.shares, odds / odds.sum(), rtol=1e-13)


@given(shares=weights, gain=gains, vehicle=st.integers(0, 5), more=st.floats(0, 3))
def test_nobody_leaves_a_vehicle_because_it_got_cheaper(
    shares: np.ndarray, gain: np.ndarray, vehicle: int, more: float
) -> None:
    cheaper = gain + more * (np.arange(6) == vehicle)
    correlations = np.array([0.3, 0.5, 0.8])
    before = pivot(TREE, shares, gain, correlations)
    after = pivot(TREE, shares, cheaper, correlations)
    rounding = 1e-14
    others = np.arange(6) != vehicle
    assert after.shares[vehicle] >= before.shares[vehicle] - rounding
    assert np.all(after.shares[others] <= before.shares[others] + rounding)
    assert after.log_inclusive >= before.log_inclusive - rounding


def test_vehicles_and_nests_without_sales_stay_without() -> None:
    shares = np.array([0.5, 0.0, 0.0, 0.5, 0.0, 0.0])
    answer = pivot(
        TREE, shares, np.array([0.1, 9.0, 9.0, 0.1, 9.0, 9.0]), np.array([0.4, 0.5, 0.7])
    )
    np.testing.assert_allclose(answer.shares, shares, rtol=1e-14)
    np.testing.assert_allclose(answer.log_inclusive, 0.1, rtol=1e-14)


def test_absurd_gains_neither_overflow_nor_lose_shares() -> None:
    shares = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.0])
    gain = np.array([1e5, 0.0, -1e5, 5.0, 0.0, 1e9])
    answer = pivot(TREE, shares, gain, np.array([0.4, 0.5, 0.7]))
    np.testing.assert_allclose(answer.shares, [1, 0, 0, 0, 0, 0], atol=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_draws_and_types_broadcast_and_order_of_vehicles_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(6), (2, 1))
    gain = rng.uniform(0, 1, (3, 1, 4, 6))
    correlations = np.sort(rng.uniform(0, 0.9, (3, 1, 1, 3)), axis=-1)
    together = pivot(TREE, shares, gain, correlations)
    assert together.shares.shape == (3, 2, 4, 6)
    assert together.log_inclusive.shape == (3, 2, 4)
    alone = pivot(TREE, shares[1, 0], gain[2, 0, 3], correlations[2, 0, 0])
    assert np.array_equal(alone.shares, together.shares[2, 1, 3])
    order = rng.permutation(6)
    mixed = Nests.from_labels([[labels[j] for j in order] for labels in (SEGMENT, ENERGY, MODEL)])
    shuffled = pivot(mixed, shares[1, 0][order], gain[2, 0, 3][order], correlations[2, 0, 0])
    np.testing.assert_allclose(shuffled.shares, alone.shares[order], rtol=1e-13)


def test_large_arrays_in_parts_give_the_same_bytes_as_one_by_one() -> None:
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(6), (60, 1, 1))
    gain = rng.uniform(0, 1, (60, 1, 200, 6))
    together = pivot(TREE, shares, gain, np.array([0.4, 0.5, 0.7]))
    for draw in (0, 37, 59):
        alone = pivot(TREE, shares[draw], gain[draw], np.array([0.4, 0.5, 0.7]))
        assert alone.shares.tobytes() == together.shares[draw].tobytes()


def test_nest_shares_add_up_and_labels_of_unequal_length_are_refused() -> None:
    shares = np.array([0.1, 0.2, 0.3, 0.1, 0.1, 0.2])
    segments, energies, models = nest_shares(TREE, shares)
    np.testing.assert_allclose(segments, [0.4, 0.6], rtol=1e-15)
    np.testing.assert_allclose(energies, [0.2, 0.2, 0.6], rtol=1e-15)
    np.testing.assert_allclose(models, [0.2, 0.2, 0.4, 0.2], rtol=1e-15)
    assert TREE.nest_of(0).tolist() == [0, 0, 1, 0, 1, 1]
    assert TREE.nest_of(2).tolist() == [0, 1, 2, 0, 2, 3]
    with pytest.raises(ValueError, match="shorter"):
        Nests.from_labels([["A", "B"], ["x"]])
