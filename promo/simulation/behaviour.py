"""How do the buyers of one block of draws behave? Solved parameters, ready for the formulas."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from promo.demand.moving import cost_edges, gain_weights, moving_table, moving_weights
from promo.demand.nested_logit import Nests
from promo.schema import Floats, Ints
from promo.simulation.landing import DISTANCES

COST_BINS = 14
"""Bins of the cost of moving; few amounts are all among their ends."""


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
    old_car : (R, I) yuan that the old car of a type would fetch otherwise; 0 where it keeps it
    pool_per_day : (R, I) owners a day who would keep their car or buy a used one
    pool_threshold, pool_dispersion : (R,) benefit over price at which half of them buy new, and
        dispersion of its logarithm
    pool_days : (R,) mean days from being willing to buying
    level : (R, T) market size relative to the forecast
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
    old_car: Floats
    pool_per_day: Floats
    pool_threshold: Floats
    pool_dispersion: Floats
    pool_days: Floats
    level: Floats

    def of_types(self, types: Ints) -> Behaviour:
        """The behaviour of some types only."""
        by_type = ("alpha", "cost_earlier", "cost_later")
        return replace(self, **{name: getattr(self, name)[:, types] for name in by_type})

    def take(self, rows: Ints) -> Behaviour:
        """The parameters of some draws."""
        return Behaviour(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Willingness:
    """Who would move for an offer.

    I counts the types to whom the offer pays anything.

    Attributes
    ----------
    share : (R, I, D) of the households planned at each of `landing.DISTANCES`
    weights : (R, I, D, K) of which with a cost of moving in each of K bins
    vehicles : (R, I, K, J) share of households with such a cost that move and take the vehicle
    edges : (R, I, K + 1) yuan, ends of the bins
    median, dispersion : (R, I) of the cost of moving by a month
    all_vehicles : (R, I, K, J) share of all households at such a cost that take the vehicle
    planned : (R, I, J) vehicles as planned
    """

    share: Floats
    weights: Floats
    vehicles: Floats
    edges: Floats
    median: Floats
    dispersion: Floats
    all_vehicles: Floats
    planned: Floats

    def paid_as_planned(self, landed: Floats, paid: Floats) -> Floats:
        """Of cars landed at each distance (R, I, D), how many would be paid on their day (R, I).

        `paid` (R, I, J) is one for vehicles paid on the planned day. Who stays takes a vehicle
        that is worth more there; the moved are what is missing from all who were to be paid.
        """
        whole = (self.planned * paid).sum(axis=-1)[..., None]
        kept = ((self.all_vehicles - self.vehicles) * paid[:, :, None]).sum(axis=-1)
        known = self.weights.sum(axis=-1)
        kept_at = (self.weights @ kept[..., None])[..., 0] + (1.0 - known) * whole
        return np.asarray((self._per_willing(landed) * (whole - kept_at)).sum(axis=-1))

    def composition(self, landed: Floats) -> Floats:
        """Shares (R, I, J) of the vehicles taken by cars landed at each distance (R, I, D)."""
        nodes = np.einsum("rid,ridk->rik", self._per_willing(landed), self.weights)
        taken = np.einsum("rik,rikj->rij", nodes, self.vehicles)
        total = taken.sum(axis=-1, keepdims=True)
        return np.asarray(np.divide(taken, total, out=np.zeros_like(taken), where=total > 0))

    def gain_per_car(self, landed: Floats) -> Floats:
        """Mean gain (R, I) in yuan of cars landed at each distance (R, I, D)."""
        of_gain = gain_weights(self.edges, DISTANCES, self.median, self.dispersion)
        gain = (of_gain @ self.vehicles.sum(axis=-1)[..., None])[..., 0]
        total = landed.sum(axis=-1)
        gained = (self._per_willing(landed) * gain).sum(axis=-1)
        return np.asarray(np.divide(gained, total, out=np.zeros_like(total), where=total > 0))

    def _per_willing(self, landed: Floats) -> Floats:
        """Cars landed (R, I, D) by household willing at that distance."""
        some = self.share > 1e-12
        return np.asarray(np.divide(landed, self.share, out=np.zeros_like(landed), where=some))


def willingness(
    nests: Nests, behaviour: Behaviour, shares: Floats, offer: Floats, median: Floats
) -> Willingness:
    """Willingness to move for an offer (R, I, J) yuan; all arguments hold the same types."""
    dispersion = np.broadcast_to(behaviour.cost_dispersion[:, None], median.shape)
    if not offer.any():
        return _nobody(offer, median, dispersion)
    edges = cost_edges(offer, COST_BINS)
    table = moving_table(
        nests, shares, offer, behaviour.alpha, behaviour.correlations[:, None], edges
    )
    weights = moving_weights(edges, DISTANCES, median, dispersion)
    share = (weights @ table.moved.sum(axis=-1)[..., None])[..., 0]
    return Willingness(
        share, weights, table.moved, edges, median, dispersion, table.shares, shares
    )


def _nobody(offer: Floats, median: Floats, dispersion: Floats) -> Willingness:
    """Nobody moves for nothing."""
    draws, types, vehicles = offer.shape
    distances = DISTANCES.size
    return Willingness(
        share=np.zeros((draws, types, distances)),
        weights=np.zeros((draws, types, distances, 1)),
        vehicles=np.zeros((draws, types, 1, vehicles)),
        edges=np.zeros((draws, types, 2)),
        median=median,
        dispersion=dispersion,
        all_vehicles=np.zeros((draws, types, 1, vehicles)),
        planned=np.zeros((draws, types, vehicles)),
    )
