"""Vouchers that have to be won before the purchase: rounds, validity, redemption, return.

On the first day of a round, households that know and could use a voucher apply; who is about to
buy within its validity applies more often. They are served in an order drawn by lot, which is also
the law of a grab at one hour, until the stock ends. A winner counts on the money until the voucher
ends, a loser on nothing. What lapses comes back to the pot for the next round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from oracles.households_with_utilities import Group, UtilityHouseholds
from oracles.market import Campaign
from oracles.walk import Purchase, Till


@dataclass(frozen=True)
class Terms:
    """Rounds as (day of the grab, last day of validity); who applies; what becomes of the rest.

    Attributes
    ----------
    applies : chance that somebody who could use a voucher and is about to buy applies
    relative : how much more often than somebody who plans to buy later
    uses : chance that a winner does not forget it
    returns : a lapsed voucher goes back to its pot; else its money is lost
    locked_out : whose voucher lapsed may not draw again
    """

    rounds: tuple[tuple[int, int], ...]
    applies: float = 1.0
    relative: float = 2.0
    uses: float = 1.0
    returns: bool = True
    locked_out: bool = True


@dataclass
class Voucher:
    """One voucher: its pot, face in yuan, last day, whether its holder thinks of it, its fate."""

    pot: int
    face: float
    until: int
    used: bool = True
    state: str = "live"


class Vouchers(Till):
    """Pots of which each holds vouchers of one face."""

    def __init__(
        self, campaign: Campaign, terms: Terms, households: Holders, stream: np.random.Generator
    ) -> None:
        super().__init__(campaign, households.market.window[0])
        self.terms, self.households, self.stream = terms, households, stream
        self.issued: list[Voucher] = []
        households.held = self.held = {}
        self.lapsed: set[object] = set()

    def morning(self, day: int) -> None:
        """Vouchers end, and a round may begin."""
        super().morning(day)
        for household, voucher in list(self.held.items()):
            if voucher.until < day:
                self._ends(household, voucher)
        for begins, until in self.terms.rounds:
            if begins == day:
                self._round(day, until)

    def _ends(self, household: object, voucher: Voucher) -> None:
        voucher.state = "returned" if self.terms.returns else "lost"
        if self.terms.returns:
            self.left[voucher.pot] += voucher.face
        del self.held[household]
        self.lapsed.add(household)

    def _round(self, day: int, until: int) -> None:
        applicants = list(self.households.applicants(day, until, self.terms, self.open))
        for number in self.stream.permutation(len(applicants)).tolist():
            household, pot, face = applicants[number]
            if household in self.held or (self.terms.locked_out and household in self.lapsed):
                continue
            if self.left[pot] < face:
                self.closing[pot] = min(self.closing[pot], day - self.first)
                continue
            self.left[pot] -= face
            self.held[household] = Voucher(
                pot, face, until, self.stream.random() < self.terms.uses
            )
            self.issued.append(self.held[household])

    def serves(self, household: object) -> frozenset[int]:
        """The pot of the voucher it holds."""
        held = self.held.get(household)
        return frozenset({held.pot}) if held and held.used else frozenset()

    def asks(self, household: object, bought: Purchase, due: np.ndarray, instant: float) -> bool:
        """Redeem the voucher if its face is what the purchase would get."""
        del instant
        voucher = self.held[household]
        if due[voucher.pot] != voucher.face:
            return False
        voucher.state = "redeemed"
        del self.held[household]
        self.spent[voucher.pot] += voucher.face
        self.paid.append(bought)
        return True

    def count(self, state: str) -> int:
        """Vouchers that are live, redeemed, returned or lost."""
        return sum(voucher.state == state for voucher in self.issued)


class Holders(UtilityHouseholds):
    """Households of the city that may hold a voucher."""

    held: dict[object, Voucher]

    def _told(self, kind: int, group: Group, day: int) -> np.ndarray:
        """Who holds a voucher."""
        del day
        told = np.zeros(group.planned.size, dtype=bool)
        told[[row for other, row in self.held if other == kind]] = True
        return told

    def _signs(self, kind: int, group: Group, day: int) -> np.ndarray:
        """Who holds a voucher buys by its last day."""
        hazard = np.zeros(group.planned.size)
        for (other, row), voucher in self.held.items():
            if other == kind:
                hazard[row] = max(1.0 / self.market.landing_days, 1.0 / (voucher.until - day + 1))
        return self.stream.random(hazard.size) < hazard

    def _expected(self, household, planned: int, now: np.ndarray, open_pots) -> np.ndarray:
        """Certain while the voucher is valid, afterwards what is believed of another round."""
        if planned <= self.held[household].until:
            return self._worth(household[0], planned, open_pots)
        return self.market.renewal_belief * now

    def applicants(self, day: int, until: int, terms: Terms, open_pots):
        """Who applies: household, pot and face of the voucher that it could use."""
        market = self.market
        for kind, group in enumerate(self.groups):
            at_home = group.heard < market.aware_at_home(day)
            soon = (group.planned >= day) & (group.planned <= until)
            eager = soon & (group.without >= 0)
            chance = terms.applies * np.where(eager, 1.0, 1.0 / terms.relative)
            later = (group.planned > until) & (group.without >= 0)
            wants = at_home & (soon | later) & (self.stream.random(soon.size) < chance)
            for row in np.flatnonzero(wants).tolist():
                if (kind, row) not in self.landed:
                    yield from self._could_use((kind, row), until, open_pots)

    def _could_use(self, household, until: int, open_pots):
        """Its best purchase if every voucher could be had, on its own day or the last possible."""
        kind, row = household
        group, market = self.groups[kind], self.market
        day = min(int(group.planned[row]), until)
        worth = self._worth(kind, day, open_pots)
        cost = self._cost_of(household, day)
        expected = market.renewal_belief * worth * (day < group.planned[row])
        gain = np.maximum(expected, worth - cost)
        utility = group.utility[row] + market.alpha[kind] * gain
        vehicle = int(utility.argmax())
        comes = worth[vehicle] - cost > expected[vehicle] and utility[vehicle] > group.none[row]
        yuan = self.campaign.yuan(day, kind, open_pots)[:, vehicle]
        if comes and yuan.any():
            pot = int(yuan.argmax())
            yield household, pot, float(yuan[pot])

    def _cost_of(self, household, day: int) -> float:
        """Yuan to come on this day instead of the planned one; nothing inside the planned week."""
        kind, row = household
        group = self.groups[kind]
        week = self.market.week[group.planned[row]]
        ahead = self.market.week_start[week] > day
        return float(self._cost(group, day)[row]) if ahead else 0.0
