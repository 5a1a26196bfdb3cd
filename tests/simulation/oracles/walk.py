"""One campaign lived through, claim by claim: who comes, is the money there, what is left.

The same for both oracles; they differ in who the households are and how they decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    refused : (K,) yuan of the claim at whose refusal the pot closed
    """

    closing: np.ndarray
    spent: np.ndarray
    parts: np.ndarray
    sales: np.ndarray
    sales_without: np.ndarray
    refused: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass
class Till:
    """The pots of one draw and what is left in them."""

    campaign: Campaign

    def __post_init__(self) -> None:
        self.left = np.array([pot.yuan for pot in self.campaign.pots], dtype=float)
        self.spent = np.zeros(self.left.size)
        self.refused = np.zeros(self.left.size)
        self.closing = np.full(self.left.size, np.inf)
        self.open = frozenset(range(self.left.size))

    def morning(self, day: int) -> None:
        """What was carried over."""
        for carry in self.campaign.carries:
            if carry.day == day:
                self.left[carry.taker] += self.left[carry.giver]
                self.left[carry.giver] = 0.0

    def asks(self, due: np.ndarray, instant: float) -> bool:
        """Pay a claim (K,) if every pot it needs can; a pot that cannot closes here."""
        short = due > self.left
        if short.any():
            self.refused[short] = due[short]
            self.closing[short] = instant
            self.open -= frozenset(np.flatnonzero(short).tolist())
            return False
        self.left -= due
        self.spent += due
        return True


def live(
    market: Market, campaign: Campaign, households: Households, *, whole_days: bool = False
) -> History:
    """One draw from the first day of the window to its last.

    `whole_days` is wrong on purpose: a pot closes at the start of the day on which it would run
    out, as a simulation does that never looks inside the closing day.
    """
    till = Till(campaign)
    sales = households.sales_without()
    without = sales.copy()
    parts = np.zeros((len(PARTS), market.local.size), dtype=int)
    first, last = market.window
    for day in range(first, last + 1):
        till.morning(day)
        visits = sorted(households.visits(day), key=lambda visit: visit[0])
        if whole_days:
            _close_early(till, campaign, households, visits, day, first)
        for moment, kind, household in visits:
            bought = households.decides(household, day, till.open)
            if bought is None:
                continue
            due = campaign.yuan(day, kind, till.open)[:, bought.vehicle]
            if due.any() and till.asks(due, day - first + moment):
                households.has_bought(household)
                parts[bought.part, bought.vehicle] += 1
                sales[day, bought.vehicle] += 1
                if bought.planned >= 0:
                    sales[bought.planned, bought.instead] -= 1
    return History(till.closing, till.spent, parts, sales, without, till.refused)


def _close_early(
    till: Till,
    campaign: Campaign,
    households: Households,
    visits: list[tuple[float, int, object]],
    day: int,
    first: int,
) -> None:
    """Close the pots that today's claims would empty, before the first of them."""
    due = np.zeros(till.left.size)
    for _, kind, household in visits:
        bought = households.decides(household, day, till.open)
        if bought is not None:
            due += campaign.yuan(day, kind, till.open)[:, bought.vehicle]
    short = due > till.left
    till.closing[short] = day - first
    till.open -= frozenset(np.flatnonzero(short).tolist())
