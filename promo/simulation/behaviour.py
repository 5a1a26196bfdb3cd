"""How do the buyers of one block of draws behave? Solved parameters, ready for the formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.moving import cost_edges, gain_weights, moving_table, moving_weights
from promo.demand.nested_logit import Nests
from promo.schema import Floats
from promo.simulation.landing import DISTANCES


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Parameters of R draws.

    Attributes
    ----------
    alpha : (R, I) utils per yuan by type
    zeta : (R,) response of the market
    correlations : (R, L), outermost nest first
    perceived : (R,) pass-through x salience
    passed_on : (R,) pass-through alone
    aware_dealer, aware_public : (R,) shares who know, in the showroom and at home at last
    aware_days : (R,) days in which 63 % of those at home who will know have learnt
    cost_earlier, cost_later : (R, I) median cost of moving by one month, yuan
    cost_dispersion : (R,) of its logarithm
    landing_days : (R,) mean days from being willing to buying
    renewal_belief : (R,) believed chance of a next round
    travel_cost, travel_dispersion : (R,) median, yuan, and dispersion for buyers from outside
    outside_per_day : (R,) purchases of outsiders within reach
    level : (R,) market size relative to the forecast
    """

    alpha: Floats
    zeta: Floats
    correlations: Floats
    perceived: Floats
    passed_on: Floats
    aware_dealer: Floats
    aware_public: Floats
    aware_days: Floats
    cost_earlier: Floats
    cost_later: Floats
    cost_dispersion: Floats
    landing_days: Floats
    renewal_belief: Floats
    travel_cost: Floats
    travel_dispersion: Floats
    outside_per_day: Floats
    level: Floats

    def row(self, draw: int) -> Behaviour:
        """The parameters of one draw, still as arrays of one row."""
        return Behaviour(*(getattr(self, name)[draw : draw + 1] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Willingness:
    """Who would move for an offer, beyond those whom a lesser offer moves already.

    Attributes
    ----------
    share : (R, I, D) of the households planned at each of `landing.DISTANCES`
    node_share : (R, I, D, K) of which at each cost node, for offer and lesser offer together
    vehicles : (R, I, K, J) share of households at a cost node that move and take the vehicle
    gain : (R, I, D) yuan gained per planned household
    """

    share: Floats
    weights: Floats
    vehicles: Floats
    gain: Floats

    def composition(self, landed: Floats) -> Floats:
        """Shares (R, I, J) of the vehicles taken by cars landed at each distance (R, I, D)."""
        per_willing = np.divide(
            landed, self.share, out=np.zeros_like(landed), where=self.share > 1e-12
        )
        nodes = np.einsum("rid,ridk->rik", per_willing, self.weights)
        taken = np.maximum(np.einsum("rik,rikj->rij", nodes, self.vehicles), 0.0)
        total = taken.sum(axis=-1, keepdims=True)
        return np.divide(taken, total, out=np.zeros_like(taken), where=total > 0)

    def gain_per_car(self, landed: Floats) -> Floats:
        """Mean gain (R, I) in yuan of cars landed at each distance (R, I, D)."""
        per_willing = np.divide(
            landed, self.share, out=np.zeros_like(landed), where=self.share > 1e-12
        )
        total = landed.sum(axis=-1)
        gained = (per_willing * self.gain).sum(axis=-1)
        return np.divide(gained, total, out=np.zeros_like(total), where=total > 0)


def willingness(  # noqa: PLR0913 - shares, two offers and the two parameters of the cost
    nests: Nests,
    behaviour: Behaviour,
    shares: Floats,
    offer: Floats,
    lesser: Floats,
    median: Floats,
) -> Willingness:
    """Willingness to move for `offer` (R, I, J) yuan beyond what `lesser` moves.

    A household moved by the lesser offer has moved in both worlds; only the excess is due to the
    offer.
    """
    dispersion = np.broadcast_to(behaviour.cost_dispersion[:, None], median.shape)
    both = np.concatenate([offer, lesser], axis=-1) if lesser.any() else offer
    edges = cost_edges(both)
    correlations = behaviour.correlations[:, None]
    table = moving_table(nests, shares, offer, behaviour.alpha, correlations, edges)
    vehicles = table.moved
    if lesser.any():
        before = moving_table(nests, shares, lesser, behaviour.alpha, correlations, edges)
        vehicles = vehicles - before.moved
    weights = moving_weights(edges, DISTANCES, median, dispersion)
    of_gain = gain_weights(edges, DISTANCES, median, dispersion)
    moving = vehicles.sum(axis=-1)
    return Willingness(
        share=np.maximum((weights @ moving[..., None])[..., 0], 0.0),
        weights=weights,
        vehicles=vehicles,
        gain=np.maximum((of_gain @ moving[..., None])[..., 0], 0.0),
    )
