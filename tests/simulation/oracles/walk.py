"""One campaign lived through, claim by claim: who comes, is the money there, what is left.

The same for both oracles; they differ in who the households are and how they decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from oracles.market import PARTS, Campaign, Market


class Purchase(NamedTuple):
    """What one household does for the money, and what it does without.

    `planned` is the day and `instead` the vehicle of its purchase without the campaign; -1 where
    it buys nothing here.
    """

    vehicle: int
    part: int
    planned: int
    instead: int


class Households(Protocol):
    """The people of one draw."""

    def visits(self, day: int) -> Iterable[tuple[float, int, object]]:
        """Who may come for the money today: moment of the day (0 to 1), type, household."""

    def decides(self, household: object, day: int, open_pots: frozenset[int]) -> Purchase | None:
        """What it buys now because it knows of these pots; None if it does as without."""

    def has_bought(self, household: object) -> None:
        """It has been paid, and will not come again."""

    def sales_without(self) -> np.ndarray:
        """(T, J) cars bought without the campaign."""


@dataclass
class History:
    """What happened in one draw.

    Attributes
    ----------
    closing : (K,) days since the first midnight of the window, infinite if never
    spent : (K,) yuan
    parts : (5, J) subsidised cars
    sales, sales_without : (T, J) cars bought in the city
    """

    closing: np.ndarray
    spent: np.ndarray
    parts: np.ndarray
    sales: np.ndarray
    sales_without: np.ndarray


class Till:
    """First come, first served: the pots of one draw and what is left in them."""

    def __init__(self, campaign: Campaign, first: int) -> None:
        self.campaign, self.first = campaign, first
        self.left = np.array([pot.yuan for pot in campaign.pots], dtype=float)
        self.spent = np.zeros(self.left.size)
        self.closing = np.full(self.left.size, np.inf)
        self.open = frozenset(range(self.left.size))
        self.paid: list[Purchase] = []

    def morning(self, day: int) -> None:
        """What was carried over."""
        for carry in self.campaign.carries:
            if carry.day == day:
                self.left[carry.taker] += self.left[carry.giver]
                self.left[carry.giver] = 0.0

    def serves(self, household: object) -> frozenset[int]:
        """The pots that this household can count on now."""
        del household
        return self.open

    def asks(self, household: object, bought: Purchase, due: np.ndarray, instant: float) -> bool:
        """Pay a claim (K,) if every pot it needs can; a pot that cannot closes here.

        Returns whether the household goes through with its purchase.
        """
        del household
        short = due > self.left
        if short.any():
            self.closing[short] = instant
            self.open -= frozenset(np.flatnonzero(short).tolist())
            return False
        self.left -= due
        self.spent += due
        self.paid.append(bought)
        return True

    def settle(self) -> None:
        """After the last day: nothing is left to decide."""


class ClosedEarly(Till):
    """Wrong on purpose: a pot closes at the start of the day on which it would run out.

    So does a simulation that never looks inside the closing day.
    """

    def foresees(self, claims: list[np.ndarray], day: int) -> None:
        """Close the pots that the claims of a day (K,) would empty, before the first of them."""
        short = sum(claims, np.zeros(self.left.size)) > self.left
        self.closing[short] = day - self.first
        self.open -= frozenset(np.flatnonzero(short).tolist())


class Lottery(Till):
    """All who bought file a claim; after the last day they are paid in an order drawn by lot.

    Before the draw money is worth p_win^gamma of itself: the market's `perceived` says so.
    """

    def __init__(self, campaign: Campaign, first: int, stream: np.random.Generator) -> None:
        super().__init__(campaign, first)
        self.stream = stream
        self.filed: list[tuple[Purchase, np.ndarray]] = []

    def asks(self, household: object, bought: Purchase, due: np.ndarray, instant: float) -> bool:
        """Everybody may file."""
        del household, instant
        self.filed.append((bought, due))
        return True

    def settle(self) -> None:
        """Draw the order, and pay until the first who cannot be paid."""
        for number in self.stream.permutation(len(self.filed)).tolist():
            bought, due = self.filed[number]
            needed = np.flatnonzero(due > 0)
            if np.isin(needed, list(self.open)).all():
                super().asks(None, bought, due, np.inf)


def live(market: Market, till: Till, households: Households) -> History:
    """One draw from the first day of the window to its last."""
    sales = households.sales_without()
    without = sales.copy()
    first, last = market.window
    for day in range(first, last + 1):
        till.morning(day)
        visits = sorted(households.visits(day), key=lambda visit: visit[0])
        if isinstance(till, ClosedEarly):
            claims = (_claim(till, households, day, visit) for visit in visits)
            till.foresees([claim[1] for claim in claims if claim], day)
        for visit in visits:
            claim = _claim(till, households, day, visit)
            moment, _, household = visit
            if claim and till.asks(household, *claim, day - first + moment):
                households.has_bought(household)
                bought = claim[0]
                sales[day, bought.vehicle] += 1
                if bought.planned >= 0:
                    sales[bought.planned, bought.instead] -= 1
    till.settle()
    parts = np.zeros((len(PARTS), market.local.size), dtype=int)
    for bought in till.paid:
        parts[bought.part, bought.vehicle] += 1
    return History(till.closing, till.spent, parts, sales, without)


def _claim(
    till: Till, households: Households, day: int, visit: tuple[float, int, object]
) -> tuple[Purchase, np.ndarray] | None:
    """What a visitor buys for the money, and the yuan (K,) that it claims; None if nothing."""
    _, kind, household = visit
    pots = till.serves(household)
    bought = households.decides(household, day, pots)
    if bought is None:
        return None
    due = till.campaign.yuan(day, kind, pots)[:, bought.vehicle]
    return (bought, due) if due.any() else None
