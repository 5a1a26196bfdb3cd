"""Where does a comparison of numbers, money, days or moments turn from false to true?

A comparison is a linear form: coefficients times facts against a bound. Each such form is a cut
that parts all purchases in two. Facts tied by a cut are tried one after the other: eliminating a
fact from each pair of cuts leaves the cuts on the facts before it (Fourier and Motzkin).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import chain, combinations, product
from math import ceil, floor, gcd, lcm
from typing import TypeAlias

import polars as pl

from promo.policy.conditions import (
    Compare,
    Constant,
    FactValue,
    Later,
    OneOf,
    Plain,
    Plus,
    Value,
    first_instant,
)
from promo.schema import FACTS, FactType

NUMERIC = frozenset((FactType.NUMBER, FactType.MONEY, FactType.DAY, FactType.MOMENT))
NEVER_NEGATIVE = frozenset((FactType.NUMBER, FactType.MONEY))
SECONDS_PER_DAY = 86_400
MONTH_ENDS = (1, 28, 29, 30, 31)  # on other days of a month an interval is as long as on the 1st
SECOND = timedelta(seconds=1)
MOST_PAIRS = 10_000  # of cuts that tie facts; eliminating these takes about a second
EPOCH = datetime(1970, 1, 1)
Coefficients: TypeAlias = Mapping[str, Fraction]
_UNIT = {FactType.MOMENT: Fraction(1, SECONDS_PER_DAY)}  # time is counted in days
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": SECONDS_PER_DAY, "w": 7 * SECONDS_PER_DAY}


@dataclass(frozen=True, slots=True)
class Form:
    """Coefficients times facts plus a constant, which month lengths leave open within bounds."""

    coefficients: Coefficients
    low: Fraction
    high: Fraction

    def plus(self, other: Form, sign: int) -> Form:
        """The sum, or for sign -1 the difference, of two forms."""
        low, high = (other.low, other.high) if sign == 1 else (-other.high, -other.low)
        summed = _sum(self.coefficients, other.coefficients, Fraction(sign))
        return Form(summed, self.low + low, self.high + high)


def _sum(left: Coefficients, right: Coefficients, factor: Fraction) -> dict[str, Fraction]:
    summed = dict(left)
    for name, coefficient in right.items():
        summed[name] = summed.get(name, Fraction(0)) + factor * coefficient
    return {name: coefficient for name, coefficient in summed.items() if coefficient}


def form_of(value: Value) -> Form:
    """A number, an amount in fen, or a time in days as a form of the facts it reads."""
    if isinstance(value, FactValue):
        unit = _UNIT.get(FACTS[value.name].type, Fraction(1))
        return Form({value.name: unit}, Fraction(0), Fraction(0))
    if isinstance(value, Constant):
        return _constant(value.value)
    if isinstance(value, Plus):
        return form_of(value.left).plus(form_of(value.right), value.sign)
    low, high = _moved(value)
    return form_of(value.day).plus(Form({}, low, high), 1)


def _constant(written: Plain) -> Form:
    if isinstance(written, date):
        since = Fraction((first_instant(written) - EPOCH) // SECOND, SECONDS_PER_DAY)
        return Form({}, since, since)
    exact = Fraction(repr(written)) if isinstance(written, float) else Fraction(written)
    return Form({}, exact, exact)


def _moved(later: Later) -> tuple[Fraction, Fraction]:
    """The least and most days by which an interval moves."""
    if later.unit in _SECONDS:
        days = Fraction(later.steps * _SECONDS[later.unit], SECONDS_PER_DAY)
        return days, days
    low, high = _months_in_days(later.steps * (12 if later.unit == "y" else 1))
    return Fraction(low), Fraction(high)


@lru_cache(maxsize=1_000)
def _months_in_days(months: int) -> tuple[int, int]:
    """The fewest and most days in so many months, over the starts in 400 years.

    >>> _months_in_days(12), _months_in_days(1), _months_in_days(-1)
    ((365, 366), (28, 31), (-31, -28))
    """
    starts = _month_ends()
    days = (starts.dt.offset_by(f"{months}mo") - starts).dt.total_days()
    return int(days.min()), int(days.max())  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _month_ends() -> pl.Series:
    """The days of months that differ in what a month later is, for the calendar's whole cycle."""
    first, last = date(1900, 1, 1), date(2299, 12, 31)
    days = pl.date_range(first, last, "1d", eager=True)
    return days.filter(days.dt.day().is_in(MONTH_ENDS))


@dataclass(frozen=True, slots=True)
class Cut:
    """Where weights times facts pass a bound.

    Of whole units the cut parts `<= bound` from what is above; where numbers are among the facts,
    it parts below, at and above the bound.
    """

    weights: tuple[tuple[str, int], ...]
    bound: Fraction

    def weight(self, name: str) -> int:
        """How the cut weighs a fact; 0 where it does not read it."""
        return next((weight for each, weight in self.weights if each == name), 0)

    @property
    def is_whole(self) -> bool:
        """Are all its facts counted in whole units?"""
        return not any(is_real(name) for name, _ in self.weights)


def cuts_of(test: Compare | OneOf) -> Iterator[Cut]:
    """Where a comparison changes its answer; nothing where no fact moves it."""
    pairs = [(test.left, test.sign, test.right)] if isinstance(test, Compare) else []
    if isinstance(test, OneOf):
        pairs = [(test.value, "=", Constant(item)) for item in test.items]
    for left, sign, right in pairs:
        form = form_of(left).plus(form_of(right), -1)
        for step in range(int(form.high - form.low) + 1):
            bound = -form.low - step
            if sign not in ("<=", ">"):
                yield from _below(form.coefficients, bound)
            if sign not in ("<", ">="):
                yield from _up_to(form.coefficients, bound)


def least(name: str) -> Iterator[Cut]:
    """A number or an amount is never below zero."""
    if FACTS[name].type in NEVER_NEGATIVE:
        yield from _below({name: Fraction(1)}, Fraction(0))


def is_real(name: str) -> bool:
    """Can the fact take every number, not only whole units (fen, days, seconds)?"""
    return FACTS[name].type is FactType.NUMBER


def with_values(cuts: Iterable[Cut], values: Mapping[str, Fraction]) -> Iterator[Cut]:
    """The cuts that are left for the other facts once some have values."""
    for cut in cuts:
        known = [weight * values[name] for name, weight in cut.weights if name in values]
        others = {name: Fraction(weight) for name, weight in cut.weights if name not in values}
        if not known:
            yield cut
            continue
        yield from _up_to(others, cut.bound - sum(known))
        if not cut.is_whole:
            yield from _below(others, cut.bound - sum(known))


def _up_to(coefficients: Coefficients, bound: Fraction) -> Iterator[Cut]:
    """The cut between `<= bound` and the rest, in its one canonical form; none without facts.

    Whole weights without common divisor, the first positive; a whole bound for whole units.
    """
    if not coefficients:
        return
    names = sorted(coefficients)
    over = lcm(*(each.denominator for each in coefficients.values()))
    under = gcd(*(int(each * over) for each in coefficients.values()))
    scale = Fraction(over, under) * (1 if coefficients[names[0]] > 0 else -1)
    cut = Cut(tuple((name, int(coefficients[name] * scale)) for name in names), bound * scale)
    if cut.is_whole:
        last = floor(cut.bound) if scale > 0 else ceil(cut.bound) - 1
        cut = Cut(cut.weights, Fraction(last))
    yield cut


def _below(coefficients: Coefficients, bound: Fraction) -> Iterator[Cut]:
    """The cut between `< bound` and the rest: of the negative form, up to."""
    yield from _up_to({name: -each for name, each in coefficients.items()}, -bound)


@dataclass(frozen=True, slots=True)
class Level:
    """A fact to be tried after the facts before it, and the cuts that bound it, given those."""

    name: str
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The order in which tied facts are tried; exact where every answer is sure to be found."""

    levels: tuple[Level, ...]
    exact: bool


def plan(names: Collection[str], cuts: Iterable[Cut]) -> Plan | None:
    """In which order are tied facts tried, and between which bounds? None where too many tie."""
    remaining, left, levels, exact = dict.fromkeys(cuts), list(names), [], True
    pairs = 0
    while left:
        name = min(left, key=lambda each: _eliminated_at(each, remaining))
        left.remove(name)
        own = [cut for cut in remaining if cut.weight(name)]
        pairs += len(own) * sum(len(cut.weights) > 1 for cut in own)
        if pairs > MOST_PAIRS:
            return None
        remaining = {cut: None for cut in remaining if not cut.weight(name)}
        remaining |= dict.fromkeys(_without(name, own))
        exact = exact and (is_real(name) or all(abs(cut.weight(name)) == 1 for cut in own))
        levels.append(Level(name, tuple(own)))
    return Plan(tuple(reversed(levels)), exact)


def _eliminated_at(name: str, cuts: Iterable[Cut]) -> tuple[int, int, int]:
    """Numbers are eliminated first, then moments: only so is exact what remains."""
    ranks = {FactType.NUMBER: 0, FactType.MOMENT: 1}
    own = [abs(weight) for cut in cuts if len(cut.weights) > 1 and (weight := cut.weight(name))]
    return ranks.get(FACTS[name].type, 2), max(own, default=1), len(own)


def _without(name: str, cuts: Sequence[Cut]) -> Iterator[Cut]:
    """The cuts on the other facts that decide whether this one fits between two of its bounds."""
    tying = [cut for cut in cuts if len(cut.weights) > 1]
    alone = [cut for cut in cuts if len(cut.weights) == 1]
    for one, other in chain(combinations(tying, 2), product(tying, alone)):
        left, right = _solved(name, one), _solved(name, other)
        apart = _sum(left.coefficients, right.coefficients, Fraction(-1))
        # the fact fits if at least the lower bound of one and at most the upper of the other
        yield from _below(apart, right.lower - left.upper)
        yield from _up_to(apart, right.upper - left.lower)


@dataclass(frozen=True, slots=True)
class _Solved:
    """The bounds of a fact beside a cut: coefficients times the others plus these constants."""

    coefficients: Coefficients
    upper: Fraction
    lower: Fraction


def _solved(name: str, cut: Cut) -> _Solved:
    """What the sides of a cut leave to one fact: at most the upper bound, or at least the lower.

    Between the two lies one whole unit of the cut, or nothing where numbers are among the facts.
    """
    weight = cut.weight(name)
    others = {each: Fraction(-other, weight) for each, other in cut.weights if each != name}
    bounds = cut.bound / weight, (cut.bound + (1 if cut.is_whole else 0)) / weight
    return _Solved(others, min(bounds), max(bounds))
