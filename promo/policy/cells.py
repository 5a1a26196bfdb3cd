"""Which purchases can a set of conditions tell apart?

Facts that comparisons tie together form an axis. Each axis is cut into cells, on each of which
every comparison has one answer; a condition is then a small table over the axes that it reads, in
three-valued logic. Whether conditions can hold together is found by eliminating one axis after the
other, so that axes are crossed only where conditions tie them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.conditions import (
    POLARS_TYPES,
    All,
    Compare,
    Holds,
    Like,
    Missing,
    Not,
    OneOf,
    Plain,
    Some,
    Test,
    facts_of,
    leaves,
)
from promo.policy.linear import NUMERIC, is_real
from promo.policy.points import Atom, Points, points, tied
from promo.schema import FACTS, Bools, Ints

MAX_CELLS = 1_000_000
Answers: TypeAlias = npt.NDArray[np.int8]  # 1 true, 0 unknown, -1 false
NO_FACTS = pl.DataFrame({"": [0]})
Purchase: TypeAlias = dict[str, Plain | None]


class TooManyCellsError(Exception):
    """Above a million cells nobody looks."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Facts that are tied together, and their cells: the place of one point for each.

    On all points of a cell every comparison of these facts has the same answer.
    """

    points: Points
    cells: Ints


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a condition in each combination of the cells of the axes that it reads."""

    axes: tuple[int, ...]  # ascending
    answers: Answers


class Cells:
    """The cells of all facts that some conditions read, for any question about them.

    A question names conditions built with AND, OR and NOT from the comparisons given here; for
    another comparison all cells are made anew, which takes longer.

    >>> from promo.policy.eligibility import read_condition
    >>> dear, cheap = (read_condition(f"price {sign} 50000").tree for sign in (">=", "<"))
    >>> cells = Cells([dear, cheap])
    >>> cells.can_hold([dear]), cells.can_hold([dear, cheap]), cells.can_hold([dear, Not(cheap)])
    (True, False, True)
    >>> cells.witness([cheap])
    {'price': 4999999}
    """

    def __init__(self, tests: Iterable[Test]) -> None:
        atoms = dict.fromkeys(atom for test in tests for atom in atoms_of(test))
        cut = _cut(atoms)
        constant = [atom for atom in atoms if not facts_of(atom)]
        *answers, certain = _answered(
            [*((each.frame, own) for each, own in cut), (NO_FACTS, constant)]
        )
        self._tables: dict[Test, Table | None] = dict.fromkeys(atoms)
        self._tables |= {
            atom: Table((), each) for atom, each in zip(constant, certain[0], strict=True)
        }
        self._questions: dict[int, _Asked] = {}
        self.axes: list[Axis] = []
        for place, ((found, own), answer) in enumerate(zip(cut, answers, strict=True)):
            cells = _first_of_each(answer)
            self.axes.append(Axis(found, cells))
            columns = zip(own, answer[cells].T, strict=True)
            self._tables |= {atom: Table((place,), column) for atom, column in columns}

    def can_hold(self, tests: Sequence[Test]) -> bool | None:
        """Is there a purchase for which all conditions hold? None where nobody looked."""
        try:
            asked = [self._asked(test) for test in tests]
            if _search([mask for each in asked for mask in each.masks]) is not None:
                return True
            sure = all(each.exact is each.masks for each in asked)
            sure = sure or _search([mask for each in asked for mask in each.exact]) is None
        except TooManyCellsError:
            return None
        except KeyError:
            return Cells(tests).can_hold(tests)
        return False if sure else None

    def witness(self, tests: Sequence[Test]) -> Purchase | None:
        """The facts of one purchase for which all conditions hold; None where none was found."""
        try:
            found = _search(self._held(_parts(tests)))
        except TooManyCellsError:
            return None
        except KeyError:
            return Cells(tests).witness(tests)
        return self._purchase(found, facts_of(All(tuple(tests)))) if found is not None else None

    def decisions(
        self, tests: Sequence[Test], given: Sequence[Test] = ()
    ) -> Iterator[tuple[tuple[bool | None, ...], Purchase]]:
        """Every combination of answers that some purchase gets, and one such purchase.

        Only purchases count for which the conditions `given` hold. Raises `TooManyCellsError`.
        """
        tables = [self._table(test) for test in tests]
        waiting: list[tuple[tuple[bool | None, ...], list[_Mask]]] = [
            ((), self._held(_parts(given)))
        ]
        while waiting:
            answers, masks = waiting.pop()
            found = _search(masks)
            if found is not None and len(answers) == len(tables):
                yield answers, self._purchase(found, FACTS)
            elif found is not None:
                table = tables[len(answers)]
                for answer, value in ((None, 0), (False, -1), (True, 1)):
                    mask = _Mask(table.axes, table.answers == value)
                    waiting.append(((*answers, answer), [*masks, mask]))

    def _purchase(self, found: Mapping[int, int], read: Container[str]) -> Purchase:
        """The facts in the cells that were found, in the order of the schema."""
        facts: Purchase = {}
        for place, cell in found.items():
            axis = self.axes[place]
            facts |= axis.points.frame.row(int(axis.cells[cell]), named=True)
        return {name: facts[name] for name in FACTS if name in facts and name in read}

    def _held(self, parts: Iterable[Test]) -> list[_Mask]:
        tables = [self._table(part) for part in parts]
        return [_Mask(table.axes, table.answers == 1) for table in tables]

    def _asked(self, test: Test) -> _Asked:
        """Where a condition holds; worked out once, since it is asked with many others."""
        if id(test) not in self._questions:
            masks = self._held(_parts([test]))
            exact = [mask for mask in masks if self._is_exact(mask)]
            joined = _joined(masks)
            sure = joined if len(exact) == len(masks) else _joined(exact)
            self._questions[id(test)] = _Asked(test, joined, sure)
        return self._questions[id(test)]

    def _is_exact(self, mask: _Mask) -> bool:
        return all(self.axes[place].points.exact for place in mask.axes)

    def _table(self, test: Test) -> Table:
        if test not in self._tables:
            self._tables[test] = self._built(test)
        table = self._tables[test]
        if table is None:
            raise TooManyCellsError
        return table

    def _built(self, test: Test) -> Table | None:
        if isinstance(test, Not):
            part = self._table(test.part)
            return Table(part.axes, -part.answers)
        if isinstance(test, All | Some):
            tables = [self._table(part) for part in test.parts]
            join, none = (np.minimum, 1) if isinstance(test, All) else (np.maximum, -1)
            axes = tuple(sorted({axis for table in tables for axis in table.axes}))
            spread = [_spread(table.axes, table.answers, axes) for table in tables]
            if prod(np.broadcast_shapes(*(each.shape for each in spread))) > MAX_CELLS:
                return None
            return Table(axes, reduce(join, spread, np.full((), none, dtype=np.int8)))
        raise KeyError(f"no cells were made for {test}")


# --- axes -------------------------------------------------------------------------------------


def atoms_of(test: Test) -> Iterator[Atom]:
    """The comparisons and other single tests of a condition."""
    for node in leaves(test):
        if isinstance(node, Compare | OneOf | Like | Missing | Holds):
            yield node


def _cut(atoms: Iterable[Atom]) -> list[tuple[Points, list[Atom]]]:
    """The points to be tried for each group of tied facts, and the atoms that read them.

    Groups with over a million points are left out.
    """
    reads = {atom: facts_of(atom) for atom in atoms}
    names = dict.fromkeys(name for read in reads.values() for name in read)
    cut = []
    for facts in tied(names, reads):
        own = [atom for atom, read in reads.items() if read and read[0] in facts]
        found = points(facts, own)
        if found is not None:
            cut.append((found, own))
    return cut


def _answered(tables: Sequence[tuple[pl.DataFrame, Sequence[Atom]]]) -> list[Answers]:
    """For each table the answer to each of its atoms (columns) in each row; asked all at once."""
    atoms = [atom for _, own in tables for atom in own]
    columns = pl.concat([frame for frame, _ in tables], how="diagonal").select(
        pl.lit(0, dtype=pl.Int8).alias("no atom"),
        *(
            (atom.expression().cast(pl.Boolean).cast(pl.Int8) * 2 - 1)
            .fill_null(0)
            .alias(f"{place}")
            for place, atom in enumerate(atoms)
        ),
    )
    rows = np.cumsum([frame.height for frame, _ in tables])[:-1]
    ends = np.cumsum([len(own) for _, own in tables])[:-1]
    answers = np.split(columns.to_numpy()[:, 1:], rows)
    return [np.split(each, ends, axis=1)[place] for place, each in enumerate(answers)]


def _first_of_each(answers: Answers) -> Ints:
    """The first row of each combination of answers, in order."""
    _, first = np.unique(answers, axis=0, return_index=True)
    return np.sort(first)


# --- questions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mask:
    """In which combinations of cells of some axes something is the case."""

    axes: tuple[int, ...]
    holds: Bools


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a condition holds, and where its parts hold of which every answer is known."""

    test: Test  # kept, so that no other one gets its identity
    masks: Sequence[_Mask]
    exact: Sequence[_Mask]


def _joined(masks: Iterable[_Mask]) -> list[_Mask]:
    """The same with one mask for the same axes."""
    held: dict[tuple[int, ...], Bools] = {}
    for mask in masks:
        held[mask.axes] = mask.holds & held.get(mask.axes, np.True_)
    return [_Mask(axes, holds) for axes, holds in held.items()]


def _parts(tests: Iterable[Test]) -> Iterator[Test]:
    """What must hold one by one for all tests to hold."""
    for test in tests:
        if isinstance(test, All):
            yield from _parts(test.parts)
        elif isinstance(test, Not) and isinstance(test.part, Some):
            yield from _parts(map(Not, test.part.parts))
        else:
            yield test


def _spread(
    axes: Sequence[int], values: npt.NDArray[Any], onto: Sequence[int]
) -> npt.NDArray[Any]:
    """An array over some axes, shaped to be crossed with arrays over others."""
    sizes = dict(zip(axes, values.shape, strict=True))
    return values.reshape([sizes.get(axis, 1) for axis in onto])


def _search(masks: Sequence[_Mask]) -> dict[int, int] | None:
    """A cell on each axis for which all masks hold; None where there is none.

    Axes are eliminated one by one: the masks that read an axis are joined, and what is left says
    for the other axes whether some cell of this one fits. Raises `TooManyCellsError`.
    """
    alone: dict[int, Bools] = {}
    remaining = []
    for mask in masks:
        if len(mask.axes) == 1:
            alone[mask.axes[0]] = mask.holds & alone.get(mask.axes[0], np.True_)
        elif mask.axes:
            remaining.append(mask)
        elif not mask.holds:
            return None
    crossed = {axis for mask in remaining for axis in mask.axes}
    remaining += [_Mask((axis,), holds) for axis, holds in alone.items() if axis in crossed]
    joined = [(axis, _Mask((axis,), holds)) for axis, holds in alone.items()]
    while remaining:
        axis, around = _cheapest(remaining)
        own = [mask for mask in remaining if axis in mask.axes]
        holds = reduce(np.logical_and, (_spread(mask.axes, mask.holds, around) for mask in own))
        joined.append((axis, _Mask(around, holds)))
        rest = tuple(each for each in around if each != axis)
        remaining = [mask for mask in remaining if axis not in mask.axes]
        remaining += [_Mask(rest, np.any(holds, axis=around.index(axis)))] if rest else []
    return _chosen(joined) if all(mask.holds.any() for _, mask in joined) else None


def _cheapest(masks: Sequence[_Mask]) -> tuple[int, tuple[int, ...]]:
    """The axis whose masks have the fewest cells once joined, and the axes that they read."""
    sizes = {
        axis: size
        for mask in masks
        for axis, size in zip(mask.axes, mask.holds.shape, strict=True)
    }
    reads = {
        axis: tuple(sorted({each for mask in masks if axis in mask.axes for each in mask.axes}))
        for axis in sizes
    }
    counts = {axis: prod(sizes[each] for each in reads[axis]) for axis in sizes}
    axis = min(counts, key=counts.__getitem__)
    if counts[axis] > MAX_CELLS:
        raise TooManyCellsError
    return axis, reads[axis]


def _chosen(joined: Sequence[tuple[int, _Mask]]) -> dict[int, int]:
    """The first cell that fits on each axis, in reverse order of elimination."""
    chosen: dict[int, int] = {}
    for axis, mask in reversed(joined):
        if axis not in chosen:
            fitting = mask.holds[tuple(chosen.get(each, slice(None)) for each in mask.axes)]
            chosen[axis] = int(np.argmax(fitting))
    return chosen


# --- one case ---------------------------------------------------------------------------------


def neighbours(
    tests: Iterable[Test], facts: Mapping[str, Plain | None], vary: Sequence[str]
) -> pl.DataFrame | None:
    """The purchases next to one purchase, from which the smallest change can be picked.

    Every fact of `vary` takes its own value and, beyond each bound at which some condition changes
    its answer, the value nearest to its own (one fen, day, second or `Fact.step` beyond a bound
    that is not included). Facts compared with each other also take the values that fit the other's
    new one. All combinations, one row each, the case itself first; the other facts stay. A text
    that no condition names stands as `ANOTHER`. None where there would be over a million.
    """
    atoms = list(dict.fromkeys(atom for test in tests for atom in atoms_of(test)))
    read = {name for atom in atoms for name in facts_of(atom)}
    varied = [name for name in dict.fromkeys(vary) if name in read]
    fixed = {name: value for name, value in facts.items() if name not in varied}
    frame = fact_row(fixed)
    for group in tied(varied, atoms):
        around = _around(group, atoms, facts, fixed)
        if around is None or frame.height * around.height > MAX_CELLS:
            return None
        frame = frame.join(around, how="cross")
    return frame.select(*dict.fromkeys((*facts, *varied)))


def fact_row(facts: Mapping[str, Plain | None]) -> pl.DataFrame:
    """One purchase as a typed frame of one row."""
    return pl.DataFrame(
        [
            pl.Series(name, [value], dtype=POLARS_TYPES[FACTS[name].type])
            for name, value in facts.items()
        ]
        or NO_FACTS
    )


def _around(
    group: tuple[str, ...],
    atoms: Sequence[Atom],
    own: Mapping[str, Plain | None],
    fixed: Mapping[str, Plain | None],
) -> pl.DataFrame | None:
    """The values of tied facts next to their own, the own ones first.

    Of a fact that stands alone, one value is enough for each combination of answers: the nearest.
    Of a number all are kept, since which is nearest shows only on the multiples of its step.
    """
    reading = [atom for atom in atoms if not set(group).isdisjoint(facts_of(atom))]
    found = points(group, reading, own=own, fixed=fixed)
    if found is None:
        return None
    distances = [_distance(name, own.get(name)) for name in group]
    frame = found.frame.sort(pl.sum_horizontal(distances), maintain_order=True)
    if len(group) > 1 or is_real(group[0]):
        return frame
    known = fact_row({name: value for name, value in fixed.items() if name not in group})
    [answers] = _answered([(frame.join(known, how="cross"), reading)])
    return frame[_first_of_each(answers)]


def _distance(name: str, own: Plain | None) -> pl.Expr:
    """How far a fact lies from its own value: in its unit, or 1 for any other text or flag."""
    value = pl.lit(own, dtype=POLARS_TYPES[FACTS[name].type])
    if own is None or FACTS[name].type not in NUMERIC:
        return pl.col(name).ne_missing(value).cast(pl.Float64)
    return (pl.col(name).to_physical() - value.to_physical()).abs().cast(pl.Float64)


# --- shortcuts --------------------------------------------------------------------------------


def can_hold(tests: Sequence[Test]) -> bool | None:
    """Is there a purchase for which all conditions hold? None where nobody looked."""
    return Cells(tests).can_hold(tests)


def refuses_someone(test: Test, others: Sequence[Test]) -> bool | None:
    """Is there a purchase that the others let pass and this condition refuses?"""
    return can_hold([Not(test), *others])
