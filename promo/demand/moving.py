"""Who moves a purchase in time, or comes from another city, for the money?

A household moves when its gain exceeds a cost `c x months`, `c` lognormal over households; it then
takes a vehicle by the pivot under benefits lowered by the cost. Outside buyers pay a travel cost
the same way. Behaviour at given costs (`MovingTable`) and the spread of costs at given distances
(weights) are separate, so that one table serves all distances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.amounts import amount_classes
from promo.demand.nested_logit import Nests, pivot
from promo.schema import Floats


@dataclass(frozen=True, slots=True)
class MovingTable:
    """Behaviour at costs between nothing and the largest benefit.

    Attributes
    ----------
    edges : (..., K + 1) yuan, ends of the cost bins; the last is the largest benefit
    moved : (..., K, J) share of households with a cost in the bin that move and take the vehicle
    shares : (..., K, J) share of all of them that takes the vehicle, moved or not
    log_inclusive : (..., K) ln R of the benefits lowered by the bin's middle cost, utils
    """

    edges: Floats
    moved: Floats
    shares: Floats
    log_inclusive: Floats


def cost_edges(benefit: Floats, nodes: int = 30) -> Floats:
    """Ends (..., K + 1) of K cost bins from 0 to the largest benefit (..., J), yuan.

    Few distinct amounts are all among the ends, so that no bin has a vehicle half in reach. To
    compare two offers, or to take what one moves beyond the other, give the amounts of both side
    by side (`np.concatenate([offer, base], axis=-1)`) and use the ends for both.

    >>> cost_edges(np.array([0.0, 3000.0, 1000.0]), nodes=4)
    array([   0.,  500., 1000., 2000., 3000.])
    """
    first, _ = amount_classes(benefit)
    amounts = np.sort(benefit[..., first], axis=-1)
    if np.any(amounts[..., 0] > 0):
        amounts = np.concatenate([np.zeros_like(amounts[..., :1]), amounts], axis=-1)
    gaps = amounts.shape[-1] - 1
    if gaps > nodes // 2:  # too many amounts to honour each: vehicles count by part of a bin
        return amounts[..., -1:] * np.linspace(0.0, 1.0, nodes + 1)
    bins_in_gap = np.diff(np.linspace(0, nodes, max(gaps, 1) + 1).round().astype(np.int64))
    ends = [amounts[..., :1]]
    for gap, bins in enumerate(bins_in_gap[:gaps]):
        low, high = amounts[..., gap, np.newaxis], amounts[..., gap + 1, np.newaxis]
        ends += [low + (high - low) * np.arange(1, bins) / bins, high]
    edges = np.concatenate(ends, axis=-1)
    return edges if gaps else np.repeat(edges, nodes + 1, axis=-1)


def moving_table(
    nests: Nests,
    shares: Floats,
    benefit: Floats,
    alpha: Floats,
    correlations: Floats,
    edges: Floats,
) -> MovingTable:
    """Moved shares and inclusive values at the middle cost of each bin.

        moved_j(C) = w'_j(max(0, benefit - C)) 1{benefit_j > C}

    Leading axes broadcast among all arguments; the cost axis is inserted before the vehicles.

    Parameters
    ----------
    shares : (..., J) of sum 1
    benefit : (..., J) yuan as perceived, at least 0
    alpha : (...,) utils per yuan
    correlations : (L,) or (..., L), outermost first
    edges : (..., K + 1) from `cost_edges`
    """
    cost = 0.5 * (edges[..., 1:] + edges[..., :-1])[..., np.newaxis]
    worth = benefit[..., np.newaxis, :]
    gain = np.maximum(0.0, worth - cost)
    gain *= alpha[..., np.newaxis, np.newaxis]
    after = pivot(nests, shares[..., np.newaxis, :], gain, correlations[..., np.newaxis, :])
    low, width = edges[..., :-1, np.newaxis], np.diff(edges)[..., np.newaxis]
    with np.errstate(over="ignore"):  # bins of next to no width: wholly in or out of reach
        above = np.divide(worth - low, width, out=np.zeros(gain.shape), where=width > 0)
    in_reach = np.clip(above, 0.0, 1.0, out=above)
    moved = np.multiply(in_reach, after.shares, out=in_reach)
    return MovingTable(edges, moved, after.shares, after.log_inclusive)


def moving_weights(edges: Floats, months: Floats, median: Floats, dispersion: Floats) -> Floats:
    """Share (..., M, K) of households whose cost of moving lies in each bin, by distance.

    Parameters
    ----------
    edges : (..., K + 1) yuan
    months : (M,) distance moved, at least 0; use 1 for a cost of travel
    median : (...,) yuan per month, of the lognormal cost
    dispersion : (...,) standard deviation of its logarithm

    >>> moving_weights(np.array([0.0, 3000.0]), np.array([1.0]), np.array(3000.0), np.array(0.9))
    array([[0.5]])
    """
    from scipy.special import ndtr

    return _differences(ndtr(_standardised(edges, months, median, dispersion)))


def gain_weights(edges: Floats, months: Floats, median: Floats, dispersion: Floats) -> Floats:
    """Integral (..., M, K) of the cost's distribution function over each bin, yuan.

    The households that move gain `benefit - cost`; summed over them this is the integral of (share
    in reach at cost x) F(x) dx, so `sum_k weight_k x (total moved in bin k)` is their gain in yuan
    per planned purchase. In closed form: the integral of F up to `e` is `e F(e) - E[C; C < e]`.
    """
    from scipy.special import ndtr

    z = _standardised(edges, months, median, dispersion)
    spread = dispersion[..., np.newaxis, np.newaxis]
    mean_cost = months[:, np.newaxis] * median[..., np.newaxis, np.newaxis]
    mean_cost = mean_cost * np.exp(0.5 * spread**2)
    integral = edges[..., np.newaxis, :] * ndtr(z) - mean_cost * ndtr(z - spread)
    return np.maximum(0.0, _differences(integral))


def moved_shares(table: MovingTable, weights: Floats) -> Floats:
    """Share (..., M, J) of the purchases planned at each distance that move, by vehicle taken."""
    return np.asarray(weights @ table.moved)


def moving_kernel(
    table: MovingTable, months: Floats, median: Floats, dispersion: Floats
) -> Floats:
    """Share (..., M, J) moved by distance and vehicle taken: `E_c[w'((b - C)+) 1{b > C}]`.

    Nobody moves for nothing, and a uniform benefit `b` moves exactly the share `F(b / months)`.
    """
    return moved_shares(table, moving_weights(table.edges, months, median, dispersion))


@dataclass(frozen=True, slots=True)
class OneCost:
    """A cost paid once, lognormal over people: median (...,) yuan, dispersion of its logarithm."""

    median: Floats
    dispersion: Floats


def drawn_in(
    nests: Nests,
    shares: Floats,
    benefit: Floats,
    alpha: Floats,
    correlations: Floats,
    cost: OneCost,
) -> tuple[Floats, Floats]:
    """Of people who would otherwise buy no car here, who does for the benefit, and their gain.

    Those whose benefit exceeds a cost paid once take a vehicle by the pivot under benefits lowered
    by it; a uniform benefit `b` draws in exactly the share `F(b)`.

    Returns
    -------
    share (..., J) of them by vehicle taken, and mean gain (...) in yuan of those drawn in
    """
    edges = cost_edges(benefit)
    table = moving_table(nests, shares, benefit, alpha, correlations, edges)
    weights = moving_weights(edges, np.ones(1), cost.median, cost.dispersion)
    share = (weights @ table.moved)[..., 0, :]
    middle = 0.5 * (edges[..., 1:] + edges[..., :-1])
    surplus = np.maximum(benefit[..., np.newaxis, :] - middle[..., np.newaxis], 0.0)
    weight = weights[..., 0, :, np.newaxis]
    gained = ((weight * table.moved) * surplus).sum(axis=(-2, -1))
    total = share.sum(axis=-1)
    return share, np.divide(gained, total, out=np.zeros(total.shape), where=total > 0)


def _standardised(edges: Floats, months: Floats, median: Floats, dispersion: Floats) -> Floats:
    """(ln(edge / months) - ln(median)) / dispersion, (..., M, K + 1); minus infinity at 0 yuan."""
    yuan = edges[..., np.newaxis, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = np.log(months[:, np.newaxis] * median[..., np.newaxis, np.newaxis])
        z = (np.log(yuan) - cost) / dispersion[..., np.newaxis, np.newaxis]
    return np.where(yuan > 0, z, -np.inf)


def _differences(cumulative: Floats) -> Floats:
    return cumulative[..., 1:] - cumulative[..., :-1]
