"""Which purchases can a set of conditions tell apart?

Every fact is cut at the constants it is compared with, so that on one cell every condition is
constant: a rule set is a finite table. Facts are crossed only where conditions tie them together;
comparisons of two facts count as one derived fact that may be true or false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import prod
from typing import TypeAlias

import polars as pl

from promo.policy.conditions import (
    POLARS_TYPES,
    All,
    Compare,
    FactValue,
    Holds,
    Later,
    Like,
    Missing,
    Not,
    OneOf,
    Plain,
    Plus,
    Some,
    Test,
    Value,
    leaves,
)
from promo.schema import FACTS, FactType

MAX_CELLS = 1_000_000
Point: TypeAlias = str | int | float | bool | date | None


@dataclass(slots=True)
class _Cuts:
    """The constants that one fact is compared with."""

    type: FactType
    constants: set[Plain] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    may_be_missing: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of some facts, one row a cell, and the conditions that are constant on each."""

    frame: pl.DataFrame
    tests: tuple[Test, ...]

    def truth(self) -> pl.DataFrame:
        """One column a condition: true, false or null (unknown) in each cell."""
        columns = {f"{place}": test.expression() for place, test in enumerate(self.tests)}
        return self.frame.with_columns(**columns).select(*columns)


def cells(tests: Sequence[Test]) -> Cells | None:
    """All cells of the conditions, fully crossed; None above a million."""
    simple = tuple(_separated(test) for test in tests)
    points = {name: _points(name, cuts) for name, cuts in _all_cuts(simple).items()}
    if prod(len(each) for each in points.values()) > MAX_CELLS:
        return None
    frame = pl.DataFrame({"cell": [0]})
    for name, values in points.items():
        column = pl.Series(name, values, dtype=_dtype(name))
        frame = frame.join(column.to_frame(), how="cross")
    return Cells(frame, simple)


def together(tests: Sequence[Test]) -> list[list[int]]:
    """Groups of conditions, by position, that share facts directly or through others."""
    groups: list[tuple[set[str], list[int]]] = []
    for place, test in enumerate(tests):
        facts, members = _facts(_separated(test)), [place]
        apart = []
        for group_facts, group in groups:
            if group_facts & facts:
                facts, members = facts | group_facts, group + members
            else:
                apart.append((group_facts, group))
        groups = [*apart, (facts, members)]
    return [sorted(group) for _, group in groups]


def can_hold(tests: Sequence[Test]) -> bool | None:
    """Is there a purchase for which all conditions hold? None where nobody looked."""
    answer: bool | None = True
    for group in together(tests):
        held = _holds_somewhere([tests[place] for place in group])
        if held is False:
            return False
        answer = None if held is None else answer
    return answer


def _holds_somewhere(tests: Sequence[Test]) -> bool | None:
    """True, false, or None: too many cells, or patterns whose texts cannot be listed."""
    table = cells(tests)
    if table is None:
        return None
    held = bool(table.truth().select(pl.all_horizontal(pl.all()).any()).item())
    return held or (None if _has_patterns(tests) else False)


def refuses_someone(test: Test, others: Sequence[Test]) -> bool | None:
    """Is there a purchase that the others let pass and this condition refuses?"""
    return can_hold([Not(test), *others])


def _has_patterns(tests: Iterable[Test]) -> bool:
    return any(isinstance(node, Like) for test in tests for node in leaves(test))


# --- cutting ----------------------------------------------------------------------------------


def _facts(node: Test | Value) -> set[str]:
    return {each.name for each in leaves(node) if isinstance(each, FactValue)}


def _separated(test: Test) -> Test:
    """The condition with every comparison of two facts replaced by one derived fact."""
    if isinstance(test, All):
        return All(tuple(_separated(part) for part in test.parts))
    if isinstance(test, Some):
        return Some(tuple(_separated(part) for part in test.parts))
    if isinstance(test, Not):
        return Not(_separated(test.part))
    if len(_facts(test)) > 1:
        return Holds(FactValue(f"derived {test}"))
    return test


def _all_cuts(tests: Sequence[Test]) -> dict[str, _Cuts]:
    cuts: dict[str, _Cuts] = {}
    for test in tests:
        for node in leaves(test):
            if isinstance(node, FactValue):
                cuts.setdefault(node.name, _Cuts(_type(node.name)))
            elif isinstance(node, Compare | OneOf | Like | Missing):
                _cut(cuts, node)
    return cuts


def _cut(cuts: dict[str, _Cuts], atom: Compare | OneOf | Like | Missing) -> None:
    for name in _facts(atom):
        own = cuts.setdefault(name, _Cuts(_type(name)))
        if isinstance(atom, Missing):
            own.may_be_missing = True
        elif isinstance(atom, Like):
            own.patterns.add(atom.pattern)
        elif isinstance(atom, OneOf):
            own.constants.update(*(_solved(atom.value, item) for item in atom.items))
        else:
            measured, constant = (atom.left, atom.right)
            if not _facts(measured):
                measured, constant = constant, measured
            own.constants.update(_solved(measured, _constant(constant)))


def _constant(value: Value) -> Plain:
    """The value of an expression without facts."""
    found: Plain = pl.select(value.expression()).item()
    return found


def _solved(measured: Value, target: Plain) -> set[Plain]:
    """The values of the one fact in `measured` at or around which it meets the target."""
    if isinstance(measured, Plus):
        return _solved_sum(measured, target)
    if isinstance(measured, Later) and isinstance(target, date):
        return _solved_later(measured, target)
    if isinstance(target, datetime):
        return {target.date(), target.date() + timedelta(days=1)}
    return {target}


def _solved_sum(measured: Plus, target: Plain) -> set[Plain]:
    left_has_fact = bool(_facts(measured.left))
    inner = measured.left if left_has_fact else measured.right
    known = _constant(measured.right if left_has_fact else measured.left)
    if measured.days_between and isinstance(known, date) and isinstance(target, int | float):
        days = timedelta(days=int(target))
        around = known + days if left_has_fact else known - days
        near = range(-1, 2)
        moved = {around + timedelta(days=step) for step in near}
        return set().union(*(_solved(inner, each) for each in moved))
    if isinstance(known, str | date) or isinstance(target, str | date):
        return set()
    rest = target - measured.sign * known if left_has_fact else measured.sign * (target - known)
    return _solved(inner, rest)


def _solved_later(measured: Later, target: date) -> set[Plain]:
    """Days whose moved day lies around the target; month ends make it a few."""
    day = target.date() if isinstance(target, datetime) else target
    back = pl.select(pl.lit(day).dt.offset_by(f"{-measured.steps}{measured.unit}")).item()
    near = (back + timedelta(days=step) for step in range(-4, 5))
    return set().union(*(_solved(measured.day, each) for each in near))


# --- points -----------------------------------------------------------------------------------


def _type(name: str) -> FactType:
    return FACTS[name].type if name in FACTS else FactType.FLAG


def _dtype(name: str) -> pl.DataType:
    return POLARS_TYPES[_type(name)]


def _points(name: str, cuts: _Cuts) -> list[Point]:
    """One value for each part into which the constants cut a fact."""
    by_type = {
        FactType.TEXT: _text_points,
        FactType.FLAG: _flag_points,
        FactType.DAY: _day_points,
        FactType.MONEY: _money_points,
        FactType.NUMBER: _number_points,
    }
    points = by_type[cuts.type](name, cuts)
    return [*points, None] if cuts.may_be_missing else points


def _flag_points(name: str, cuts: _Cuts) -> list[Point]:
    return [True, False]


def _text_points(name: str, cuts: _Cuts) -> list[Point]:
    choices = FACTS[name].choices
    if choices:
        return list(choices)
    texts = {str(each) for each in cuts.constants}
    for pattern in cuts.patterns:
        for filler in ("", "x"):
            texts.add(pattern.replace("%", filler).replace("_", "x"))
    other = "another"
    while other in texts:
        other += "!"
    return [*sorted(texts), other]


def _day_points(name: str, cuts: _Cuts) -> list[Point]:
    days = {each for each in cuts.constants if isinstance(each, date)} or {date(2022, 1, 1)}
    one = timedelta(days=1)
    return [*sorted(days | {each - one for each in days} | {each + one for each in days})]


def _money_points(name: str, cuts: _Cuts) -> list[Point]:
    amounts = {int(each) for each in cuts.constants if not isinstance(each, str | date)} or {0}
    near = amounts | {each - 1 for each in amounts} | {each + 1 for each in amounts}
    return [*sorted(each for each in near | {0} if each >= 0)]


def _number_points(name: str, cuts: _Cuts) -> list[Point]:
    numbers = sorted(
        {float(each) for each in cuts.constants if not isinstance(each, str | date)} | {0.0}
    )
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    every = {*numbers, *between, numbers[-1] + 1}
    return [*sorted(each for each in every if each >= 0)]
