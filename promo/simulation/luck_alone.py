"""How far does luck alone move the end of the money, if every assumption held as stated?

Many replicates of one draw of the parameters. Until the pot closes nothing that people do depends
on luck: the demand is evaluated once, and all replicates live in it together.

The closing instant is found by halving time. Claims of one amount are a Poisson process; given how
many there are in an interval, how many of them come in its first part is binomial. Amounts are
never negative, so the half in which the pot fails is known from both counts, and the other half
need not be looked into. After some twenty halvings one claim is left: the one that is refused.
That is exact, and its cost grows with the logarithm of the number of claims. What was claimed
before depends on luck only through the instant and the number of claims of each amount (Kingman
1993, 5.1; Lewis and Shedler 1979), so vehicles are drawn, or averaged, afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from promo.schema import Floats, Ints
from promo.simulation.draws import stream_key
from promo.simulation.money_path import AT_ONCE, LastYuan
from promo.simulation.streams import columns, normalised, same_day, streams
from promo.simulation.worlds import Block

TOGETHER = 256
"""Replicates that share a stream of random numbers; fixed, so that no result depends on more."""


class Paths(NamedTuple):
    """The pot in N replicates.

    `closing` (N,) days after the window's first midnight, infinite if the money lasts; `claims`
    (N, A) paid, by amount class; `refused` (N, A) one at the class of the first claim that got
    nothing; `spent` (N,) fen.
    """

    closing: Floats
    claims: Ints
    refused: Ints
    spent: Ints


@dataclass(frozen=True, slots=True)
class LuckAlone:
    """N replicates of one draw of the parameters.

    Attributes
    ----------
    amount : (A,) fen of a claim, by amount class
    sales_without, sales_with : (J,) mean cars bought in the city within the horizon
    drawn_sales : (N, J) the same with the campaign, drawn in each replicate; None if not asked for
    """

    paths: Paths
    amount: Ints
    sales_without: Floats
    sales_with: Floats
    drawn_sales: Ints | None


def luck_alone(block: Block, replicates: int, *, full: bool = False) -> LuckAlone | None:
    """Replicates of the first draw of a block; with `full`, sales of every vehicle in each.

    Answered for one pot whose money is taken at the purchase, first come. None for others: with
    several pots, what people do later depends on when the first one closed.
    """
    if not is_answered(block):
        return None
    demand = _Demand.of(block)
    budget, seed = int(block.budget[0, 0]), block.draws.seed
    lived: list[Paths] = []
    drawn: list[Ints] = []
    for chunk in range(-(-replicates // TOGETHER)):
        stream = np.random.Generator(np.random.SFC64(stream_key(seed, "luck alone", chunk)))
        lived.append(
            first_come(
                demand.class_rates, demand.amount, budget, block.last_yuan, stream, TOGETHER
            )
        )
        if full:
            drawn.append(demand.drawn_sales(lived[-1], stream))
    paths = Paths(*(np.concatenate(each)[:replicates] for each in zip(*lived, strict=True)))
    return LuckAlone(
        paths=paths,
        amount=demand.amount,
        sales_without=demand.planned,
        sales_with=demand.mean_sales(paths),
        drawn_sales=np.concatenate(drawn)[:replicates] if full else None,
    )


def is_answered(block: Block) -> bool:
    """Whether the campaign has one pot whose money is taken at the purchase, first come."""
    at_once = not block.filing or block.filing[0] is AT_ONCE
    return at_once and not block.promised and block.budget.shape[1] == 1


def first_come(
    rates: Floats,
    amount: Ints,
    budget: int,
    last_yuan: LastYuan,
    stream: np.random.Generator,
    replicates: int,
) -> Paths:
    """Pay claims at these rates (W, A) a day, of these amounts (A,), until the first refusal."""
    halvings = int(np.ceil(np.log2(len(rates))))
    length = float(2**halvings)
    until = np.zeros((2**halvings + 1, len(amount)))
    until[1 : len(rates) + 1] = rates.cumsum(axis=0)
    until[len(rates) + 1 :] = until[len(rates)]
    count = stream.poisson(until[-1], (replicates, len(amount)))
    before, start, span = np.zeros_like(count), np.zeros(replicates), np.zeros(replicates)
    ends = count @ amount > budget
    rows = np.flatnonzero(ends)
    while rows.size:
        length /= 2
        here, paid = count[rows], before[rows]
        share = _first_half(until, start[rows].astype(np.int64), int(length))
        first = stream.binomial(here, share)
        later = (paid + first) @ amount <= budget
        count[rows] = np.where(later[:, None], here - first, first)
        before[rows] = np.where(later[:, None], paid + first, paid)
        start[rows] += np.where(later, length, 0.0)
        span[rows] = length
        if length <= 1:
            rows = rows[count[rows].sum(axis=1) > 1]
    closing = np.where(ends, start + span * stream.random(replicates), np.inf)
    claims = np.where(ends[:, None], before, count)
    return _by_rule(last_yuan, closing, claims, np.where(ends[:, None], count, 0), amount, budget)


def _first_half(until: Floats, start: Ints, length: int) -> Floats | float:
    """Share (N, A) of the claims of two such lengths that is expected in the first of them.

    `until` (2^n + 1, A) counts the claims up to each midnight; within a day they come evenly.
    """
    if length < 1:
        return 0.5
    begin, middle, end = until[start], until[start + length], until[start + 2 * length]
    whole = end - begin
    share = np.divide(middle - begin, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.minimum(share, 1.0)


def _by_rule(
    last_yuan: LastYuan, closing: Floats, claims: Ints, last: Ints, amount: Ints, budget: int
) -> Paths:
    """The claim on which the pot failed (N, A), by the rule for the last yuan."""
    spent = claims @ amount
    if last_yuan == "refuse":
        return Paths(closing, claims, last, spent)
    gets = last * (spent < budget)[:, None]  # whatever the rule, an empty pot pays nothing
    spent = spent + gets @ amount
    if last_yuan == "part":
        spent = np.minimum(spent, budget)
    return Paths(closing, claims + gets, last - gets, spent)


@dataclass(frozen=True, slots=True)
class _Demand:
    """Claims while the pot is open, by column: a kind of household and what it is paid.

    Attributes
    ----------
    rates : (W, N) claims a day
    class_of : (N,) amount class of each column
    class_rates : (W, A) claims a day by amount
    amount : (A,) fen
    takes : (N, J) vehicles of a claim
    gives : (N, J) vehicles that its household buys in the city without the campaign
    inside : (W, N) share of those households who would do so within the horizon
    planned : (J,) mean cars bought within the horizon without the campaign
    """

    rates: Floats
    class_of: Ints
    class_rates: Floats
    amount: Ints
    takes: Floats
    gives: Floats
    inside: Floats
    planned: Floats

    @classmethod
    def of(cls, block: Block) -> _Demand:
        """The first draw of a block, with its pot open."""
        setting, only = block.setting, np.zeros(1, dtype=np.int64)
        planned = block.planned_of(only)
        flows = streams(setting, block.window, planned, block.with_hurry())
        cut = columns(flows)
        otherwise = cut.vehicles[0, :, 1].sum(axis=-1, keepdims=True)
        inside = np.zeros((flows.rate.shape[1], flows.kind.size))
        inside[:, same_day(flows)] = 1.0
        in_time = setting.bins.start < setting.horizon
        by_week = (normalised(flows.planned[0]) @ in_time.astype(np.float64)).T
        inside[:, flows.retimed] = by_week[np.arange(len(inside)) // 7]
        daily = planned.daily[0, :, : setting.horizon]
        days = setting.period[: setting.horizon]
        return cls(
            rates=cut.rates[0],
            class_of=cut.amount_class,
            class_rates=cut.class_rates[0],
            amount=cut.amount[0, :, 0],
            takes=cut.vehicles[0].sum(axis=1),
            gives=cut.vehicles[0, :, 0] + otherwise * flows.origin[0, cut.source],
            inside=inside[:, cut.source],
            planned=sum(
                daily[:, days == period].sum(axis=1) @ planned.shares[0, period]
                for period in np.unique(days)
            ),
        )

    def mean_sales(self, paths: Paths) -> Floats:
        """Mean cars (J,) bought within the horizon with the campaign.

        Every claim that is paid is a car bought, and the car that its household would have bought
        is not; both are taken in the mean, given the closing and the claims of each amount.
        """
        lived = np.clip(paths.closing[:, None] - np.arange(len(self.rates)), 0.0, 1.0)
        expected = lived @ self.class_rates
        paid = np.divide(paths.claims, expected, out=np.zeros_like(expected), where=expected > 0)
        claims = self.rates * (lived.T @ paid / len(lived))[:, self.class_of]
        given_up = (claims * self.inside).sum(axis=0) @ self.gives
        return np.asarray(self.planned + claims.sum(axis=0) @ self.takes - given_up)

    def drawn_sales(self, paths: Paths, stream: np.random.Generator) -> Ints:
        """Cars (N, J) bought within the horizon with the campaign, drawn in each replicate.

        Given the closing and the claims of each amount, claims came at independent instants, as
        their rates have it; who is not among them bought as planned, and so does who is refused.
        """
        closing = np.minimum(paths.closing, len(self.rates))
        alone = self.planned - _until(closing, (self.rates * self.inside) @ self.gives)
        sales = stream.poisson(np.maximum(alone, 0.0))
        for number in np.flatnonzero(paths.claims.any(axis=0)):
            here = self.class_of == number
            some = np.flatnonzero(self.takes[here].any(axis=0))
            likely = _until(closing, self.rates[:, here] @ self.takes[here][:, some])
            sales[:, some] += stream.multinomial(paths.claims[:, number], normalised(likely))
        rows = np.flatnonzero(paths.refused.any(axis=1))
        sales[rows] += self._refused(closing[rows].astype(np.int64), paths.refused[rows], stream)
        return sales

    def _refused(self, day: Ints, refused: Ints, stream: np.random.Generator) -> Ints:
        """The car (M, J) that who is refused (M, A) on these days (M,) buys as planned, if any."""
        of_class = self.class_rates[day]
        share = np.divide(refused, of_class, out=np.zeros_like(of_class), where=of_class > 0)
        households = self.rates[day] * self.inside[day] * share[:, self.class_of]
        planned = households @ self.gives
        none = np.maximum(1.0 - planned.sum(axis=1, keepdims=True), 0.0)
        return stream.multinomial(1, normalised(np.concatenate([planned, none], axis=1)))[:, :-1]


def _until(instant: Floats, daily: Floats) -> Floats:
    """What has come by these instants (N,) of so much a day (W, C), evenly within it."""
    before = np.concatenate([np.zeros((1, daily.shape[1])), daily.cumsum(axis=0)])
    day = np.minimum(instant.astype(np.int64), len(daily) - 1)
    return np.asarray(before[day] + (instant - day)[:, None] * daily[day])
