"""When does the money run out? Claims against first-come pots, day by day.

Purchases are made at rates that are known within one state (the set of open pots); each is filed
as a claim some days later. Whole days add up until the first on which a pot cannot pay; that day
alone is put in order, claim by claim. The pot closes at its first refusal, and what is left of
the day is lived in the next state. Cars bought before, whose claims arrive after, go unpaid.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from promo.schema import Floats, Ints
from promo.simulation.draws import Luck

Cars: TypeAlias = npt.NDArray[Any]
"""Whole cars as integers where counts are drawn, fractions of cars where means are taken."""

LastYuan: TypeAlias = Literal["refuse", "part", "overspend"]


@dataclass(frozen=True, slots=True)
class ClaimRates:
    """Expected purchases a day that earn a claim in one state of the pots.

    Attributes
    ----------
    rates : (W, A) a day, by amount class
    amount : (A, K) fen that each pot pays to a claim of this class
    """

    rates: Floats
    amount: Ints


@dataclass(frozen=True, slots=True)
class Carry:
    """What is left in one pot at the start of a day of the window goes to another pot."""

    day: int
    giver: int
    taker: int


@dataclass(frozen=True, slots=True)
class Filing:
    """When do claims arrive?

    Attributes
    ----------
    late : (F,) days after the purchase
    share : (F,) of claims that are so late
    room : days after the window in which the last claim arrives, at most
    opens : instant before which no claim is taken; those that wait are then in random order
    by_lot : whether that is a draw by lot, of which everybody knows
    shortage : (K,) fen left in a pot at which its end is announced; 0 where nobody says so
    rush : days within which all claims are filed after such an announcement
    """

    late: Ints
    share: Floats
    room: int = 0
    opens: float = 0.0
    by_lot: bool = False
    shortage: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    rush: int = 0

    def day_of_claim(self, days: int) -> Ints:
        """Day (W, F) on which a purchase of each day is claimed."""
        filed = np.arange(days)[:, None] + self.late
        filed = np.maximum(filed, int(self.opens))
        return np.asarray(np.minimum(filed, days + self.room - 1))


AT_ONCE = Filing(np.zeros(1, dtype=np.int64), np.ones(1))
"""Money is taken at the purchase."""


@dataclass(frozen=True, slots=True)
class Spell:
    """What happened in one state of the pots.

    Attributes
    ----------
    open_pots : numbers of the pots that were open
    start, end : instants in days since the window's first midnight
    claims : (W, A) purchases that were paid, by day of the purchase and amount class
    fen : (W, A, K) that each pot paid for them
    unpaid : (W, A) purchases whose claims found no money, in the same way
    happen : (A,) expected share of the purchases of the state that are made: all of them, unless
        it is drawn beforehand who will be paid
    """

    open_pots: frozenset[int]
    start: float
    end: float
    claims: Cars
    fen: Cars
    unpaid: Cars
    happen: Floats

    def copy(self) -> Spell:
        """The same, to be changed."""
        own = {name: getattr(self, name).copy() for name in ("claims", "fen", "unpaid")}
        return replace(self, **own)

    def take_back(self, day: int, cars: Cars) -> Cars:
        """Let purchases (A,) of a day that were paid go unpaid; returns their fen (K,)."""
        paid = np.where(self.claims[day] > 0, self.claims[day], 1)[:, None]
        fen = self.fen[day] * cars[:, None]
        fen = fen // paid if cars.dtype.kind == "i" else fen / paid
        self.claims[day] -= cars
        self.unpaid[day] += cars
        self.fen[day] -= fen
        return np.asarray(fen.sum(axis=0))


@dataclass(frozen=True, slots=True)
class MoneyPath:
    """The history of the pots in one draw.

    Attributes
    ----------
    spells : one a state, in order
    closing : (K,) instant of the first refusal for lack of money, infinite if there was none
    spent : (D, K) fen a day, by day of the claim; D days hold the last claim
    issued, redeemed : (K,) vouchers, where money is promised by them; the others have lapsed
    """

    spells: tuple[Spell, ...]
    closing: Floats
    spent: Cars
    issued: Cars
    redeemed: Cars


class State(NamedTuple):
    """The open pots and the sold-out vehicles, and the instant from which on they are so."""

    pots: frozenset[int]
    instant: float
    sold_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Shelves:
    """Which vehicles are sold out from week to week of the plants?

    Luck is told apart by these weeks: what is bought before one is the same whatever is sold out
    from then on.

    Attributes
    ----------
    week : (W,) number of the week of each day of the window, from 0 on
    sold_out : vehicles in each week
    """

    week: Ints
    sold_out: tuple[frozenset[int], ...]

    def on(self, day: int) -> frozenset[int]:
        """Vehicles that are sold out on a day."""
        return self.sold_out[int(self.week[day])]

    def change_after(self, instant: float) -> int | None:
        """The first day after an instant that does not find the same vehicles sold out."""
        today = int(instant)
        days = range(today + 1, self.week.size)
        return next((day for day in days if self.on(day) != self.on(today)), None)


def spend(  # noqa: PLR0913 - the pots, and the rules for them
    rates_in: Callable[[frozenset[int], float], ClaimRates],
    budget: Ints,
    *,
    days: int,
    last_yuan: LastYuan,
    luck: Luck,
    carries: tuple[Carry, ...] = (),
    filing: Filing = AT_ONCE,
) -> MoneyPath:
    """Pay claims in order of arrival until the last one or until every pot is closed.

    Parameters
    ----------
    rates_in : purchases in the state with these pots open, entered at this instant
    budget : (K,) fen in each pot
    days : length of the window
    carries : in order of their days
    filing : when claims follow purchases
    """
    path = money_path(
        budget, days=days, last_yuan=last_yuan, luck=luck, carries=carries, filing=filing
    )
    try:
        state = next(path)
        while True:
            state = path.send(rates_in(state.pots, state.instant))
    except StopIteration as ended:
        found: MoneyPath = ended.value
        return found


def money_path(  # noqa: PLR0913 - the pots, the rules for them, and the shelves
    budget: Ints,
    *,
    days: int,
    last_yuan: LastYuan,
    luck: Luck,
    carries: tuple[Carry, ...] = (),
    filing: Filing = AT_ONCE,
    shelves: Shelves | None = None,
) -> Generator[State, ClaimRates, MoneyPath]:
    """The same, asking for the rates of each state: many draws can be answered together."""
    desk = _Desk(budget, days, last_yuan, luck, carries, filing, shelves)
    while desk.pots and desk.instant < days:
        rates = yield desk.state
        desk.enter(rates)
        desk.serve()
    return desk.path()


@dataclass(slots=True)
class _Spell:
    """A spell in the making: `pending` (W, A, F) purchases by day, amount class and filing."""

    open_pots: frozenset[int]
    start: float
    end: float
    amount: Ints
    pending: Cars
    paid: Cars
    fen: Cars
    unpaid: Cars

    def pay(self, day: Ints, cars: Cars, amount: Ints) -> None:
        """Note purchases (N, A) of these days as paid, by amounts (A, K)."""
        np.add.at(self.paid, day, cars)
        np.add.at(self.fen, day, cars[..., None] * amount)


@dataclass(slots=True)
class _Desk:
    """Where claims are decided in the order in which they arrive."""

    budget: Ints
    days: int
    last_yuan: LastYuan
    luck: Luck
    carries: tuple[Carry, ...]
    filing: Filing
    shelves: Shelves | None = None
    instant: float = 0.0
    pots: frozenset[int] = field(init=False)
    closing: Floats = field(init=False)
    spent: Cars = field(init=False)
    filed: Ints = field(init=False)
    announced: bool = False
    spells: list[_Spell] = field(default_factory=list)

    def __post_init__(self) -> None:
        kind = np.int64 if self.luck.whole else np.float64
        self.pots = frozenset(range(self.budget.size))
        self.closing = np.full(self.budget.size, np.inf)
        self.spent = np.zeros((self.days + self.filing.room, self.budget.size), dtype=kind)
        self.filed = self.filing.day_of_claim(self.days)

    @property
    def state(self) -> State:
        """The state that begins now."""
        sold_out = self.shelves.on(int(self.instant)) if self.shelves else frozenset[int]()
        return State(self.pots, self.instant, sold_out)

    def enter(self, rates: ClaimRates) -> None:
        """Draw the purchases that would be made if this state lasted to the end."""
        pending = self._bought(_from_instant(rates.rates, self.instant))
        none = np.zeros_like(pending[..., 0])
        fen = np.zeros((*none.shape, self.budget.size), dtype=none.dtype)
        self.spells.append(
            _Spell(
                self.pots,
                self.instant,
                float(self.days),
                rates.amount,
                pending,
                none,
                fen,
                none.copy(),
            )
        )

    def _bought(self, rates: Floats) -> Cars:
        """Purchases (W, A, F) at these rates (W, A), by how late their claims are."""
        if self.shelves is None:
            return self.luck.split(self.luck.counts(rates), self.filing.share)
        week, closed = self.shelves.week, self.budget.size - len(self.pots)
        by_week = []
        for number in range(int(week[-1]) + 1):
            luck = self.luck.part(f"bought with {closed} closed in week {number}")
            by_week.append(luck.split(luck.counts(rates[week == number]), self.filing.share))
        return np.concatenate(by_week)

    def serve(self) -> None:
        """Pay claims until a pot closes within the window, or the last one is decided."""
        while self.pots:
            self._announce()
            due = self._due()
            held = received(self.budget, self.spent + due, self._carries())
            stop = _first_day_short(due, held - self.spent.sum(axis=0), self.pots)
            change = self._change()
            if change is not None and (stop is None or stop >= change):
                self._pay_before(change)
                self.spent[:change] += due[:change]
                self._change_shelves(change)
                return
            if stop is None:
                self._pay_before(len(due))
                self.spent += due
                self.instant = float(self.days)
                return
            self._pay_before(stop)
            self.spent[:stop] += due[:stop]
            self._closing_day(stop, held[stop] - self.spent.sum(axis=0))
            if self.instant < self.days:
                return

    def _change(self) -> int | None:
        """The first day of the window on which other vehicles will be sold out."""
        return self.shelves.change_after(self.instant) if self.shelves else None

    def _change_shelves(self, day: int) -> None:
        """Purchases from this day on belong to the next state."""
        spell = self.spells[-1]
        spell.end = self.instant = float(day)
        spell.pending[day:] = 0

    def path(self) -> MoneyPath:
        """What happened, once nobody is served any more."""
        spells = []
        for spell in self.spells:
            spell.unpaid += spell.pending.sum(axis=-1)
            spells.append(
                Spell(
                    spell.open_pots,
                    spell.start,
                    spell.end,
                    spell.paid,
                    spell.fen,
                    spell.unpaid,
                    np.ones(len(spell.amount)),
                )
            )
        none = np.zeros_like(self.spent[0])
        return MoneyPath(tuple(spells), self.closing, self.spent, none, none)

    def _announce(self) -> None:
        """Let all claims be filed within days once the end of a pot has been announced."""
        if self.announced or not self.filing.shortage.any():
            return
        spent = self.spent + self._due()
        left = received(self.budget, spent, self._carries()) - spent.cumsum(axis=0)
        low = ((left <= self.filing.shortage) & (self.filing.shortage > 0)).any(axis=1)
        low[self._change() or len(low) :] = False
        if low.any():
            self.announced = True
            day = int(low.argmax())
            known = np.maximum(np.arange(self.days), day)[:, None]
            in_a_rush = known + 1 + np.arange(self.filing.late.size) % self.filing.rush
            sooner = np.minimum(self.filed, in_a_rush)
            self.filed = np.where(self.filed > day, sooner, self.filed)

    def _carries(self) -> tuple[Carry, ...]:
        """What is left in a pot is known once its last claim is in."""
        last = [int(self.filed[carry.day - 1].max()) + 1 for carry in self.carries]
        return tuple(
            Carry(max(day, each.day), each.giver, each.taker)
            for day, each in zip(last, self.carries, strict=True)
        )

    def _amount(self, spell: _Spell) -> Ints:
        """Fen (A, K) that the pots still open pay to claims of a spell."""
        still = np.isin(np.arange(self.budget.size), list(self.pots))
        return spell.amount * still

    def _due(self) -> Cars:
        """Fen (D, K) due to pending claims by day of the claim."""
        due = np.zeros_like(self.spent)
        for spell in self.spells:
            np.add.at(due, self.filed, spell.pending.swapaxes(1, 2) @ self._amount(spell))
        return due

    def _pay_before(self, stop: int) -> None:
        """Pay whatever is filed before a day."""
        in_time = (self.filed < stop)[:, None]
        for spell in self.spells:
            paid = spell.pending * in_time
            spell.pay(np.arange(self.days), paid.sum(axis=-1), self._amount(spell))
            spell.pending -= paid

    def _closing_day(self, day: int, left: Cars) -> None:
        """Settle one day claim by claim up to the first refusal, and close its pots."""
        then, late = np.nonzero(self.filed == day)
        filed = [spell.pending[then, :, late] for spell in self.spells]
        amount = [np.tile(self._amount(spell), (then.size, 1)) for spell in self.spells]
        luck = self._luck_of_closing()
        settled = _settle(
            np.concatenate([cars.ravel() for cars in filed]),
            np.concatenate(amount),
            left,
            self.pots,
            self.last_yuan,
            luck,
        )
        ends = np.cumsum([cars.size for cars in filed])[:-1]
        waited = (then < day) | (self.filing.late[late] > 0)
        for spell, cars, paid, refused in zip(
            self.spells,
            filed,
            np.split(settled.paid, ends),
            np.split(settled.refused, ends),
            strict=True,
        ):
            given, denied = paid.reshape(cars.shape), refused.reshape(cars.shape)
            spell.pending[then, :, late] -= given + denied
            spell.pay(then, given, self._amount(spell))
            np.add.at(spell.unpaid, then, denied * waited[:, None])
        self.spent[day] += settled.fen
        begin = max(self.instant, self.filing.opens, float(day))
        end = begin + (day + 1 - begin) * settled.moment
        self.closing[list(settled.closes)] = end
        self.pots -= settled.closes
        self._stop_buying(day, end, luck)
        self.instant = end

    def _luck_of_closing(self) -> Luck:
        """The luck of the day on which the next pot closes."""
        if self.shelves is None:
            return self.luck
        return self.luck.part(f"closing after {self.budget.size - len(self.pots)}")

    def _stop_buying(self, day: int, end: float, luck: Luck) -> None:
        """Purchases after the instant at which a pot closed belong to the next state."""
        if end < self.days:
            spell = self.spells[-1]
            spell.end = end
            spell.pending[day + 1 :] = 0
            begin = max(self.instant, float(day))
            made = (end - begin) / (day + 1 - begin)
            before = luck.split(spell.pending[day], np.array([made, 1.0 - made]))[..., 0]
            waits = (self.filed[day] > day) | (self.filing.late > 0)
            spell.pending[day] = before * waits
        for spell in self.spells:
            nothing = ~self._amount(spell).any(axis=1)
            spell.unpaid[:, nothing] += spell.pending[:, nothing].sum(axis=-1)
            spell.pending[:, nothing] = 0


def received(budget: Ints, spent: Cars, carries: tuple[Carry, ...]) -> Cars:
    """Fen (W, P) that each pot has received by each day, if so much is spent every day (W, P)."""
    held = np.broadcast_to(budget, spent.shape).astype(spent.dtype)
    for carry in carries:
        left = np.maximum(held[carry.day] - spent[: carry.day].sum(axis=0), 0)[carry.giver]
        held[carry.day :, carry.giver] -= left
        held[carry.day :, carry.taker] += left
    return held


def _from_instant(rates: Floats, instant: float) -> Floats:
    """Rates that are left from an instant on."""
    day = int(instant)
    left = rates.copy()
    left[:day] = 0.0
    if day < left.shape[0]:
        left[day] *= 1.0 - (instant - day)
    return left


def _first_day_short(paid: Cars, left: Cars, pots: frozenset[int]) -> int | None:
    """The first day on whose evening an open pot would be overdrawn; both are (W, P)."""
    open_pots = sorted(pots)
    due = paid[:, open_pots]
    short = ((due.cumsum(axis=0) > left[:, open_pots]) & (due > 0)).any(axis=1)
    return int(short.argmax()) if short.any() else None


@dataclass(frozen=True, slots=True)
class _Settled:
    """One day up to its first refusal.

    Attributes
    ----------
    closes : pots that close
    paid, refused : (N,) claims by column; what is in neither comes after the refusal
    fen : (K,) paid by each pot
    moment : when the refusal came, as a share of the day
    """

    closes: frozenset[int]
    paid: Cars
    refused: Cars
    fen: Cars
    moment: float


def _settle(
    arrived: Cars,
    amount: Ints,
    left: Cars,
    pots: frozenset[int],
    last_yuan: LastYuan,
    luck: Luck,
) -> _Settled:
    """Settle the claims of one day (N,) that pay these amounts (N, K), one by one.

    Whatever the rule for the last yuan, a claim that finds a pot empty is refused.
    """
    columns, sizes, moments = luck.order(arrived)
    due = sizes[:, None] * amount[columns]
    running = due.cumsum(axis=0)
    short = running > left
    # Fractions of claims add up to a rounding less than their day: then the last does not fit.
    short[:, [p for p in range(left.size) if p not in pots]] = False
    if not short.any():
        open_pots = sorted(pots)
        excess = (arrived @ amount - left)[open_pots]
        short[-1, open_pots] = excess == excess.max()
    first = int(short.any(axis=1).argmax())
    closes = frozenset(np.flatnonzero(short[first]).tolist())
    before = running[first] - due[first]
    found_empty = (before >= left)[sorted(closes)].all()
    paid_count = first if last_yuan == "refuse" or found_empty else first + 1
    paid, refused = np.zeros_like(arrived), np.zeros_like(arrived)
    np.add.at(paid, columns[:paid_count], sizes[:paid_count])
    if paid_count == first:
        refused[columns[first]] = sizes[first]
    fen = running[paid_count - 1] if paid_count else np.zeros_like(left)
    if last_yuan == "part":
        fen = np.minimum(fen, left)
    return _Settled(closes, paid, refused, fen, float(moments[first]))
