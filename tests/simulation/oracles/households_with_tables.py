"""Households one by one, each drawing what it does from its own table of probabilities.

The tables are the formulas of `design/model.md` 3 to 8 and `docs/model.md`, written out again by
sums over vehicles and fine bins of costs; who comes when, and whom the money reaches, is drawn for
each household. Beside the households with utilities, this tells an error of the formulas from an
error in following them.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
from oracles.market import ANYWAY, MONTH, MOVED, NEW, OUTSIDE, SWITCHED, Campaign, Market
from oracles.walk import Purchase

BINS = 200
"""Bins of a cost, and steps of a compensation, between nothing and the largest gain."""


class Tables:
    """Probabilities of what households do, by type, day, planned week and open pots."""

    def __init__(self, market: Market, campaign: Campaign) -> None:
        self.market, self.campaign = market, campaign
        self.nests = market.nest_of()
        for name in ("shopper", "ahead", "waits", "outside", "_takers"):
            setattr(self, name, cache(getattr(self, name)))  # a table is computed once

    # --- the nested logit ----------------------------------------------------------------------

    def pivot(self, shares: np.ndarray, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shares (..., J) after each vehicle gains `gain` utils, and ln R (...,)."""
        after, value = np.broadcast_to(shares, gain.shape), gain
        for together, scale in zip(
            reversed(self.nests), reversed(self.market.scales), strict=True
        ):
            # The share of the child in its nest becomes (W_c / W_n) e^(L_c / s) / D_n. All its
            # vehicles carry its value, so a sum over vehicles is a sum over children.
            odds = np.exp(value / scale)
            mean = (shares * odds) @ together / (shares @ together)
            after = after * odds / mean
            value = scale * np.log(mean)
        inclusive = np.log((shares * np.exp(value)).sum(axis=-1))
        return after * np.exp(value - inclusive[..., None]), inclusive

    def stay(self, shares: np.ndarray, gain: np.ndarray, zeta: float) -> np.ndarray:
        """Probability (..., J) of the vehicle both with and without the gain."""
        found = np.zeros(gain.shape)
        for j in range(shares.size):
            beyond = np.maximum(gain - gain[..., j : j + 1], 0.0)
            taken, inclusive = self.pivot(shares, beyond)
            found[..., j] = taken[..., j] * np.exp(zeta * inclusive)
        return found

    # --- the tables ----------------------------------------------------------------------------

    def worth(self, kind: int, day: int, pots: frozenset[int]) -> np.ndarray:
        """(J,) yuan as perceived."""
        return self.market.perceived * self.campaign.yuan(day, kind, pots).sum(axis=0)

    def shopper(self, kind: int, day: int, pots: frozenset[int]) -> np.ndarray:
        """(3, J) would take the vehicle anyway, another one without, none without; per planned."""
        market = self.market
        gain = market.alpha[kind] * self.worth(kind, day, pots)
        return self._response(market.shares[kind], gain, market.zeta)

    def _response(self, shares: np.ndarray, gain: np.ndarray, zeta: float) -> np.ndarray:
        """(3, J) stay, switched, new under a gain in utils.

        Who is new is indifferent at some compensation c for not buying, at which every car is
        worth the better of its gain and c: the integral over c of the density of such households
        times the chance that a car that still gains more than c is the best.
        """
        stay = self.stay(shares, gain, zeta)
        taken, inclusive = self.pivot(shares, gain)
        steps = gain.max() * (np.arange(BINS) + 0.5)[:, None] / BINS
        at, grown = self.pivot(shares, np.maximum(gain - steps, 0.0))
        part = np.clip((gain - steps) * BINS / max(gain.max(), 1e-300) + 0.5, 0.0, 1.0)
        joins = zeta * np.exp(zeta * grown)[:, None] * at * part
        new = joins.sum(axis=0) * gain.max() / BINS
        return np.array([stay, taken * np.exp(zeta * inclusive) - stay - new, new])

    def ahead(self, kind: int, week: int, day: int, pots: frozenset[int]) -> np.ndarray:
        """(J, J) of those planned in a week, who comes today, by planned and taken vehicle."""
        market = self.market
        now = self.worth(kind, day, pots)
        start = int(market.week_start[week])
        if start > market.window[1]:
            expected = market.renewal_belief * now
        else:
            expected = market.belief[week] * self.worth(kind, start, pots)
        months = (market.week_middle[week] - day) / MONTH
        return self._moved(kind, now, expected, market.cost_earlier[kind] * months)

    def waits(self, kind: int, planned: int, pots: frozenset[int]) -> np.ndarray:
        """(J, J) of those planned before the opening, who waits for it."""
        market = self.market
        worth = self.worth(kind, market.window[0], pots)
        months = (market.window[0] - planned) / MONTH
        return self._moved(kind, worth, np.zeros(worth.size), market.cost_later[kind] * months)

    def outside(self, day: int, pots: frozenset[int]) -> np.ndarray:
        """(J,) who comes from elsewhere, of those who know."""
        market = self.market
        kind = len(market.shares)
        worth = self.worth(kind, day, pots)
        edges, takers = self._takers(kind, tuple(worth), (0.0,) * worth.size)
        chance = _in_bins(edges, market.travel_cost, market.travel_dispersion)
        return np.tensordot(chance, takers, 1).sum(axis=0)

    def _moved(self, kind: int, now: np.ndarray, expected: np.ndarray, median: float):
        """(J, J) who moves at a lognormal cost, by planned and taken vehicle."""
        edges, takers = self._takers(kind, tuple(now), tuple(expected))
        chance = _in_bins(edges, median, self.market.cost_dispersion)
        return np.tensordot(chance, takers, 1)

    def _takers(self, kind: int, now: tuple[float, ...], expected: tuple[float, ...]):
        """Edges of bins of cost, and (C, J, J) of households with such a cost, who moves.

        Those planned buy without the campaign: of all who would take a car, the new ones are left
        out. Buyers from elsewhere have no such plan.
        """
        market = self.market
        gains, floor = np.array(now), np.array(expected)
        ends = np.linspace(0.0, max((gains - floor).max(), 0.0), BINS + 1)
        edges = np.unique(np.concatenate([ends, (gains - floor)[gains > floor]]))
        takers = np.zeros((edges.size - 1, gains.size, gains.size))
        home = kind < len(market.shares)
        shares = market.shares[kind] if home else market.all_shares
        alpha = market.alpha[kind] if home else market.alpha.mean()
        for number, cost in enumerate((edges[1:] + edges[:-1]) / 2):
            gain = alpha * np.maximum(floor, gains - cost)
            parts = self._response(shares, gain, market.zeta if home else 0.0)
            takers[number] = _joint(shares, gain, parts) * (gains - cost > floor)
        return edges, takers


def _joint(shares: np.ndarray, gain: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(J, J) planned and taken vehicle: who leaves one goes where more is gained.

    Exact in both margins of what is taken; which of the better vehicles the leavers of one take
    is shared out as all leavers do.
    """
    stay, switched, _ = parts
    leaves = np.maximum(shares - stay, 0.0)[:, None] * (gain[:, None] < gain[None, :])
    total = leaves.sum(axis=0)
    from_each = np.divide(leaves, total, out=np.zeros_like(leaves), where=total > 0)
    return np.diag(stay) + switched * from_each


def _in_bins(edges: np.ndarray, median: float, dispersion: float) -> np.ndarray:
    """Chance that a lognormal cost lies in each bin."""
    law = NormalDist(math.log(median), dispersion)
    return np.diff([law.cdf(math.log(edge)) if edge > 0 else 0.0 for edge in edges])


class TableHouseholds:
    """The people of one draw."""

    def __init__(self, tables: Tables, stream: np.random.Generator) -> None:
        self.tables, self.market, self.stream = tables, tables.market, stream
        self.all_pots = frozenset(range(len(tables.campaign.pots)))
        self.people = [self._people(kind) for kind in range(len(self.market.shares))]
        self.landed: set[tuple[int, int]] = set()

    def _people(self, kind: int) -> dict[str, np.ndarray]:
        """Planned day and vehicle, what has been heard, how easily moved: one row a household."""
        market, stream = self.market, self.stream
        count = stream.poisson(market.daily[kind])
        planned = np.repeat(np.arange(count.size), count)
        return {
            "planned": planned,
            "vehicle": stream.choice(market.local.size, planned.size, p=market.shares[kind]),
            "heard": stream.random(planned.size),
            "settled": stream.random(planned.size),
        }

    def sales_without(self) -> np.ndarray:
        """(T, J) cars; right by day, by vehicle only where nobody moves for another one."""
        sales = np.zeros((self.market.daily.shape[1], self.market.local.size), dtype=int)
        for people in self.people:
            np.add.at(sales, (people["planned"], people["vehicle"]), 1)
        return sales

    def visits(self, day: int):
        """Who may come today; a household that plans nothing here is a name."""
        market, stream = self.market, self.stream
        knows = market.aware_at_home(day)
        for kind, people in enumerate(self.people):
            today = (people["planned"] == day) & (people["heard"] < market.aware_dealer)
            signs = stream.random(today.size) < market.hazard(day)
            later = market.week_start[market.week[people["planned"]]] > day
            ahead = signs & later & (people["heard"] < knows)
            waits = signs & (people["planned"] < market.window[0])
            for row in np.flatnonzero(today | ahead | waits).tolist():
                if (kind, row) not in self.landed:
                    yield stream.random(), kind, (kind, row)
            could = self.tables.shopper(kind, day, self.all_pots)[2].sum()
            for _ in range(stream.poisson(market.daily[kind, day] * knows * could)):
                yield stream.random(), kind, (kind, "at home")
        for _ in range(stream.poisson(market.outside_a_day * knows)):
            yield stream.random(), len(self.people), (len(self.people), "elsewhere")

    def has_bought(self, household) -> None:
        """Households of the city move once."""
        if isinstance(household[1], int):
            self.landed.add(household)

    def decides(self, household, day: int, open_pots: frozenset[int]) -> Purchase | None:
        """A draw from the table of this household."""
        kind, row = household
        if row == "elsewhere":
            return self._drawn([(OUTSIDE, self.tables.outside(day, open_pots))], -1, -1)
        if row == "at home":
            table = self.tables.shopper(kind, day, open_pots)[2]
            could = self.tables.shopper(kind, day, self.all_pots)[2].sum()
            return self._drawn([(NEW, table / could)], -1, -1)
        people = self.people[kind]
        planned, vehicle = int(people["planned"][row]), int(people["vehicle"][row])
        if planned == day:
            return self._buys_today(kind, vehicle, day, open_pots)
        settled = people["settled"][row] * self.market.shares[kind, vehicle]
        table = self._moves(kind, row, day, open_pots)
        if settled >= table.sum():
            return None
        if planned > day:
            table = self._as_it_was_won(kind, row, day, open_pots, settled)
        takes = self._drawn([(MOVED, table / table.sum())], planned, vehicle)
        if takes and self.market.window[0] <= planned <= self.market.window[1]:
            return takes._replace(part=ANYWAY if takes.vehicle == vehicle else SWITCHED)
        return takes

    def _as_it_was_won(self, kind: int, row: int, day: int, open_pots, settled: float):
        """(J,) table of the day on which this household became willing to come.

        What it would take is settled then: as its day draws nearer, all vehicles that are worth
        the move gain alike. Those won over on a day are what the day's table adds.
        """
        today = self.tables.worth(kind, day, open_pots)
        while day > self.market.window[0]:
            before = self._moves(kind, row, day - 1, open_pots)
            if (self.tables.worth(kind, day - 1, open_pots) != today).any():
                break
            if settled >= before.sum():
                return np.maximum(self._moves(kind, row, day, open_pots) - before, 0.0)
            day -= 1
        return self._moves(kind, row, day, open_pots)

    def _buys_today(self, kind: int, vehicle: int, day: int, open_pots) -> Purchase | None:
        """Its own vehicle as often as its buyers stay, else another as often as that is taken."""
        stay, switched, _ = self.tables.shopper(kind, day, open_pots)
        kept = stay[vehicle] / self.market.shares[kind, vehicle]
        if self.stream.random() < kept or switched.sum() <= 0.0:
            return Purchase(vehicle, ANYWAY, day, vehicle)
        return self._drawn([(SWITCHED, switched / switched.sum())], day, vehicle)

    def _moves(self, kind: int, row: int, day: int, open_pots) -> np.ndarray:
        """(J,) its table for another day than planned, per household of its type."""
        people, market = self.people[kind], self.market
        planned, vehicle = int(people["planned"][row]), int(people["vehicle"][row])
        if planned > day:
            week = int(market.week[planned])
            return self.tables.ahead(kind, week, day, open_pots)[vehicle]
        if people["heard"][row] >= market.aware_at_home(planned):
            return np.zeros(market.local.size)
        return self.tables.waits(kind, planned, open_pots)[vehicle]

    def _drawn(self, options, planned: int, instead: int) -> Purchase | None:
        """One of these parts and vehicles, or nothing with the probability that is left."""
        chances = np.concatenate([chance for _, chance in options])
        place = int(np.searchsorted(chances.cumsum(), self.stream.random(), side="right"))
        if place >= chances.size:
            return None
        option, vehicle = divmod(place, self.market.local.size)
        return Purchase(vehicle, options[option][0], planned, instead)
