"""Into which classes do conditions cut one column of facts?

A measure is one fact, or one comparison of two facts known as a truth of its own. Within a class
every condition that reads the measure alone has one answer, so a class has one value that stands
for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.conditions import (
    POLARS_TYPES,
    All,
    Compare,
    FactValue,
    Like,
    Missing,
    Not,
    OneOf,
    Some,
    Test,
    leaves,
)
from promo.policy.linear import NEVER_NEGATIVE, NUMERIC, cuts_of
from promo.policy.points import ANOTHER
from promo.schema import FACTS, FactType, Ints

Array: TypeAlias = npt.NDArray[Any]
MICROSECONDS = 1_000_000


class UnsuitedError(Exception):
    """The rules, or the words of a column, have a shape that no table of classes can hold."""


@dataclass(frozen=True, slots=True)
class Given:
    """A truth that is known beforehand and stands in a column of its own."""

    column: str

    def expression(self) -> pl.Expr:
        return pl.col(self.column)


def given(column: str) -> Test:
    """The truth in a column, as a test among others."""
    return cast("Test", Given(column))


def is_missing(name: str) -> Test:
    """Is a fact missing? Cuts nothing else."""
    return Missing(FactValue(name))


def names_in(test: Test) -> tuple[str, ...]:
    """The measures that a test reads, in order of first use."""
    found: list[str] = []
    for node in cast("Iterator[Any]", leaves(test)):
        if isinstance(node, FactValue):
            found.append(node.name)
        elif isinstance(node, Given):
            found.append(node.column)
    return tuple(dict.fromkeys(found))


def units(test: Test) -> Iterator[Test]:
    """The largest parts of a test that read one measure each."""
    if len(names_in(test)) == 1:
        yield test
    elif isinstance(test, Not):
        yield from units(test.part)
    elif isinstance(test, All | Some):
        for part in test.parts:
            yield from units(part)


def answers(frame: pl.DataFrame, tests: Sequence[Test]) -> Ints:
    """(rows, tests): 1 where a test holds, -1 where it does not, 0 where nobody knows."""
    named = {f"answer {place}": test.expression() for place, test in enumerate(tests)}
    found = frame.with_columns(**named).select(*named)
    columns = [(column.cast(pl.Int64) * 2 - 1).fill_null(0).to_numpy() for column in found]
    return np.stack(columns, axis=1) if columns else np.zeros((frame.height, 0), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Measure:
    """One column cut into classes; the last class is the missing value.

    Attributes
    ----------
    tests : the tests that read this measure alone
    values : (K,) one value of each class
    answers : (K, tests) what each test says of each class
    bounds : where the next class starts, in fen, days, microseconds or plain numbers; none of
        words and truths, whose classes are listed
    """

    name: str
    tests: tuple[Test, ...]
    values: pl.Series
    answers: Ints
    bounds: Array | None

    @property
    def missing(self) -> int:
        """The class of a missing value."""
        return len(self.values) - 1

    def digits(self, tests: Sequence[Test]) -> Ints:
        """(K,) classes that these tests cannot tell apart get the same number, from 0 up."""
        places = [self.tests.index(test) for test in tests]
        _, found = np.unique(self.answers[:, places], axis=0, return_inverse=True)
        return found.reshape(-1).astype(np.int64)


def measure(name: str, tests: Sequence[Test]) -> Measure:
    """The classes into which tests that read one measure alone cut it."""
    tests = tuple(dict.fromkeys(tests))
    if type_of(name) in NUMERIC:
        bounds = _bounds(name, tests)
        least = bounds[:1] - 1 if len(bounds) else np.zeros(1, dtype=bounds.dtype)
        if type_of(name) in NEVER_NEGATIVE:
            least = np.minimum(least, 0) if not len(bounds) or bounds[0] <= 0 else least * 0
        values = _typed(name, np.concatenate([least, bounds]))
    else:
        bounds, values = None, pl.Series(name, _listed(name, tests), dtype=_dtype(name))
    values = pl.concat([values, pl.Series(name, [None], dtype=values.dtype)])
    return Measure(name, tests, values, answers(values.to_frame(), tests), bounds)


def type_of(name: str) -> FactType:
    """The type of a measure; a comparison is true or false."""
    return FACTS[name].type if name in FACTS else FactType.FLAG


def _dtype(name: str) -> pl.DataType:
    return POLARS_TYPES[type_of(name)]


def _typed(name: str, physical: Array) -> pl.Series:
    """Numbers of fen, days or microseconds as a column of facts."""
    whole = pl.Int32 if type_of(name) is FactType.DAY else pl.Int64
    series = pl.Series(name, physical)
    return series if type_of(name) is FactType.NUMBER else series.cast(whole).cast(_dtype(name))


# --- where numbers are cut --------------------------------------------------------------------


def _bounds(name: str, tests: Sequence[Test]) -> Array:
    """The least value of each class but the first.

    Around every constant the tests themselves are asked, so that the bound is where their answers
    change in the arithmetic of the expressions, to the last bit.
    """
    points = _around(name, tests)
    said = _said(name, tests, points)
    changes = np.flatnonzero((said[1:] != said[:-1]).any(axis=1))
    low, high = points[changes], points[changes + 1]
    while len(low):
        middle = low + (high - low) / 2 if low.dtype.kind == "f" else low + (high - low) // 2
        if np.all((middle == low) | (middle == high)):
            break
        before = (_said(name, tests, middle) == said[changes]).all(axis=1)
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    if not np.array_equal(_said(name, tests, high), said[changes + 1]):
        raise UnsuitedError(f"'{name}' is cut where no constant stands")
    return high


def _said(name: str, tests: Sequence[Test], physical: Array) -> Ints:
    return answers(_typed(name, physical).to_frame(), tests)


def _around(name: str, tests: Sequence[Test]) -> Array:
    """Values on either side of everything that the measure is compared with, ascending."""
    cuts = [
        cut.bound / cut.weight(name)
        for test in tests
        for atom in leaves(test)
        if isinstance(atom, Compare | OneOf) and name in names_in(atom)
        for cut in cuts_of(atom)
    ]
    if type_of(name) is FactType.NUMBER:
        near = np.array([0.0, *map(float, cuts)])
        near = np.concatenate([near, np.nextafter(near, -np.inf), np.nextafter(near, np.inf)])
    else:
        near = np.array([0, *(int(cut // 1) for cut in cuts)], dtype=np.int64)
        near = np.concatenate([near, near + 1])
        near *= MICROSECONDS if type_of(name) is FactType.MOMENT else 1
        near = np.concatenate([near, near - 1, near + 1])
    near = np.unique(near)
    between = near[:-1] + (near[1:] - near[:-1]) // 2
    return np.unique(np.concatenate([near[:1] - 1, near, between, near[-1:] + 1]))


def _listed(name: str, tests: Sequence[Test]) -> list[Any]:
    """Every word that the tests name and one that they do not; both truths of a flag."""
    if type_of(name) is FactType.FLAG:
        return [False, True]
    words = set(FACTS[name].choices)
    for test in tests:
        for node in leaves(test):
            words.update(_words(node))
    other = ANOTHER
    while other in words:
        other += "!"
    return [*sorted(words), other]


def _words(node: object) -> Iterator[str]:
    """The words that an atom names, and some that fit its pattern."""
    if isinstance(node, OneOf):
        yield from (each for each in node.items if isinstance(each, str))
    elif isinstance(node, Compare):
        for side in (node.left, node.right):
            value = getattr(side, "value", None)
            if isinstance(value, str):
                yield value
    elif isinstance(node, Like):
        for filler in ("", "x"):
            yield node.pattern.replace("%", filler).replace("_", "x")
