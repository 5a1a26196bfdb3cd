"""Are the shares of variance those of functions whose shares are known?

Ishigami and Homma (1990): y = sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on [-pi, pi]^3; first-order
indices 0.3139, 0.4424 and 0 (Saltelli, Chan and Scott 2000, 2.9.3), x3 acts through x1 alone.
"""

import numpy as np
import pytest

from promo.schema import Assumption, Words
from promo.sensitivity import first_order
from promo.simulation.draws import SCRAMBLES, draw_parameters

INDICES = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0, "null": 0.0}


def drawn(*, seed, draws):
    """Four assumptions drawn evenly from -pi to pi."""
    made_up = ("", "", "judgement", Words("", ""))
    assumed = [Assumption(name, 0.0, -np.pi, np.pi, *made_up) for name in INDICES]
    return draw_parameters(assumed, seed=seed, draws=draws)


def ishigami(x):
    return np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])


def shares(*, seed, draws):
    """Share and its error of each assumption in the function of Ishigami."""
    x = drawn(seed=seed, draws=draws)
    assumed = np.stack([x[name] for name in INDICES], axis=1)
    return dict(zip(INDICES, np.stack(first_order(assumed, ishigami(x)), axis=1), strict=True))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", INDICES)
def test_the_published_indices_are_found(name, seed):
    """4,096 draws make 256 strata: what a stratum hides is below 1e-4 of the variance."""
    share, error = shares(seed=seed, draws=4096)[name]
    assert 0 < error < 0.02
    assert abs(share - INDICES[name]) < 4 * error + 1e-4


@pytest.mark.parametrize(("name", "hidden"), [("x1", (2 * np.pi / 16) ** 2 / 12), ("null", 0)])
def test_neither_a_share_nor_its_error_misleads(name, hidden):
    """200 runs of 256 draws, 16 strata; one of width w hides w^2 / 12 of the share of a sine.

    The jackknife errs upwards: its variance is at most twice that of a statistic of pairs, which
    that of the null is (Efron and Stein 1981). 0.9 and 1.1 are two errors of a spread of 200.
    """
    runs = [shares(seed=seed, draws=256)[name] for seed in range(200)]
    found, errors = np.array(runs).T
    spread = found.std(ddof=1)
    assert abs(found.mean() - INDICES[name] * (1 - hidden)) < 4 * spread / 200**0.5
    assert 0.9 * spread < errors.mean() < 1.1 * 2**0.5 * spread


def test_a_share_by_hand():
    """Two strata of sixteen values: 0 and 1 eight times each where x is low, 2 and 3 where it is
    high. Inside, the variance is 16 (1/2)^2 / 15 = 4/15; that of 0, 1, 2, 3 is 5/4."""
    x = np.repeat([0.0, 1.0], SCRAMBLES)
    y = 2 * x + np.tile([0.0, 1.0], SCRAMBLES)
    share, error = first_order(x[:, None], y)
    assert share[0] == pytest.approx(1 - (4 / 15) / (5 / 4))
    # Without any one scrambling 7 and 8 values are left: inside 4/15 again, in all 281/225.
    assert error[0] == pytest.approx(0, abs=1e-7)  # the root of a rounding error


def test_what_does_not_vary_has_no_shares():
    share, error = first_order(np.arange(64.0)[:, None], np.full(64, 3.0))
    assert np.isnan(share).all()
    assert np.isnan(error).all()


def test_luck_alone_leaves_every_share_near_zero():
    """No assumption is strong; an error of a share of nothing is sqrt(2 x 15) / 256."""
    x = drawn(seed=1, draws=256)
    luck = np.random.default_rng(5).normal(size=256)
    share, _ = first_order(np.stack([x[name] for name in INDICES], axis=1), luck)
    assert np.abs(share).max() < 4 * 30**0.5 / 256


def test_what_is_all_the_answer_has_all_of_its_variance():
    x = drawn(seed=1, draws=1024)["x1"]
    share, _ = first_order(x[:, None], x)
    # 64 strata hide 1/64^2 of a straight line, itself estimated from 64 x 15 values: 5 %.
    assert share[0] == pytest.approx(1 - 64**-2, abs=0.25 * 64**-2)


def test_idle_assumptions_among_many_are_not_taken_for_the_strong_one():
    """80 dimensions, 16 points a scrambling: many idle assumptions are high just where the strong
    one is high, or just where it is low (without care they get up to 0.2 of the answer). Nine in
    ten of it are the strong one's; the idle ones stay within five errors of a share of nothing in
    what it leaves: F with 15 degrees of freedom in 256 normal values, 0.1 sqrt(2 x 15) / 256."""
    made_up = ("", "", "judgement", Words("", ""))
    assumed = [Assumption(f"x{n}", 0.5, 0.0, 1.0, *made_up) for n in range(80)]
    for seed in range(5):
        draws = draw_parameters(assumed, seed=seed, draws=256)
        x = np.stack([draws[a.name] for a in assumed], axis=1)
        luck = np.random.default_rng(seed).normal(size=256)
        y = np.sqrt(0.9 * 12) * x[:, 40] + np.sqrt(0.1) * luck
        share, _ = first_order(x, y)
        assert share[40] == pytest.approx(0.9, abs=0.03)
        assert np.abs(np.delete(share, 40)).max() < 5 * 0.1 * 30**0.5 / 256
