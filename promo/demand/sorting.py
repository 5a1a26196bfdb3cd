"""Which types of buyers take which vehicles, when only both totals are known?

Buyers per type and sales per vehicle are given; a type's choice is a logit in price with its own
sensitivity, and one constant per vehicle (all its other qualities) is solved by the contraction
that inverts shares (Berry 1994; Berry, Levinsohn and Pakes 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.schema import Floats

_TOLERANCE = 1e-13
_LARGEST_COUNT = 20_000


@dataclass(frozen=True, slots=True)
class Sorting:
    """Who buys what before any campaign.

    Attributes
    ----------
    shares : (..., I, J) share of vehicle j among the purchases of type i
    type_of_buyer : (..., I, J) share of type i among the buyers of vehicle j; the type's overall
        share for a vehicle without sales
    """

    shares: Floats
    type_of_buyer: Floats


def sort_buyers(
    type_shares: Floats, vehicle_shares: Floats, price: Floats, alpha: Floats
) -> Sorting:
    """Shares of each type that add up to the sales of each vehicle.

    Parameters
    ----------
    type_shares : (..., I) of sum 1
    vehicle_shares : (..., J) of sum 1; 0 stays 0
    price : (..., J) yuan
    alpha : (..., I) utils per yuan

    >>> half = np.array([0.5, 0.5])
    >>> price, alpha = np.array([1e5, 2e5]), np.array([2e-5, 1e-5])
    >>> sort_buyers(half, half, price, alpha).shares.round(3).tolist()
    [[0.622, 0.378], [0.378, 0.622]]
    """
    utility = -alpha[..., np.newaxis] * price[..., np.newaxis, :]
    # Only differences of utility matter within a type: shift its best to 0 against underflow.
    attraction = np.exp(utility - utility.max(axis=-1, keepdims=True))
    sold = vehicle_shares[..., np.newaxis, :]
    weight = type_shares[..., np.newaxis]
    odds = np.broadcast_to(sold, attraction.shape).copy()  # exp of the vehicles' constants
    for _ in range(_LARGEST_COUNT):
        chosen = attraction * odds
        shares = chosen / chosen.sum(axis=-1, keepdims=True)
        implied = (weight * shares).sum(axis=-2, keepdims=True)
        correction = np.divide(sold, implied, out=np.ones_like(implied), where=implied > 0)
        if np.abs(implied - sold).max(initial=0.0) <= _TOLERANCE:
            return Sorting(shares, _type_of_buyer(weight * shares, implied, weight))
        odds = odds * correction
    raise ArithmeticError(
        "sorting of types over vehicles did not settle: sensitivities differ too much for prices"
    )


def _type_of_buyer(joint: Floats, sold: Floats, type_shares: Floats) -> Floats:
    overall = np.broadcast_to(type_shares, joint.shape).copy()
    return np.divide(joint, sold, out=overall, where=sold > 0)
