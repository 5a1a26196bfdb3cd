"""What is the least that would have to be otherwise for a purchase to be paid?

A *change* gives new values to facts that a buyer can still change (`changeable` in the schema).
Nothing is made up for a paper that is missing, and what the ledger knows stays. Of all changes
after which the decision is *approved*, the smallest is found by four questions, in this order:

1. Which changes the fewest facts?
2. Of all changes of the same facts, which moves them least? Each fact in its own unit (fen, days,
   seconds, numbers as they are; another text or answer is one step), the facts one by one in the
   order of the schema; of two as near, the lower value, the earlier of the schema's choices, or
   the text that sorts first.
3. Of these, one for each set of facts, which passes the fewest cells? A cell is a run of values on
   which every comparison has one answer while the other facts stay; another text passes one.
4. Whose facts come first in the schema?

Tried is the nearest value in each cell, so that nothing smaller is overlooked; of a number, the
nearest multiple of its `Fact.step`, or a value that a condition names. Two things are not
conditions: a share is tried from the first unit that it pays, and never made smaller so that it
fits what is left in a pot.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from promo.policy.conditions import Plain
from promo.policy.inquiry import (
    ORDER,
    Answer,
    Case,
    Inquiry,
    Part,
    TooManyTriesError,
    Truth,
    Values,
    steps,
)
from promo.policy.rules import Rules, fact_frame
from promo.schema import FACTS

Obstacle: TypeAlias = Literal[
    "approved",  # nothing is to be mended
    "incomplete",  # these rules wait for papers
    "undeclared",  # the notice leaves open what decides
    "ledger",  # paid before or elsewhere
    "no-money",  # the purchase is right, the money is not there
    "fixed",  # what these rules ask for cannot be changed any more
    "no-benefit",  # whatever is changed, no benefit applies
    "not-searched",  # there is more to be tried than we try
]
MOST_TRIES = 200_000


@dataclass(frozen=True, slots=True)
class Change:
    """One fact as it is and as it would have to be; `ANOTHER` is any text that no rule names."""

    fact: str
    old: Plain
    new: Plain


@dataclass(frozen=True, slots=True)
class SmallestChange:
    """What would have to be otherwise, in the order of the schema, and what would be paid then."""

    changes: tuple[Change, ...]
    amount_fen: int
    amount_published: bool


@dataclass(frozen=True, slots=True)
class NoChange:
    """Why no change is offered, and the rules in its way."""

    why: Obstacle
    rules: tuple[str, ...] = ()


def smallest_change(
    rules: Rules, facts: Case, money_left: Mapping[str, int] | None = None
) -> SmallestChange | None:
    """With which smallest change would this purchase be approved, if there is one?"""
    found = smallest_changes(rules, fact_frame([facts]), money_left)[0]
    return found if isinstance(found, SmallestChange) else None


def smallest_changes(
    rules: Rules, frame: pl.DataFrame, money_left: Mapping[str, int] | None = None
) -> list[SmallestChange | NoChange]:
    """The smallest change for each purchase of a frame, or why there is none.

    All purchases are searched side by side; one evaluation a round answers what they ask.
    """
    inquiry = Inquiry(rules, frame, money_left or {})
    searches = [_Search(inquiry, row).answer() for row in range(frame.height)]
    asked = {row: next(search) for row, search in enumerate(searches)}
    found: dict[int, SmallestChange | NoChange] = {}
    while asked:
        answers, asked = inquiry.answers(asked), {}
        for row, answer in answers.items():
            try:
                asked[row] = searches[row].send(answer)
            except StopIteration as ended:
                found[row] = ended.value
    return [found[row] for row in range(len(searches))]


@dataclass(frozen=True, slots=True)
class _Move:
    """New values of the facts of one axis, and what the needs say to these values alone."""

    values: Values
    needs: Truth


_Moves: TypeAlias = Mapping[int, Sequence[_Move]]
_Whole: TypeAlias = Generator[Sequence[Values], Answer, SmallestChange | NoChange]
_Some: TypeAlias = Generator[Sequence[Values], Answer, Values | NoChange]


class _Search:
    """The search for one purchase: its generators ask for tries and are sent the answers."""

    def __init__(self, inquiry: Inquiry, row: int) -> None:
        self.inquiry = inquiry
        self.row = row
        self.own = inquiry.cases[row]
        self.tried = 0

    @cached_property
    def vary(self) -> tuple[str, ...]:
        """The facts that can be changed: known, and neither past nor on the ledger."""
        return tuple(
            name
            for name, value in self.own.items()
            if value is not None and FACTS[name].changing == "changeable"
        )

    def answer(self) -> _Whole:
        """The smallest change: part by part, since parts do not depend on each other."""
        try:
            first = yield [{}]
            obstacle = self._obstacle(first)
            if obstacle is not None:
                return obstacle
            changed: Values = {}
            for part in self.inquiry.parts(self.vary):
                found = yield from self._mended(part, changed, first.needs[0])
                if isinstance(found, NoChange):
                    return found
                changed |= found
            last = yield [changed]
        except TooManyTriesError:
            return NoChange("not-searched")
        _, _, amount, published = last.verdicts.row(0)
        names = sorted(changed, key=ORDER.__getitem__)
        changes = (Change(name, self._known(name), changed[name]) for name in names)
        return SmallestChange(tuple(changes), amount, published)

    def _known(self, name: str) -> Plain:
        value = self.own[name]
        if value is None:
            raise ValueError(f"'{name}' is missing and cannot be changed")
        return value

    def _obstacle(self, first: Answer) -> NoChange | None:
        """What no change of the purchase can mend."""
        decision, reasons, *_ = first.verdicts.row(0)
        if decision in {"approved", "incomplete", "undeclared"}:
            return NoChange(decision, tuple(reasons))
        if "no-money" in reasons and self.inquiry.funded[self.row] == "approved":
            return NoChange("no-money")
        counted = {"already-paid"}
        for each in self.inquiry.rules.requirements:
            if each.kind in {"limit", "exclusion"}:
                counted.add(each.id)
        on_ledger = tuple(reason for reason in reasons if reason in counted)
        return NoChange("ledger", on_ledger) if on_ledger else None

    def _mended(self, part: Part, changed: Values, needs: Truth) -> _Some:
        """The smallest change of the facts of one part, given what was changed already."""
        failing = tuple(place for place in part.needs if needs[place] != 1)
        if part.earns:
            as_it_is = yield [changed]
            if as_it_is.approved[0]:
                return {}
        elif not failing:
            return {}
        moves = yield from self._moves(part, changed)
        for place in failing:
            if not (yield from self._can_hold(place, part.needs[place], moves)):
                need = self.inquiry.needs[place]
                return NoChange("incomplete" if needs[place] == 0 else "fixed", (need.id,))
        return (yield from self._smallest(part, failing, moves, changed))

    def _moves(
        self, part: Part, changed: Values
    ) -> Generator[Sequence[Values], Answer, dict[int, list[_Move]]]:
        """All moves on each axis that are worth a try."""
        values = {axis: self.inquiry.moves(self.own, facts) for axis, facts in part.axes.items()}
        answer = yield [changed | each for every in values.values() for each in every]
        needs = iter(answer.needs)
        return {
            axis: [_Move(each, next(needs)) for each in every] for axis, every in values.items()
        }

    def _can_hold(
        self, place: int, axes: frozenset[int], moves: _Moves
    ) -> Generator[Sequence[Values], Answer, bool]:
        """Can one need be met at all?"""
        if any(move.needs[place] == 1 for axis in axes for move in moves[axis]):
            return True
        tries = list(self._counted(_merged(each) for each in _crossed(axes, moves)))
        if not tries:
            return False
        answer = yield tries
        return bool((answer.needs[:, place] == 1).any())

    def _smallest(
        self, part: Part, failing: Sequence[int], moves: _Moves, changed: Values
    ) -> _Some:
        """Changes of no fact, then of one, of two, and so on, until some fit."""
        outcomes: set[str] = set()
        for size in range(sum(map(len, part.axes.values())) + 1):
            tries = list(self._counted(_tries(part, failing, moves, size)))
            if not tries:
                continue
            answer = yield [changed | each for each in tries]
            lawful = (answer.needs[:, list(part.needs)] == 1).all(axis=1)
            fits = lawful & answer.approved if part.earns else lawful
            if fits.any():
                return self._least([tries[place] for place in np.flatnonzero(fits)])
            for decision, reasons, *_ in answer.verdicts.filter(lawful).iter_rows():
                outcomes |= {decision, *reasons}
        return self._nothing(outcomes, failing)

    def _nothing(self, outcomes: set[str], failing: Sequence[int]) -> NoChange:
        """Why no change helps, from what came out where all rules of the part were kept."""
        reasons: tuple[Obstacle, ...] = ("no-money", "undeclared", "incomplete", "no-benefit")
        for why in reasons:
            if why in outcomes:
                return NoChange(why)
        named = tuple(self.inquiry.needs[place].id for place in failing)
        return NoChange("fixed", named) if named else NoChange("no-benefit")

    def _least(self, fitting: Sequence[Values]) -> Values:
        """The smallest of changes of as many facts."""
        best: dict[tuple[int, ...], Values] = {}
        for values in fitting:
            facts = tuple(sorted(ORDER[name] for name in values))
            if facts not in best or steps(self.own, values) < steps(self.own, best[facts]):
                best[facts] = values
        if len(best) == 1:
            return next(iter(best.values()))
        return best[min(best, key=lambda facts: (self._cells_passed(best[facts]), facts))]

    def _cells_passed(self, values: Values) -> int:
        return sum(self.inquiry.cells_passed(self.own, name, new) for name, new in values.items())

    def _counted(self, tries: Iterable[Values]) -> Iterator[Values]:
        """The same, as long as they are not too many."""
        for each in tries:
            self.tried += 1
            if self.tried > MOST_TRIES:
                raise TooManyTriesError
            yield each


def _tries(part: Part, failing: Sequence[int], moves: _Moves, size: int) -> Iterator[Values]:
    """Changes of so many facts that may help: every need that fails reads one of them.

    What a need says to a single axis is known already where it reads no other axis of the try.
    """
    for count in range(min(size, len(part.axes)) + 1):
        for axes in combinations(part.axes, count):
            together = frozenset(axes)
            if all(part.needs[place] & together for place in failing):
                allowed = [
                    [move for move in moves[axis] if _is_lawful(move, axis, together, part)]
                    for axis in axes
                ]
                merged = (_merged(each) for each in product(*allowed))
                yield from (values for values in merged if len(values) == size)


def _is_lawful(move: _Move, axis: int, together: frozenset[int], part: Part) -> bool:
    alone = frozenset((axis,))
    return all(
        move.needs[place] == 1 for place, axes in part.needs.items() if axes & together == alone
    )


def _crossed(axes: Iterable[int], moves: _Moves) -> Iterator[tuple[_Move, ...]]:
    """All combinations of moves, some axes staying as they are."""
    choices = [[(), *((move,) for move in moves[axis])] for axis in axes]
    for combination in product(*choices):
        yield tuple(move for each in combination for move in each)


def _merged(moves: Iterable[_Move]) -> Values:
    return {name: value for move in moves for name, value in move.values.items()}
