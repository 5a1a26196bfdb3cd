"""What happens in each draw, with the campaign and without it?

One block of draws: behaviour is solved, the world without is planned, the state of open pots is
evaluated once without hurry and once with it, and then each draw lives through its window with
its own luck.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np

from promo.schema import Bools, Floats, Ints, Words
from promo.simulation.behaviour import Behaviour
from promo.simulation.draws import Chance, Luck, Means, ParameterDraws
from promo.simulation.landing import Memory, joined_memories
from promo.simulation.ledger import Claimants, Tally
from promo.simulation.money_path import (
    Carry,
    Cars,
    ClaimRates,
    Filing,
    LastYuan,
    MoneyPath,
    Shelves,
    Spell,
    State,
    money_path,
    received,
)
from promo.simulation.offers import Paid
from promo.simulation.setting import Setting
from promo.simulation.streams import columns, streams
from promo.simulation.uptake import Entry, Offer, Uptake, Window, offer, uptake
from promo.simulation.vouchers import voucher_path
from promo.simulation.without import Planned

BLOCK = 32
"""Draws evaluated together; a fixed size, so that no sum depends on workers."""
ROUNDS_OF_ODDS = 10
"""How often a chance to win is corrected: each time at least halves its logarithmic error."""
DAYS_PER_WEEK = 7
"""The plants' weeks count from day 0 of the horizon."""
GOOD_LUCK = 3.0
"""Standard errors of a count above its mean that hardly any draw exceeds."""
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
    spent : (R, D, K) fen a day, by day of the claim; D days hold the last claim
    parts : (R, 6, J) subsidised cars by row of the ledger and vehicle
    issued, redeemed : (R, K) vouchers, where money is promised by them
    unpaid : (R, 6, J) cars bought for money that was gone when the claim came, in the same way
    with_campaign, without_campaign : (R, H, L + 1) cars bought in the city, by day of the horizon
    instead : (R, J) what the households of `parts` and `unpaid` buy without, inside the horizon
    from_beyond : (R,) cars moved from beyond the horizon
    gain_by_type : (R, I) yuan gained by buyers as they perceive it; the outside type last
    unnoticed : (R,) yuan that reached buyers without counting in their decision
    kept_by_sellers : (R,) yuan that did not reach buyers
    planned : (R, H, L + 1) expected cars without the campaign
    sold_out : (R, V, L) vehicles that were sold out and took no orders for the money, by week of
        the plants up to the window's last
    """

    budget: Ints
    closing: Floats
    spent: Cars
    issued: Cars
    redeemed: Cars
    parts: Cars
    unpaid: Cars
    with_campaign: Cars
    without_campaign: Cars
    instead: Cars
    from_beyond: Cars
    gain_by_type: Floats
    unnoticed: Floats
    kept_by_sellers: Floats
    planned: Floats
    sold_out: Bools

    @property
    def bought(self) -> Cars:
        """Cars (R, 6, J) bought for the campaign's money, whether it was still there or not."""
        return np.asarray(self.parts + self.unpaid)

    @property
    def gain(self) -> Floats:
        """Yuan (R,) gained by all buyers as they perceive it."""
        return np.asarray(self.gain_by_type.sum(axis=1))

    def take(self, rows: Ints) -> Outcome:
        """The outcomes of these draws."""
        return Outcome(*(getattr(self, f.name)[rows] for f in fields(Outcome)))

    def with_those(self, rows: Ints, other: Outcome) -> Outcome:
        """The same with other outcomes in these draws."""
        order = np.arange(len(self.gain_by_type))
        order[rows] = len(order) + np.arange(len(rows))
        return joined([self, other]).take(order)


def joined(outcomes: list[Outcome]) -> Outcome:
    """Blocks of draws one after the other."""
    return Outcome(
        *(np.concatenate([getattr(o, f.name) for o in outcomes]) for f in fields(Outcome))
    )


@dataclass(frozen=True, slots=True)
class Shortage:
    """Where local vehicles are short.

    Attributes
    ----------
    sold_out : (R, V, L) which are sold out in each week up to the window's last
    late : (R, H, L) cars ordered on each day that are not handed over within the window
    """

    sold_out: Bools
    late: Cars

    @property
    def felt(self) -> Bools:
        """Draws (R,) in which anything is."""
        return np.asarray(self.sold_out.any(axis=(1, 2)) | (self.late > 0).any(axis=(1, 2)))


class Yards(Protocol):
    """What stands in the yards of plants and dealers?"""

    def short(self, rows: Ints, outcome: Outcome) -> Shortage:
        """What is short if these are the outcomes of the draws at these places (R,)."""


@dataclass(frozen=True, slots=True)
class Block:
    """Draws evaluated together, ready to live.

    Attributes
    ----------
    paid : fen (R, P, I + outside, J, K) by pot with these pots open, and old cars given up
    budget : (R, K) fen
    filing : when claims arrive in each draw
    fulfilled : (R,) share of winners of a voucher who redeem it, where money is promised so
    weight_of_chance : (R,) exponent of a chance in decisions, where money is drawn by lot
    sold_out : (R, V, J) vehicles that are sold out in each of the plants' weeks from day 0 of
        the horizon up to the window's last; None where nobody looks
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
    filing: tuple[Filing, ...] = ()
    fulfilled: Floats | None = None
    weight_of_chance: Floats | None = None
    sold_out: Bools | None = None

    @property
    def promised(self) -> bool:
        """Whether nobody need hurry: who will be paid is drawn, not first come."""
        return self.fulfilled is not None or any(each.by_lot for each in self.filing)

    @property
    def weeks(self) -> int:
        """Weeks of the plants up to the window's last day."""
        return int(self.window.days[-1]) // DAYS_PER_WEEK + 1

    @property
    def all_pots(self) -> frozenset[int]:
        return frozenset(range(self.budget.shape[1]))

    def live(self, luck_of: Callable[[int], Luck], yards: Yards | None = None) -> Outcome:
        """Both worlds in every draw of the block; `luck_of` gives the luck of a draw's number.

        With `yards` a vehicle that is sold out takes no orders for the money.
        """
        if self.weight_of_chance is not None:
            return self._at_odds().live(luck_of)
        lives = self._lives(luck_of)
        found = self._outcomes(lives)
        if yards is None or self.promised or not lives[0].entered:
            return found
        asked = replace(found, with_campaign=self._asked(lives[0].entered[0].state, found))
        scarce = np.flatnonzero(yards.short(np.arange(len(lives)), asked).felt)
        if not scarce.size:
            return found
        followed, short = self.take(scarce)._in_step(luck_of, yards, scarce)
        # Where nothing was short, with this luck or the other, both are alike in law.
        felt = np.flatnonzero(short.felt | yards.short(scarce, found.take(scarce)).felt)
        return found.with_those(scarce[felt], followed.take(felt))

    def _lives(self, luck_of: Callable[[int], Luck]) -> list[_Life]:
        """Every draw, from the first day of the window to its last."""
        lives = [
            _Life(self, row, luck_of(int(number))) for row, number in enumerate(self.draws.number)
        ]
        self._live_through(lives)
        return lives

    def _outcomes(self, lives: list[_Life]) -> Outcome:
        """What came of them."""
        planned = self._planned()
        displaced = np.zeros_like(planned)
        for state in dict.fromkeys(entered.state for life in lives for entered in life.entered):
            displaced[state.rows] += state.displaced(lives)
        alone = np.maximum(planned - displaced, 0.0)
        return joined([life.outcome(planned[n], alone[n]) for n, life in enumerate(lives)])

    def _asked(self, state: _State, found: Outcome) -> Cars:
        """Cars (R, H, L + 1) asked for if the money lasted and luck were good: more than likely.

        It knows nothing of luck, so that no draw is chosen by its luck.
        """
        asked = found.planned.copy()
        window = self.window.days[self.window.days < asked.shape[1]]
        asked[:, window] += state.claimants.by_vehicle()[:, : window.size]
        running = asked.cumsum(axis=1)
        running += GOOD_LUCK * np.sqrt(running)
        return np.diff(running, axis=1, prepend=0.0)

    def _in_step(
        self, luck_of: Callable[[int], Luck], yards: Yards, rows: Ints
    ) -> tuple[Outcome, Shortage]:
        """Both worlds, week by week in step with what stands in the yards.

        Whether a vehicle is sold out in a week is a matter of the sales of the weeks before, and
        luck is told apart by weeks: the first n weeks are final after n rounds.
        """
        sold_out = np.zeros((len(rows), self.weeks, self.setting.local.size), dtype=np.bool_)
        for final in range(self.weeks + 1):
            block = replace(self, sold_out=sold_out.copy())
            lives = block._lives(luck_of)
            found = block._outcomes(lives)
            short = yards.short(rows, found)
            seen = short.sold_out[:, final:]
            if np.array_equal(seen, sold_out[:, final:, self.setting.local]):
                break
            sold_out[:, final:, self.setting.local] = seen
        for life, late, sold in zip(lives, short.late, found.with_campaign, strict=True):
            life.return_money(late[self.window.days], sold[self.window.days])
        return block._outcomes(lives), short

    def take(self, rows: Ints) -> Block:
        """Some draws of the block."""

        def paid(pots: frozenset[int]) -> Paid:
            return self.paid(pots)[rows]

        return replace(
            self,
            behaviour=self.behaviour.take(rows),
            planned=self.planned_of(rows),
            paid=paid,
            budget=self.budget[rows],
            draws=self.draws.take(rows),
            filing=tuple(self.filing[row] for row in rows),
        )

    def _live_through(self, lives: list[_Life]) -> None:
        """Every draw from state to state; those that enter the same one are answered together."""
        waiting = {row: life.wanted for row, life in enumerate(lives) if life.wanted}
        first = self.with_hurry() if waiting else None
        while waiting:
            pots = max((state.pots for state in waiting.values()), key=_by_size)
            rows = [row for row, state in waiting.items() if state.pots == pots]
            found = (
                first if first is not None else self._later_state([lives[r] for r in rows], pots)
            )
            first = None
            state = self._entered(np.array(rows), found)
            for place, row in enumerate(rows):
                lives[row].enter(state, place)
                wanted = lives[row].wanted
                del waiting[row]
                if wanted:
                    waiting[row] = wanted

    def _entered(self, rows: Ints, found: Uptake) -> _State:
        """A state with all that is needed to count and class its claims."""
        setting, window = self.setting, self.window
        flows = streams(setting, window, self.planned_of(rows), found)
        apart = None if self.sold_out is None else setting.local
        cut = columns(flows, apart)
        claimants = Claimants.of(setting, window, flows, cut)
        return _State(rows, found, claimants, cut.class_rates)

    def moneys(self, row: int, luck: Luck) -> Generator[State, ClaimRates, MoneyPath]:
        """The money of one draw, by the campaign's allocation."""
        days, budget = self.window.days.size, self.budget[row]
        if self.fulfilled is not None:
            share = float(self.fulfilled[row])
            return voucher_path(budget, self.carries, share, days=days, luck=luck)
        return money_path(
            budget,
            days=days,
            last_yuan=self.last_yuan,
            luck=luck,
            carries=self.carries,
            filing=self.filing[row],
            shelves=self._shelves(row),
        )

    def _shelves(self, row: int) -> Shelves | None:
        """Which vehicles are sold out in one draw, from week to week."""
        if self.sold_out is None:
            return None
        week = self.window.days // DAYS_PER_WEEK
        by_week = self.sold_out[row, week[0] :]
        sets = tuple(frozenset(np.flatnonzero(each).tolist()) for each in by_week)
        return Shelves(week - week[0], sets)

    def _but_for_sold_out(self, paid: Paid, rows: Ints, days: Ints) -> Paid:
        """What is paid in these draws on these days for vehicles that are not sold out."""
        if self.sold_out is None:
            return paid
        gone = self.sold_out[rows, self.window.days[days] // DAYS_PER_WEEK]
        return paid.but_for(gone)

    def _at_odds(self) -> Block:
        """The block in which people weigh the money by their chance to win it.

        The chance is money over applications, and applications follow from the chance: halving
        the distance time after time finds where both agree.
        """
        if self.weight_of_chance is None:
            return self
        certain = Entry(np.ones((len(self.draws), self.setting.bins.start.size)), settled=False)
        chance_to_win = np.ones(len(self.draws))
        block = self
        for _ in range(ROUNDS_OF_ODDS):
            weight = chance_to_win**self.weight_of_chance
            behaviour = replace(self.behaviour, perceived=self.behaviour.perceived * weight)
            block = replace(self, behaviour=behaviour, weight_of_chance=None)
            state = block._uptake(block._offer(), certain)
            asked = expected_spend(self.window, state).sum(axis=(1, 2))
            there = self.budget.sum(axis=1)
            odds = np.minimum(np.divide(there, asked, out=np.ones(len(asked)), where=asked > 0), 1)
            chance_to_win = np.sqrt(chance_to_win * odds)
        return block

    def _offer(self) -> Offer:
        """What is offered while all pots are open."""
        rows = np.arange(len(self.budget))
        paid = self._but_for_sold_out(self.paid(self.all_pots), rows, 0 * rows)
        return offer(self.setting, self.window, self.behaviour, self.planned, paid)

    def with_hurry(self) -> Uptake:
        """The state with all pots open, hurried by the expected end of the money.

        It is expected as if nothing were sold out.
        """
        certain = np.ones((len(self.draws), self.setting.bins.start.size))
        made = self._offer()
        foreseen = made if self.sold_out is None else replace(self, sold_out=None)._offer()
        if not foreseen.types.size or self.promised:
            return self._uptake(made, Entry(certain))
        first = self._uptake(foreseen, Entry(certain, settled=False))
        daily = expected_spend(self.window, first)
        spent = daily.cumsum(axis=1)
        ends = expected_ends(spent, self._received(daily))
        renewal = self.behaviour.renewal_belief
        belief = expected_belief(self.setting, self.window, spent, ends, renewal)
        return self._uptake(made, Entry(belief, until=ends.min(axis=1)))

    def _received(self, spent: Floats) -> Floats:
        """Fen (R, W, K) that each pot has received by each day, if so much is spent a day."""
        pairs = zip(self.budget, spent, strict=True)
        return np.stack([received(budget, daily, self.carries) for budget, daily in pairs])

    def _uptake(self, made: Offer, entry: Entry) -> Uptake:
        return uptake(self.setting, self.window, self.behaviour, self.planned, made, entry)

    def planned_of(self, rows: Ints) -> Planned:
        """The world without of some draws."""
        return Planned(*(getattr(self.planned, f.name)[rows] for f in fields(Planned)))

    def _later_state(self, lives: list[_Life], pots: frozenset[int]) -> Uptake:
        """The state of draws in which a pot closed; people believe of the rest what they did."""
        rows = np.array([life.row for life in lives])
        memory = joined_memories([life.memory() for life in lives])
        belief = np.stack([life.belief() for life in lives])
        behaviour, planned = self.behaviour.take(rows), self.planned_of(rows)
        paid = self._but_for_sold_out(self.paid(pots)[rows], rows, memory.day)
        made = offer(self.setting, self.window, behaviour, planned, paid)
        return uptake(self.setting, self.window, behaviour, planned, made, Entry(belief, memory))

    def _planned(self) -> Floats:
        """Expected purchases without the campaign (R, H, L + 1)."""
        setting, shares = self.setting, self.planned.shares
        rest = shares[..., ~setting.local].sum(axis=-1, keepdims=True)
        few = np.concatenate([shares[..., setting.local], rest], axis=-1)
        found = np.zeros((len(shares), setting.horizon, few.shape[-1]))
        for period in range(few.shape[1]):
            days = np.flatnonzero(setting.period[: setting.horizon] == period)
            found[:, days] = self.planned.daily[..., days].swapaxes(1, 2) @ few[:, period]
        return found


def _by_size(pots: frozenset[int]) -> tuple[int, list[int]]:
    """States with more open pots come first."""
    return len(pots), sorted(pots)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A state of the pots and the draws that enter it.

    Attributes
    ----------
    rows : (G,) places of those draws in the block
    rates : (G, W, A) expected purchases a day by amount class
    """

    rows: Ints
    uptake: Uptake
    claimants: Claimants
    rates: Floats

    def displaced(self, lives: list[_Life]) -> Floats:
        """Mean purchases (G, H, L + 1) of the world without that happen otherwise in the state."""
        spells = [lives[row].spell_in(self) for row in self.rows]
        start = np.array([[spell.start] for spell in spells])
        end = np.array([[spell.end] for spell in spells])
        day = np.arange(self.rates.shape[1], dtype=np.float64)
        lived = np.clip(end - day, 0, 1) - np.clip(start - day, 0, 1)
        return self.claimants.displaced(lived, np.stack([spell.happen for spell in spells]))


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


def expected_ends(running: Floats, received: Floats) -> Floats:
    """Day (R, K) on which each pot is expected to run out, by what it has spent and received.

    Both are (R, W, K) up to each day.
    """
    short = (running > received) & (np.diff(running, axis=1, prepend=0.0) > 0)
    return np.where(short.any(axis=1), short.argmax(axis=1), np.inf)


def expected_belief(
    setting: Setting, window: Window, running: Floats, ends: Floats, renewal: Floats
) -> Floats:
    """Chance (R, U), as people foresee it, that the money is still or again there by week."""
    from scipy.special import ndtr

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


@dataclass(frozen=True, slots=True)
class _Entered:
    """A state one draw has entered, and its place among the draws that did."""

    state: _State
    place: int


class _Life:
    """One draw from the first day of the window to the end of the horizon."""

    def __init__(self, block: Block, row: int, luck: Luck) -> None:
        self.block, self.row, self.luck = block, row, luck
        self.entered: list[_Entered] = []
        self.path: MoneyPath | None = None
        self.wanted: State | None = None
        self._money = block.moneys(row, luck)
        self._ask(lambda: next(self._money))

    def enter(self, state: _State, place: int) -> None:
        """Live in this state until a pot closes."""
        self.entered.append(_Entered(state, place))
        rates = ClaimRates(state.rates[place], state.claimants.columns.amount[place])
        self._ask(lambda: self._money.send(rates))

    def _ask(self, step: Callable[[], State]) -> None:
        try:
            self.wanted = step()
        except StopIteration as ended:
            self.wanted, self.path = None, ended.value

    def memory(self) -> Memory:
        """Where the households stand at the instant at which the next state begins."""
        instant = self.wanted[1] if self.wanted else 0.0
        last = self.entered[-1]
        return last.state.uptake.movers.landing.memory(int(instant), last.place)

    def belief(self) -> Floats:
        """Chance (U,), as people see it, that the money is there in each planned week."""
        last = self.entered[-1]
        return np.asarray(last.state.uptake.belief[last.place])

    def return_money(self, late: Cars, sold: Cars) -> None:
        """Take back what was paid for cars that were handed over too late, or to nobody.

        Of the cars (W, L) `sold` of a vehicle on a day so many are `late`: which of them were for
        the money is a matter of luck. It is back when the last claim is in.
        """
        luck = self.luck.part("too late")
        kept_apart = [entered.state.claimants.columns.apart for entered in self.entered]
        spells = [spell.copy() for spell in self.lived.spells]
        ends = np.cumsum([apart.size for apart in kept_apart])
        back = np.zeros_like(self.lived.spent[-1])
        vehicles = np.flatnonzero(self.block.setting.local)
        for day, place in np.argwhere(late > 0).tolist():
            here = [
                spell.claims[day] * (apart == vehicles[place])
                for spell, apart in zip(spells, kept_apart, strict=True)
            ]
            paid = np.concatenate(here)
            others = max(sold[day, place] - paid.sum(), 0)
            cars = luck.some(np.append(paid, others), late[day, place])
            for spell, gone in zip(spells, np.split(cars[:-1], ends[:-1]), strict=True):
                back += spell.take_back(day, gone)
        spent = self.lived.spent.copy()
        spent[-1] -= np.minimum(back, spent.sum(axis=0))
        self.path = replace(self.lived, spells=tuple(spells), spent=spent)

    def spell_in(self, state: _State) -> Spell:
        """What happened while this draw was in a state."""
        place = next(n for n, entered in enumerate(self.entered) if entered.state is state)
        return self.lived.spells[place]

    @property
    def lived(self) -> MoneyPath:
        """The history of the pots."""
        if self.path is None:
            raise RuntimeError("the history of the pots is asked for before its end")
        return self.path

    def outcome(self, planned: Floats, alone: Floats) -> Outcome:
        """Both worlds of this draw.

        `planned` (H, L + 1) is expected without the campaign, of which `alone` has no part in it.
        """
        block, path = self.block, self.lived
        paid = self._tally([spell.claims for spell in path.spells])
        unpaid = self._tally([spell.unpaid for spell in path.spells])
        both = paid.plus(unpaid)
        behaviour, yuan = block.behaviour.take(np.array([self.row])), path.spent.sum() / 100.0
        if not self.luck.whole:
            alone = np.maximum(planned - both.same - both.removed, 0.0)
        unaffected = self._unaffected(alone)
        without = unaffected + both.same + both.removed
        return Outcome(
            budget=block.budget[self.row][None],
            closing=path.closing[None],
            spent=path.spent[None],
            issued=path.issued[None],
            redeemed=path.redeemed[None],
            parts=paid.parts[None],
            unpaid=unpaid.parts[None],
            with_campaign=(unaffected + both.arrived)[None],
            without_campaign=without[None],
            instead=both.instead[None],
            from_beyond=np.asarray(both.from_beyond)[None],
            gain_by_type=paid.gain[None],
            unnoticed=(behaviour.passed_on - behaviour.perceived) * (yuan - paid.old_cars),
            kept_by_sellers=(1.0 - behaviour.passed_on) * yuan,
            planned=planned[None],
            sold_out=self._sold_out()[None],
        )

    def _unaffected(self, expected: Floats) -> Cars:
        """Cars (H, L + 1) on which the campaign has no bearing."""
        if self.block.sold_out is None:
            return self.luck.counts(expected)
        weeks = np.split(expected, range(DAYS_PER_WEEK, len(expected), DAYS_PER_WEEK))
        return np.concatenate(
            [self.luck.part(f"unaffected in {n}").counts(week) for n, week in enumerate(weeks)]
        )

    def _sold_out(self) -> Bools:
        """Local vehicles (V, L) that were sold out in each week up to the window's last."""
        block = self.block
        if block.sold_out is None:
            return np.zeros((block.weeks, int(block.setting.local.sum())), dtype=np.bool_)
        return np.asarray(block.sold_out[self.row][:, block.setting.local])

    def _tally(self, claims: list[Cars]) -> Tally:
        """Claims (W, A) of all states classed."""
        classed = [
            entered.state.claimants.tally(entered.place, cars, self.luck)
            for entered, cars in zip(self.entered, claims, strict=True)
            if cars.any()
        ]
        nothing = Tally.nothing(self.block.setting, whole=self.luck.whole)
        return functools.reduce(Tally.plus, classed, nothing)


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
        "是否在期内按开票后 7 天上牌和申领判断; 资金由申领占用的, 申领日另按假定的分布; "
        "到期未上牌而退回的资金未推演。",
        "Whether plate and claim are in time is judged 7 days after the invoice; where the claim "
        "takes the money its day has a law of its own; money returned by cars never plated is not "
        "simulated.",
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
