"""Who of those that take a car would have taken it anyway, who switched, who is new to the market?

Also the buyers' gain in yuan. The market answers by a power of the inclusive value: purchases of
a type grow by `R^zeta`, or by the exact form where its buying share is not small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.amounts import amount_classes
from promo.demand.moving import cost_edges, moving_table
from promo.demand.nested_logit import Nests, Pivot, pivot
from promo.schema import Floats

# Elements of the pivots of several amount classes made in one call.
_ELEMENTS_PER_BLOCK = 50_000
_COMPENSATIONS = 8


@dataclass(frozen=True, slots=True)
class Response:
    """Purchases under the gain by what the same households do without it, per buyer without it.

    Attributes
    ----------
    stay : (..., J) take this vehicle with and without
    switched : (..., J) take this vehicle, and another one without
    new : (..., J) take this vehicle, and none without
    log_inclusive : (...,) ln R, utils

    `stay + switched` sums to 1, `new` to the growth of purchases, and the three of one vehicle to
    its purchases. Those who leave a vehicle are its share without, less `stay`.
    """

    stay: Floats
    switched: Floats
    new: Floats
    log_inclusive: Floats


def growth(log_inclusive: Floats, zeta: Floats, buying_share: Floats | float = 0.0) -> Floats:
    """Purchases under the gain per purchase without: `R^zeta / (1 - S + S R^zeta)`.

    `S` is the share of the type's households that buy without the gain; 0 for a small share.
    """
    pull = np.exp(zeta * log_inclusive)
    return np.asarray(pull / (1.0 - buying_share + buying_share * pull))


def stay_shares(
    nests: Nests,
    shares: Floats,
    gain: Floats,
    correlations: Floats,
    zeta: Floats,
    buying_share: Floats | float = 0.0,
) -> Response:
    """Split the purchases under a gain into stayers, switchers and new buyers.

    A household with random tastes takes `j` both without and with the gain exactly where it would
    take `j` if every other vehicle `k` gained `max(0, gain_k - gain_j)`, and not buying gained
    nothing. In the generating function with an outside option this has probability

        stay_j = growth(ln R_j) w'_j(max(0, gain - gain_j))

    with `ln R_j` of that pivot. (With zeta = 0 it is the plain stay probability of the design.)
    Of the rest, `1 - sum stay` households bought another vehicle and `growth - 1` bought none.
    Those who bought none and now take `j` are indifferent at some compensation `c` for not buying,
    at which every car is worth the better of its gain and `c`; summed over `c`,

        new_j = zeta integral_0^gain_j growth(c) P(not buying | c) w'_j(max(0, gain - c)) dc,

    evaluated on a few bins of `c` and scaled to the exact total; `switched` is what remains.
    `min(before, after)` is no
    substitute: it forgets that a vehicle wins and loses at the same time.

    Parameters
    ----------
    shares : (..., J) shares of purchases without the gain, of sum 1
    gain : (..., J) utils, at least 0
    correlations : (L,) or (..., L), outermost first
    zeta : (...,) or scalar, response of the market, in [0, 1]
    buying_share : share of households buying without the gain, see `growth`

    >>> nests = Nests.from_labels([["A", "A", "B"]])
    >>> shares, gain = np.array([0.25, 0.25, 0.5]), np.array([0.1, 0, 0])
    >>> parts = stay_shares(nests, shares, gain, np.array([0.5]), np.array(0.0))
    >>> parts.stay.round(4).tolist(), parts.switched.round(4).tolist()
    ([0.25, 0.231, 0.4869], [0.0321, 0.0, 0.0])
    """
    if gain.min(initial=0.0) < 0.0:
        raise ValueError("a gain is at least 0; count it from the worse of the two worlds")
    after = pivot(nests, shares, gain, correlations)
    grown = growth(after.log_inclusive, zeta, buying_share)
    purchases = grown[..., np.newaxis] * after.shares
    stay = _stay(nests, after, (shares, gain, correlations), zeta, buying_share)
    stay = np.minimum(stay, purchases)  # they differ by rounding where nobody joins a vehicle

    joined = purchases - stay
    switchers = np.maximum(0.0, shares.sum(axis=-1) - stay.sum(axis=-1))
    newcomers = np.maximum(0.0, joined.sum(axis=-1) - switchers)
    new = _new(joined, (nests, shares, gain, correlations), zeta, buying_share, newcomers)
    return Response(stay, joined - new, new, after.log_inclusive)


def stayers_gain(log_inclusive: Floats, alpha: Floats) -> Floats:
    """Yuan a buyer gains who buys in both worlds: `ln(R) / alpha`, averaged over vehicles."""
    return np.asarray(log_inclusive / alpha)


def market_gain(log_inclusive: Floats, alpha: Floats, zeta: Floats) -> Floats:
    """Yuan gained by stayers and new buyers together, per buyer without the campaign.

    `[exp(zeta alpha CS) - 1] / (zeta alpha)` with `CS = ln(R) / alpha`; `CS` itself at zeta 0.

    >>> market_gain(np.array(0.2), np.array(1e-4), np.array([0.0, 1.0])).round(2).tolist()
    [2000.0, 2214.03]
    """
    answer = np.asarray(zeta * log_inclusive)
    factor = np.divide(np.expm1(answer), answer, out=np.ones_like(answer), where=answer > 0)
    return np.asarray(factor * stayers_gain(log_inclusive, alpha))


def _new(
    joined: Floats,
    market: tuple[Nests, Floats, Floats, Floats],
    zeta: Floats,
    buying_share: Floats | float,
    total: Floats,
) -> Floats:
    """New buyers (..., J) among those who joined each vehicle, of the given total (...,)."""
    nests, shares, gain, correlations = market
    edges = cost_edges(gain, _COMPENSATIONS)
    table = moving_table(nests, shares, gain, np.array(1.0), correlations, edges)
    share = np.asarray(buying_share)[..., np.newaxis]
    answer = zeta[..., np.newaxis]
    grown = growth(table.log_inclusive, answer, share)
    not_buying = 1.0 - share * grown
    weight = answer * grown * not_buying * np.diff(edges)
    found_in_bins: Floats = (weight[..., np.newaxis] * table.moved).sum(axis=-2)
    new = np.minimum(found_in_bins, joined)
    # The bins miss some 1e-4 of the total, which is known exactly: scale whichever side is over.
    found, room = new.sum(axis=-1), (joined - new).sum(axis=-1)
    less = _ratio(np.minimum(total, found), found)[..., np.newaxis]
    more = _ratio(np.maximum(0.0, total - found), room)[..., np.newaxis]
    scaled: Floats = new * less + (joined - new) * more
    return np.minimum(scaled, joined)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _stay(
    nests: Nests,
    after: Pivot,
    market: tuple[Floats, Floats, Floats],
    zeta: Floats,
    buying_share: Floats | float,
) -> Floats:
    """Stay probabilities (..., J), one pivot per class of vehicles with the same gain."""
    shares, gain, correlations = market
    first, vehicle_class = amount_classes(gain)
    best = gain.max(axis=-1)
    stay = np.empty_like(after.shares)
    waiting: list[int] = []
    for number, vehicle in enumerate(first):
        members = vehicle_class == number
        if np.array_equal(gain[..., vehicle], best):  # nothing tempts them away
            stay[..., members] = np.broadcast_to(shares, stay.shape)[..., members]
        elif not gain[..., vehicle].any():  # the pivot already made
            grown = growth(after.log_inclusive, zeta, buying_share)[..., np.newaxis]
            stay[..., members] = grown * after.shares[..., members]
        else:
            waiting.append(number)

    block = max(1, _ELEMENTS_PER_BLOCK // max(1, after.shares.size))
    for start in range(0, len(waiting), block):
        numbers = waiting[start : start + block]
        own = np.moveaxis(gain[..., first[numbers]], -1, 0)[..., np.newaxis]
        others = pivot(nests, shares, np.maximum(0.0, gain - own), correlations)
        grown = growth(others.log_inclusive, zeta, buying_share)[..., np.newaxis]
        for position, number in enumerate(numbers):
            members = vehicle_class == number
            stay[..., members] = (grown * others.shares)[position][..., members]
    return stay
