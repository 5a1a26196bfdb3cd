"""Which worlds are tried: ranges, medians, streams, and how sure the means are."""

import numpy as np
import pytest

from promo.schema import MEASURES, Assumption, Standing, Words
from promo.simulation.draws import SCRAMBLES, Chance, Means, draw_parameters
from promo.simulation.uncertainty import measure, ratio

KIND = MEASURES["subsidised_cars"]


def assumption(name, value, low, high):
    return Assumption(name, value, low, high, "cars", "made up", "judgement", Words(name, name))


SKEW = assumption("skew", 1.0, 0.0, 9.0)
FIXED = assumption("fixed", 4.0, 4.0, 4.0)
FLAT = assumption("flat", 5.0, 0.0, 10.0)


def drawn(*assumptions, draws=512, seed=1, **kwargs):
    return draw_parameters(assumptions, seed=seed, draws=draws, **kwargs)


def test_the_stated_value_is_the_median_and_the_range_holds_all_draws():
    values = drawn(SKEW, FIXED, FLAT)["skew"]
    assert values.min() >= 0.0
    assert values.max() <= 9.0
    assert (values < 1.0).sum() == 256  # a scrambled net has half of its points in each half
    # Evenly within each half: means 0.5 and 5, within 4/sqrt(12 n) if points were independent.
    assert values[values < 1.0].mean() == pytest.approx(0.5, abs=4 * 1 / np.sqrt(12 * 256))
    assert values[values > 1.0].mean() == pytest.approx(5.0, abs=4 * 8 / np.sqrt(12 * 256))


def test_what_has_no_range_does_not_vary():
    assert (drawn(SKEW, FIXED)["fixed"] == 4.0).all()


def test_assumptions_are_drawn_independently():
    found = drawn(SKEW, FLAT, draws=512)
    # Of independent pairs the correlation has a spread of 1/sqrt(512); nets are closer to zero.
    assert abs(np.corrcoef(found["skew"], found["flat"])[0, 1]) < 4 / np.sqrt(512)


def test_a_longer_run_begins_with_the_shorter_one():
    short, long = drawn(SKEW, FLAT, draws=64), drawn(SKEW, FLAT, draws=256)
    for name in ("skew", "flat"):
        assert (long[name][:64] == short[name]).all()


def test_designs_that_share_names_share_draws_whatever_else_they_assume():
    names = ["flat", "skew", "other"]
    one = drawn(FLAT, SKEW, names=names)
    other = drawn(SKEW, assumption("other", 1, 0, 2), names=names)
    assert (one["skew"] == other["skew"]).all()


def test_an_assumption_held_leaves_the_others_as_they_are():
    before = drawn(SKEW, FLAT)
    after = before.holding("skew", 7.0)
    assert (after["skew"] == 7.0).all()
    assert (after["flat"] == before["flat"]).all()
    assert (before["skew"] != 7.0).any()


def test_the_luck_of_a_draw_depends_on_seed_name_and_number_alone():
    def first(*key):
        return Chance.of(*key).counts(np.full(50, 100.0)).tolist()

    assert first(1, "uptake", 3) == first(1, "uptake", 3)
    others = [(2, "uptake", 3), (1, "other", 3), (1, "uptake", 4)]
    assert all(first(1, "uptake", 3) != first(*key) for key in others)


def test_cars_that_are_split_are_all_there():
    cars, shares = np.array([[5, 0], [17, 3]]), np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])
    for luck in (Chance.of(1, "split", 1), Means()):
        found = luck.split(cars, shares)
        assert found.shape == (2, 2, 3)
        assert np.allclose(found.sum(axis=-1), cars)
        assert not found[:, 1, [0, 2]].any()


# --- how sure ---------------------------------------------------------------------------------


def test_the_standard_error_is_that_of_independent_scramblings():
    """Draw r belongs to scrambling r modulo 16: numbers 0 to 15 twice have means 0 to 15.

    Their variance with 15 degrees of freedom is (16^2 - 1)/12 x 16/15 = 22.67, the error of the
    mean sqrt(22.67/16) = 1.1902.
    """
    draws = np.tile(np.arange(16.0), 2)
    assert SCRAMBLES == 16
    assert measure(KIND, draws, Standing.ILLUSTRATIVE).se == pytest.approx(1.19024, abs=1e-5)


def test_the_standard_error_covers_the_mean_as_often_as_it_says():
    """4,000 measures of 64 independent normal draws; 95 % of t with 15 degrees is within 2.131."""
    stream = np.random.default_rng(1)
    within = 0
    for _ in range(4_000):
        found = measure(KIND, stream.standard_normal(64), Standing.ILLUSTRATIVE)
        within += abs(found.mean) < 2.131 * found.se
    # A share of 0.95 of 4,000 has a spread of 0.0034.
    assert within / 4_000 == pytest.approx(0.95, abs=4 * 0.0034)


def test_what_never_happens_counts_as_later_than_any_day():
    draws = np.array([3.0] * 12 + [8.0] * 8 + [np.inf] * 12)
    found = measure(KIND, draws, Standing.ILLUSTRATIVE)
    assert found.never == 0.375
    assert found.mean == 5.0  # (12 x 3 + 8 x 8) / 20, of the draws in which it happens
    assert (found.p05, found.p50, found.p95) == (3.0, 8.0, None)


def test_what_happens_in_no_draw_has_no_number_and_a_reason():
    found = measure(KIND, np.full(32, np.inf), Standing.ILLUSTRATIVE)
    assert (found.mean, found.se, found.p05, found.p50, found.p95) == (None,) * 5
    assert found.never == 1.0
    assert found.reason is not None


def test_a_ratio_is_the_ratio_of_means_and_not_the_mean_of_ratios():
    over, under = np.tile([1.0, 9.0], 16), np.tile([1.0, 3.0], 16)
    found = ratio(KIND, over, under, Standing.ILLUSTRATIVE)
    assert found.mean == 2.5  # 5 / 2; the mean of 1 and 3 is 2
    assert (found.p05, found.p95) == (1.0, 3.0)


@pytest.mark.parametrize("under", [np.linspace(-1, 5, 32), np.zeros(32)])
def test_a_ratio_to_what_may_be_zero_has_no_number(under):
    found = ratio(KIND, np.ones(32), under, Standing.ILLUSTRATIVE)
    assert found.mean is None
    assert found.reason is not None


@pytest.mark.parametrize("cars", [3, 3_000])
def test_cars_of_each_kind_are_as_likely_as_their_shares(cars: int) -> None:
    """One by one or all together: shares 0.2, 0.5, 0.3 within four standard deviations."""
    shares = np.array([[0.0, 1.0, 0.0], [0.2, 0.5, 0.3]])
    luck = Chance.of(1, "kinds", cars)
    place, category, number = luck.by_kind(
        np.full(6_000, cars), np.ones(6_000, dtype=np.int64), shares
    )
    counts = np.zeros((6_000, 3), dtype=np.int64)
    np.add.at(counts, (place, category), number)
    assert (counts.sum(axis=1) == cars).all()
    expected = cars * shares[1]
    error = np.sqrt(cars * shares[1] * (1 - shares[1]) / 6_000)
    assert (np.abs(counts.mean(axis=0) - expected) < 4 * error).all()
    covariance = np.cov(counts[:, 0], counts[:, 1])[0, 1]
    assert covariance == pytest.approx(-cars * 0.2 * 0.5, rel=0.3)  # se of it is about 4 %
    _, only, _ = luck.by_kind(np.full(50, cars), np.zeros(50, dtype=np.int64), shares)
    assert (only == 1).all()
