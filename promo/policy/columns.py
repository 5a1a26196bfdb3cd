"""How are a few numbers for each class of a column added up over very many rows?

A column is read as it lies in memory: numbers, moments and the places of words in a dictionary
alike are numbers between bounds, and each interval between bounds has a class. What a class brings
to a row is added by comparing with the bounds, a block of rows at a time, in the wrapping
arithmetic of unsigned numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.conditions import POLARS_TYPES, Compare, Like, leaves
from promo.policy.measures import Measure, UnsuitedError, answers, type_of
from promo.schema import Bools, FactType, Ints

Array: TypeAlias = npt.NDArray[Any]
Unsigned: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
MANY_BOUNDS = 12  # from here on, searching is faster than comparing one by one


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a frame as numbers, with a class for every interval between bounds.

    Attributes
    ----------
    numbers : (N,) as they lie in memory, 0 where missing; None where the frame lacks the column
    bounds, classes : classes[0] below bounds[0], classes[1] from bounds[0] on, and so forth
    missing : (N,) which values are missing; None where none is
    """

    numbers: Array | None
    bounds: Array
    classes: Ints
    missing: Bools | None
    missing_class: int

    @property
    def present(self) -> Ints:
        """The classes that can occur."""
        lost = [] if self.numbers is not None and self.missing is None else [self.missing_class]
        return np.unique(np.array([*self.classes.tolist(), *lost], dtype=np.int64))


def column(measure: Measure, frame: pl.DataFrame) -> Column:
    """How a measure lies in a frame; raises `UnsuitedError` for words that nobody foresaw."""
    if measure.name not in frame.columns:
        empty = np.empty(0, dtype=np.int64)
        return Column(None, empty, empty, None, measure.missing)
    series = frame[measure.name].rechunk()
    if measure.bounds is not None:
        numbers = physical(measure.name, series)
        whole = numbers.dtype.kind in "iu"
        bounds = np.ceil(measure.bounds).astype(np.int64) if whole else measure.bounds
        classes = np.arange(len(bounds) + 1)
    elif type_of(measure.name) is FactType.FLAG:
        numbers = _in_memory(series.cast(pl.Boolean).cast(pl.UInt8))
        bounds, classes = np.array([1]), np.array([0, 1])
    else:
        numbers, bounds, classes = _dictionary(series, measure)
    if numbers.dtype.kind in "iu":  # bounds that no number of this width can reach part nothing
        limits = np.iinfo(numbers.dtype)
        low, high = np.searchsorted(bounds, [limits.min, limits.max], side="right")
        bounds, classes = bounds[low:high].astype(numbers.dtype), classes[low : high + 1]
    missing = series.is_null().to_numpy() if series.null_count() else None
    return Column(numbers, bounds, classes, missing, measure.missing)


def physical(name: str, series: pl.Series) -> Array:
    """Numbers as they lie, narrow if they are narrow: fen, days, microseconds or plain numbers."""
    if not series.dtype.is_integer() or type_of(name) is FactType.MOMENT:
        series = series.cast(POLARS_TYPES[type_of(name)])
    return _in_memory(series.to_physical())


def _in_memory(series: pl.Series) -> Array:
    """The numbers of a column, 0 where missing, without a copy where none is."""
    found: Array = (series.fill_null(0) if series.null_count() else series).to_numpy()
    return found


def _dictionary(series: pl.Series, measure: Measure) -> tuple[Array, Array, Ints]:
    """The places of words in the dictionary of a column, and the class of each place."""
    if isinstance(series.dtype, pl.Enum):
        words = series.dtype.categories
        places = np.arange(len(words))
    else:
        series = series.cast(pl.Categorical)
        distinct = series.unique().drop_nulls()
        words = distinct.cast(pl.String)
        places = distinct.to_physical().to_numpy().astype(np.int64)
    numbers = _in_memory(series.to_physical())
    order = np.argsort(places)
    classes = _class_of_words(words, measure)[order]
    return numbers, places[order][1:], classes if len(classes) else np.array([measure.missing])


def _class_of_words(words: pl.Series, measure: Measure) -> Ints:
    """The class of each word: by name, or by what the tests say of it."""
    nodes = [node for test in measure.tests for node in leaves(test)]
    by_order = (isinstance(node, Compare) and node.sign not in ("=", "<>") for node in nodes)
    if not any(isinstance(node, Like) for node in nodes) and not any(by_order):
        known = {word: place for place, word in enumerate(measure.values)}
        return np.array([known.get(word, measure.missing - 1) for word in words], dtype=np.int64)
    frame = words.cast(pl.String).alias(measure.name).to_frame()
    said = {tuple(row): place for place, row in enumerate(measure.answers[:-1].tolist())}
    found = [said.get(tuple(row)) for row in answers(frame, measure.tests).tolist()]
    if None in found:
        raise UnsuitedError(f"a word of '{measure.name}' that fits no class")
    return np.array(found, dtype=np.int64)


# --- adding up --------------------------------------------------------------------------------


class Sums:
    """One sum a target over a block of rows, in the target's own unsigned type."""

    def __init__(self, bases: Sequence[int], types: Sequence[Any], rows: int) -> None:
        self.bases = bases
        self.wholes = [np.empty(rows, kind) for kind in types]
        self.terms = [np.empty(rows, kind) for kind in types]
        self.mask = np.empty(rows, dtype=np.bool_)  # room for one truth a row
        self.truths = self.mask.view(np.uint8)

    def start(self) -> None:
        """Sets every sum to its base."""
        for whole, base in zip(self.wholes, self.bases, strict=True):
            whole.fill(base)

    def add(self, weights: Sequence[Weight], truths: Unsigned) -> None:
        """Adds the weights where a truth is 1."""
        for target, change, times in weights:
            whole = self.wholes[target]
            if times is None:
                change(whole, truths, whole)
            else:
                change(whole, np.multiply(truths, times, self.terms[target]), whole)


class Weight(NamedTuple):
    """What a truth adds to a target: itself, its opposite, or so many times itself."""

    target: int
    change: np.ufunc
    times: Array | None

    @classmethod
    def of(cls, target: int, value: int, types: Sequence[Any]) -> Weight:
        """A weight in the target's own unsigned type, which wraps."""
        if abs(value) == 1:
            return cls(target, np.add if value == 1 else np.subtract, None)
        wrapped = value % (int(np.iinfo(types[target]).max) + 1)
        return cls(target, np.add, np.array(wrapped, dtype=types[target]))


@dataclass(frozen=True, slots=True)
class Terms:
    """What one column adds to each target.

    Attributes
    ----------
    base : by target, what every row gets: the number of the last interval, or of missing values
    steps : bounds, and what numbers below each add to each target
    searched : instead of steps, the bounds and a number for each interval by target
    missing : what a missing value adds to what a zero gets
    """

    column: Column
    base: dict[int, int]
    steps: tuple[tuple[Array, tuple[Weight, ...]], ...]
    searched: tuple[Array, dict[int, Array]] | None
    missing: tuple[Weight, ...]

    def add(self, rows: slice, sums: Sums) -> None:
        """Adds up what each row of a block brings."""
        if self.column.numbers is None:
            return
        numbers = self.column.numbers[rows]
        for bound, weights in self.steps:
            np.less(numbers, bound, sums.mask)
            sums.add(weights, sums.truths)
        if self.searched is not None:
            bounds, values = self.searched
            interval = np.searchsorted(bounds, numbers, side="right")
            for target, each in values.items():
                whole = sums.wholes[target]
                np.add(whole, each.take(interval), out=whole)
        if self.column.missing is not None:
            truths = self.column.missing[rows].view(np.uint8)
            sums.add(self.missing, truths)


def terms(column: Column, vectors: Mapping[int, Ints], types: Sequence[Any]) -> Terms:
    """The terms of a column, from a number for each class by target."""
    lost = {target: int(vector[column.missing_class]) for target, vector in vectors.items()}
    if column.numbers is None:
        return Terms(column, lost, (), None, ())
    numbers = {target: vector[column.classes] for target, vector in vectors.items()}
    zero = int(np.searchsorted(column.bounds, 0, side="right"))
    missing = _weights({each: lost[each] - int(numbers[each][zero]) for each in lost}, types)
    changes = np.any([np.diff(each) != 0 for each in numbers.values()], axis=0)
    bounds = column.bounds[changes]
    kept = np.append(np.flatnonzero(changes), len(changes))
    numbers = {target: each[kept] for target, each in numbers.items()}
    if len(bounds) > MANY_BOUNDS:
        values = {target: each.astype(types[target]) for target, each in numbers.items()}
        return Terms(column, {}, (), (bounds, values), missing)
    steps = tuple(
        (
            bounds[at : at + 1].reshape(()),  # of the column's own type: nothing to convert
            _weights({t: int(each[at] - each[at + 1]) for t, each in numbers.items()}, types),
        )
        for at in range(len(bounds))
    )
    base = {target: int(each[-1]) for target, each in numbers.items()}
    return Terms(column, base, steps, None, missing)


def _weights(values: Mapping[int, int], types: Sequence[Any]) -> tuple[Weight, ...]:
    """The weights that are not zero."""
    return tuple(Weight.of(target, value, types) for target, value in values.items() if value)


def bases(every: Iterable[Terms], types: Sequence[Any]) -> list[int]:
    """What every row starts from, by target."""
    sums = [0] * len(types)
    for each in every:
        for target, value in each.base.items():
            sums[target] += value
    sizes = (int(np.iinfo(kind).max) + 1 for kind in types)
    return [each % size for each, size in zip(sums, sizes, strict=True)]
