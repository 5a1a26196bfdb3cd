"""What becomes of vouchers that are drawn first and redeemed by a purchase?

A pot of vouchers is a round: it opens, and its vouchers hold until it closes. Everybody who would
buy for the money, and some who would not, apply for the voucher of the car they would buy. Where
applications exceed vouchers, winners are drawn at random: they buy as if the money were sure, and
losers as if there were no campaign. Households arrive as a Poisson process and luck does not ask
who they are, so the winners of a round fall on days, types and cars as the rates say, whatever
their number. What has lapsed is lost, or goes into a later round.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from promo.schema import Floats, Ints
from promo.simulation.draws import Luck
from promo.simulation.money_path import Carry, Cars, ClaimRates, MoneyPath, Spell, State


def voucher_path(
    budget: Ints, carries: tuple[Carry, ...], fulfilled: float, *, days: int, luck: Luck
) -> Generator[State, ClaimRates, MoneyPath]:
    """Give out and redeem vouchers, asking once for the rates of purchases sure of the money.

    Every amount class must be served by one pot. A pot is promised in full when its last voucher
    is given out: that is the instant of its closing.

    Parameters
    ----------
    budget : (K,) fen in each pot
    carries : where lapsed vouchers go, in order of their days
    fulfilled : share of applicants who would redeem a voucher if they won it
    days : length of the window
    """
    pots = frozenset(range(budget.size))
    rates = yield State(pots, 0.0)
    kind = np.int64 if luck.whole else np.float64
    held: Cars = budget.astype(kind)
    paid: Cars = np.zeros(rates.rates.shape, dtype=kind)
    closing = np.full(budget.size, np.inf)
    issued, redeemed = np.zeros_like(held), np.zeros_like(held)
    happen = np.zeros(rates.amount.shape[0])
    for pot, opened in _rounds(rates):
        classes = np.flatnonzero(rates.amount[:, pot])
        face = int(rates.amount[classes, pot].max())
        there = held[pot] // face if luck.whole else held[pot] / face
        wanted = rates.rates[:, classes]
        happen[classes] = _chance_to_win(float(wanted.sum()) / fulfilled, float(there))
        issued[pot], cars = _give_out(there, wanted, fulfilled, luck)
        redeemed[pot] = cars.sum()
        paid[:, classes] += cars
        if issued[pot] == there:
            closing[pot] = float(opened)
        spent = (cars @ rates.amount[classes, pot]).sum()
        for carry in carries:
            if carry.giver == pot:
                held[carry.taker] += held[pot] - spent
    fen = paid[..., None] * rates.amount
    spell = Spell(pots, 0.0, float(days), paid, fen, np.zeros_like(paid), happen)
    return MoneyPath((spell,), closing, paid @ rates.amount, issued, redeemed)


def _rounds(rates: ClaimRates) -> list[tuple[int, int]]:
    """Pots that somebody wants, with the day on which each opens, in order of their days."""
    opened = []
    for pot in range(rates.amount.shape[1]):
        wanted = rates.rates[:, rates.amount[:, pot] > 0].sum(axis=1) > 0
        if wanted.any():
            opened.append((pot, int(wanted.argmax())))
    return sorted(opened, key=lambda each: each[1])


def _chance_to_win(applications: float, vouchers: float) -> float:
    """Expected share of Poisson applications with this mean that get one of the vouchers."""
    from scipy.special import pdtr, pdtrc

    if not applications or not vouchers:
        return 0.0
    whole = np.floor(vouchers)
    given = applications * pdtr(whole - 1, applications) + whole * pdtrc(whole, applications)
    return float(given / applications)


def _give_out(there: Any, wanted: Floats, fulfilled: float, luck: Luck) -> tuple[Any, Cars]:
    """The round of one pot: `wanted` (W, A) purchases that are sure of its money.

    Returns how many of the vouchers that are there are issued, and those redeemed (W, A).
    """
    serious = float(wanted.sum())
    applied = luck.counts(np.array([serious / fulfilled]))
    issued = np.minimum(applied, there)
    chances = np.append(wanted.ravel() / serious * fulfilled, 1.0 - fulfilled)
    drawn = luck.split(issued, chances / chances.sum())[0]
    return issued[0], drawn[:-1].reshape(wanted.shape)
