"""What happens in each draw, with the campaign and without it?

One block of draws: behaviour is solved, the world without is planned, the state of open pots is
evaluated once without hurry and once with it, and then each draw lives through its window with
its own luck.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from promo.schema import Floats, Ints, Words
from promo.simulation.behaviour import Behaviour
from promo.simulation.draws import Chance, Luck, Means, ParameterDraws
from promo.simulation.landing import Memory
from promo.simulation.ledger import Claimants, Tally, expected_claims, sources
from promo.simulation.money_path import Carry, Cars, ClaimRates, LastYuan, MoneyPath, spend
from promo.simulation.offers import Paid
from promo.simulation.setting import Setting
from promo.simulation.uptake import Entry, Offer, Uptake, Window, offer, uptake
from promo.simulation.without import Planned

BLOCK = 32
"""Draws evaluated together; a fixed size, so that no sum depends on workers."""
BELIEF_SPREAD_DAYS = 7.0
"""How sharply people foresee the day on which the money is expected to run out (a judgement)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both worlds in R draws.

    L listed (local) vehicles come first in the last axis of sales, all others together last.

    Attributes
    ----------
    budget : (R, K) fen
    closing : (R, K) days after the window's first midnight, infinite if never
    spent : (R, W, K) fen a day
    parts : (R, 6, J) subsidised cars by row of the ledger and vehicle
    with_campaign, without_campaign : (R, H, L + 1) cars bought in the city, by day of the horizon
    instead : (R, J) what the subsidised households buy without, inside the horizon
    from_beyond : (R,) cars moved from beyond the horizon
    gain : (R,) yuan gained by buyers as they perceive it
    unnoticed : (R,) yuan that reached buyers without counting in their decision
    kept_by_sellers : (R,) yuan that did not reach buyers
    planned : (R, H, L + 1) expected cars without the campaign
    """

    budget: Ints
    closing: Floats
    spent: Cars
    parts: Cars
    with_campaign: Cars
    without_campaign: Cars
    instead: Cars
    from_beyond: Cars
    gain: Floats
    unnoticed: Floats
    kept_by_sellers: Floats
    planned: Floats

    def take(self, rows: Ints) -> Outcome:
        """The outcomes of these draws."""
        return Outcome(*(getattr(self, f.name)[rows] for f in fields(Outcome)))


def joined(outcomes: list[Outcome]) -> Outcome:
    """Blocks of draws one after the other."""
    return Outcome(
        *(np.concatenate([getattr(o, f.name) for o in outcomes]) for f in fields(Outcome))
    )


@dataclass(frozen=True, slots=True)
class Block:
    """Draws evaluated together, ready to live.

    Attributes
    ----------
    paid : fen (R, P, I + outside, J, K) by pot with these pots open, and old cars given up
    budget : (R, K) fen
    """

    setting: Setting
    window: Window
    behaviour: Behaviour
    planned: Planned
    paid: Callable[[frozenset[int]], Paid]
    budget: Ints
    last_yuan: LastYuan
    draws: ParameterDraws
    carries: tuple[Carry, ...] = ()

    @property
    def all_pots(self) -> frozenset[int]:
        return frozenset(range(self.budget.shape[1]))

    def live(self, luck_of: Callable[[int], Luck]) -> Outcome:
        """Both worlds in every draw of the block; `luck_of` gives the luck of a draw's number."""
        state = self._with_hurry()
        lives = [
            _Life(self, state, row, luck_of(int(number))).outcome()
            for row, number in enumerate(self.draws.number)
        ]
        return joined(lives)

    def _with_hurry(self) -> Uptake:
        """The state with all pots open, hurried by the expected end of the money."""
        certain = np.ones((len(self.draws), self.setting.bins.start.size))
        made = offer(
            self.setting, self.window, self.behaviour, self.planned, self.paid(self.all_pots)
        )
        if not made.types.size:
            return self._uptake(made, Entry(certain))
        first = self._uptake(made, Entry(certain, settled=False))
        belief = expected_belief(
            self.setting, self.window, first, self.budget, self.behaviour.renewal_belief
        )
        return self._uptake(made, Entry(belief))

    def _uptake(self, made: Offer, entry: Entry) -> Uptake:
        return uptake(self.setting, self.window, self.behaviour, self.planned, made, entry)

    def planned_of(self, row: int) -> Planned:
        """The world without of one draw, still as arrays of one row."""
        return Planned(*(getattr(self.planned, f.name)[row : row + 1] for f in fields(Planned)))

    def later_state(
        self, pots: frozenset[int], row: int, memory: Memory, belief: Floats
    ) -> Uptake:
        """The state of one draw after a pot closed; people believe of the rest what they did."""
        paid = self.paid(pots)[row : row + 1]
        behaviour, planned = self.behaviour.row(row), self.planned_of(row)
        made = offer(self.setting, self.window, behaviour, planned, paid)
        return uptake(self.setting, self.window, behaviour, planned, made, Entry(belief, memory))


def expected_spend(window: Window, state: Uptake) -> Floats:
    """Expected fen a day (R, W, K) while all pots of the state are open."""
    fen = state.fen.astype(np.float64)
    types = state.benefit.shape[2]
    home, period = fen[:, :, :types], window.period
    paid_buyers = state.response.stay + state.response.switched
    a_buyer = np.einsum("rpij,rpijk->rpik", paid_buyers, home)[:, period]
    a_newcomer = np.einsum("rpij,rpijk->rpik", state.response.new, home)[:, period]
    spent: Floats = np.einsum("rwi,rwik->rwk", state.stayers, a_buyer)
    spent += np.einsum("rwi,rwik->rwk", state.joiners, a_newcomer)
    a_mover = np.einsum("rpigj,rpijk->rpigk", state.movers.vehicles, home)
    landed = state.movers.landing.daily
    for group in range(window.inside.size):
        cars = landed[..., window.group == group].sum(axis=-1)
        spent += np.einsum("rwi,rwik->rwk", cars, a_mover[:, period][:, :, :, group])
    a_waiter = np.einsum("rij,rpijk->rpik", state.delayed.vehicles, home)[:, period]
    spent += np.einsum("rwi,rwik->rwk", state.delayed.landing, a_waiter)
    a_pool_car = np.einsum("rpij,rpijk->rpik", state.pool.vehicles, home)[:, period]
    spent += np.einsum("rwi,rwik->rwk", state.pool.daily, a_pool_car)
    if fen.shape[2] > types:
        spent += np.einsum("rwj,rwjk->rwk", state.outside, fen[:, period, types])
    return spent


def expected_belief(
    setting: Setting, window: Window, state: Uptake, budget: Ints, renewal: Floats
) -> Floats:
    """Chance (R, U), as people foresee it, that the money is still or again there by week."""
    from scipy.special import ndtr

    spent = expected_spend(window, state)
    running = spent.cumsum(axis=1)
    short = running > budget[:, None, :]
    ends = np.where(short.any(axis=1), short.argmax(axis=1), np.inf)
    week = setting.bins.middle - window.days[0]
    there = ndtr((ends[:, None, :] - week[None, :, None]) / BELIEF_SPREAD_DAYS)
    total = running[:, -1]
    weight = np.divide(
        total, total.sum(axis=1, keepdims=True), out=np.zeros_like(total), where=total > 0
    )
    believed = np.where(
        weight.any(axis=1)[:, None], (there * weight[:, None, :]).sum(axis=-1), 1.0
    )
    # Money that has run out may come again, as it may after the window.
    return np.asarray(believed + (1.0 - believed) * renewal[:, None])


class _Life:
    """One draw from the first day of the window to the end of the horizon."""

    def __init__(self, block: Block, state: Uptake, row: int, luck: Luck) -> None:
        self.block, self.row, self.luck = block, row, luck
        self.state, self.state_row = state, row
        self.entered: list[tuple[Claimants, ClaimRates]] = []

    def outcome(self) -> Outcome:
        block, row = self.block, self.row
        path = spend(
            self._rates_in,
            block.budget[row],
            days=block.window.days.size,
            last_yuan=block.last_yuan,
            luck=self.luck,
            carries=block.carries,
        )
        tally, mean = self._tally(path)
        until = block.setting.horizon
        behaviour, yuan = block.behaviour.row(row), path.spent.sum() / 100.0
        planned = self._planned()
        alone = np.maximum(planned - mean.same - mean.removed, 0.0)
        unaffected = self.luck.counts(alone[:until])
        without = unaffected + tally.same[:until] + tally.removed[:until]
        return Outcome(
            budget=block.budget[row : row + 1],
            closing=path.closing[None],
            spent=path.spent[None],
            parts=tally.parts[None],
            with_campaign=(unaffected + tally.arrived[:until])[None],
            without_campaign=without[None],
            instead=tally.instead[None],
            from_beyond=np.asarray(tally.from_beyond)[None],
            gain=np.asarray(tally.gain)[None],
            unnoticed=(behaviour.passed_on - behaviour.perceived) * (yuan - tally.old_cars),
            kept_by_sellers=(1.0 - behaviour.passed_on) * yuan,
            planned=planned[None, :until],
        )

    def _rates_in(self, pots: frozenset[int], instant: float) -> ClaimRates:
        block = self.block
        planned = block.planned_of(self.row)
        if self.entered:
            memory = self.state.movers.landing.memory(int(instant), self.state_row)
            belief = self.state.belief[self.state_row : self.state_row + 1]
            self.state = block.later_state(pots, self.row, memory, belief)
            self.state_row = 0
        streams = sources(block.setting, block.window, planned, self.state, self.state_row)
        claimants, rates = Claimants.of(block.setting, block.window, streams)
        self.entered.append((claimants, rates))
        return rates

    def _tally(self, path: MoneyPath) -> tuple[Tally, Tally]:
        """Claims of all states classed, as they came and at their mean."""
        lived = list(zip(self.entered, path.spells, strict=True))
        if not self.luck.whole:
            paid = [claimants.mean_tally(spell.claims) for (claimants, _), spell in lived]
            mean = functools.reduce(Tally.plus, paid)
            return mean, mean
        came = [claimants.tally(spell.claims, self.luck) for (claimants, _), spell in lived]
        means = [
            claimants.mean_tally(expected_claims(rates, spell))
            for (claimants, rates), spell in lived
        ]
        return functools.reduce(Tally.plus, came), functools.reduce(Tally.plus, means)

    def _planned(self) -> Floats:
        """Expected purchases without the campaign (T, L + 1)."""
        setting, planned = self.block.setting, self.block.planned_of(self.row)
        shares = planned.shares[0]
        rest = shares[..., ~setting.local].sum(axis=-1, keepdims=True)
        few = np.concatenate([shares[..., setting.local], rest], axis=-1)
        return np.asarray(np.einsum("it,til->tl", planned.daily[0], few[setting.period]))


def chance(seed: int) -> Callable[[int], Luck]:
    """Honest luck: the stream of each draw by its number."""
    return lambda number: Chance.of(seed, "uptake", number)


def means(number: int) -> Luck:
    """No luck: expected cars, for differences between many variants."""
    del number
    return Means()


LIMITS: tuple[Words, ...] = (
    Words(
        "不推演全国一般均衡、市场进入、长期定价、二手车价格反馈和经销商的策略性择时。",
        "Not modelled: national general equilibrium, market entry, long-run prices, feedback from "
        "used-car prices, dealers' strategic timing.",
    ),
    Words(
        "从开票到上牌和申领按 7 天计; 开票时即占用资金, 到期未上牌而退回的资金未推演。",
        "Plate and claim come 7 days after the invoice; money is taken at the purchase, and money "
        "returned by cars never plated is not simulated.",
    ),
    Words(
        "每人限一辆视为总能遵守; 厂家和经销商自己的让利未计。",
        "Limits per person are taken as kept; makers' and dealers' own discounts are left out.",
    ),
    Words(
        "知道资金何时用完的程度, 取自同一抽样的期望支出路径, 前后一周模糊。",
        "What people foresee of the end of the money is the expected spend path of the same draw, "
        "blurred by a week.",
    ),
    Words(
        "等待活动开始而届时资金已用完的人, 记在原定的日子。",
        "Who waits for the opening and finds the money gone is booked on the planned day.",
    ),
    Words(
        "外地购车人的市与省收支、因活动多付的其他政策补贴, 未另列。",
        "The balance of city and province for buyers from outside, and what other policies pay "
        "more because of the campaign, are not set apart.",
    ),
    Words(
        "活动期后的观察期从公告日算起, 因等待活动而推迟的购车计入其中。",
        "The horizon counts from the announcement, so that purchases delayed for the campaign "
        "are in it.",
    ),
)
