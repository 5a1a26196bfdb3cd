"""Types sorted over vehicles keep both margins, and the poor buy the cheap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.demand.sorting import sort_buyers


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), types=st.integers(1, 6), vehicles=st.integers(2, 60))
def test_both_margins_hold(seed: int, types: int, vehicles: int) -> None:
    rng = np.random.default_rng(seed)
    type_shares = rng.dirichlet(np.ones(types))
    vehicle_shares = rng.dirichlet(np.ones(vehicles))
    price = rng.lognormal(11.8, 0.5, vehicles)
    alpha = 2e-5 * rng.lognormal(0, 0.5, (3, types))
    sorted_buyers = sort_buyers(type_shares, vehicle_shares, price, alpha)
    sold = (type_shares[:, np.newaxis] * sorted_buyers.shares).sum(axis=-2)
    assert np.abs(sold - vehicle_shares).max() <= 1e-12
    assert np.abs(sorted_buyers.shares.sum(axis=-1) - 1).max() <= 1e-12
    assert np.abs(sorted_buyers.type_of_buyer.sum(axis=-2) - 1).max() <= 1e-12


def test_odds_between_types_are_the_logit_in_price() -> None:
    price = np.array([5e4, 1e5, 3e5])
    shares = sort_buyers(
        np.array([0.6, 0.4]), np.array([0.5, 0.3, 0.2]), price, np.array([3e-5, 1e-5])
    ).shares
    relative = np.log(shares[0] / shares[1])
    # ln(s_1j / s_2j) falls with price at the difference of the sensitivities.
    np.testing.assert_allclose(np.diff(relative), -2e-5 * np.diff(price), rtol=1e-10)
    assert shares[0] @ price < shares[1] @ price


def test_equal_types_buy_alike_and_unsold_vehicles_stay_unsold() -> None:
    sold = np.array([0.5, 0.5, 0.0])
    result = sort_buyers(np.array([0.7, 0.3]), sold, np.array([1e5, 2e5, 9e4]), np.full(2, 2e-5))
    np.testing.assert_allclose(result.shares, [sold, sold], rtol=1e-12)
    np.testing.assert_allclose(result.type_of_buyer[:, 2], [0.7, 0.3])


def test_sensitivities_that_cannot_settle_are_refused() -> None:
    with pytest.raises(ArithmeticError, match="did not settle"):
        sort_buyers(
            np.array([0.5, 0.5]), np.array([0.5, 0.4]), np.array([1e5, 2e5]), np.full(2, 1e-5)
        )
