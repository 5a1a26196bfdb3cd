"""What does each of very many claims get, once the rules are a table over integer codes?

The classes of a row's facts give its code, the code its decision and amount. Requirements only
say whether all are fulfilled, one is open, or one fails. Where an amount follows a price, the
table holds the straight piece: a rounded share of the price moved by a constant, between a least
and a most.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import gcd, prod
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.benefits import PARTS
from promo.policy.columns import Array, Sums, Weight, bases, column, physical, terms
from promo.policy.conditions import Test
from promo.policy.measures import Measure, UnsuitedError, names_in
from promo.policy.money import Rounding
from promo.policy.rules import with_all_facts
from promo.schema import Bools, Ints

DECISIONS = ("approved", "refused", "incomplete", "waiting", "undeclared")
APPROVED, REFUSED = 0, 1
FULFILLED, OPEN, FAILED = 0, 1, 2
MOST_CELLS = 1 << 16
BLOCK = 32_768  # rows: the few small columns of a block stay in the cache
BLOCK_OF_MANY = 262_144  # rows: threads wait for each other between the steps of a block


class Decided(NamedTuple):
    """One each a claim: the place in `DECISIONS`, and whole fen."""

    decision: npt.NDArray[np.uint8]
    amount_fen: npt.NDArray[np.int32] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gate:
    """What requirements say of each combination of classes of the measures that they read.

    Attributes
    ----------
    places : the measures, by place
    digits : for each of them, a number for each class
    said : one axis a measure: FULFILLED, OPEN or FAILED
    """

    places: tuple[int, ...]
    digits: tuple[Ints, ...]
    said: Ints


@dataclass(frozen=True, slots=True)
class Slope:
    """A share of a price, in basis points."""

    fact: str
    rate: int


@dataclass(frozen=True, slots=True)
class Share:
    """A rounded share of a price in fen: (price * factor + extra) // divisor * unit."""

    factor: int
    extra: int
    divisor: int
    unit: int

    @classmethod
    def of(cls, slope: Slope, rounding: Rounding) -> Share:
        """The share in lowest terms.

        >>> Share.of(Slope("price", 800), Rounding.model_validate({"to": "1 yuan", "mode": "up"}))
        Share(factor=1, extra=1249, divisor=1250, unit=100)
        """
        whole = rounding.to * PARTS
        extra = {"down": 0, "half_up": whole // 2, "up": whole - 1}.get(rounding.mode, 0)
        common = gcd(slope.rate, whole)
        # floor((x + e) / d) = floor((x + floor(e)) / d) for whole x and d
        return cls(slope.rate // common, extra // common, whole // common, rounding.to)

    def __call__(self, prices: Array) -> Array:
        """What the prices give."""
        found = np.empty(len(prices), dtype=np.int64)
        self.into(found, prices)
        return found

    def into(self, found: Array, prices: Array) -> None:
        """The same into an array, in the width of the array."""
        if self.factor != 1:
            prices = np.multiply(prices, self.factor, out=found, dtype=found.dtype)
        if self.extra:
            prices = np.add(prices, self.extra, out=found, dtype=found.dtype)
        np.floor_divide(prices, self.divisor, out=found, dtype=found.dtype, casting="same_kind")
        np.multiply(found, self.unit, out=found)

    def fits(self, highest: int) -> bool:
        """Can prices up to the highest be shared in 32 bits?"""
        most = max(highest, 0) * self.factor + self.extra
        return max(most, most // self.divisor * self.unit) < 1 << 31


@dataclass(frozen=True, slots=True)
class Pieces:
    """What each cell gets.

    Attributes
    ----------
    decision : place in `DECISIONS`
    most : the amount in fen, or the most where the amount follows a price
    slope : 0, or the place of the slope from 1 on; then the amount is the rounded share plus
        `shift`, at least `least` and at most `most`
    less : whether what was paid on the claim before is taken off
    """

    decision: Array
    most: Array
    slope: Array
    shift: Array
    least: Array
    less: Bools

    def each(self, change: Any) -> Pieces:
        """Every array changed in one way."""
        return Pieces(*(change(getattr(self, field.name)) for field in dataclasses.fields(self)))


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A rule set as a table over the classes of its facts.

    Attributes
    ----------
    measures : every fact and comparison of facts that the rules read
    derived : comparisons of two facts, by the name of the measure
    axes : the measures on which amounts depend, by place, with a digit for each class
    gates : what requirements say; `always` is what those say that read no fact
    pieces : first axis what the requirements say together, then one axis a measure
    ceiling : the share of a price that no amount exceeds
    """

    measures: tuple[Measure, ...]
    derived: dict[str, Test]
    axes: dict[int, Ints]
    gates: tuple[Gate, ...]
    always: int
    pieces: Pieces
    slopes: tuple[Slope, ...]
    ceiling: Slope | None
    rounding: Rounding

    def decide(
        self, frame: pl.DataFrame, *, threads: int = 1, block: int | None = None
    ) -> Decided:
        """Decision and amount of every claim; the same for any threads and rows of a block.

        Amounts are Int32 where every amount of the rules fits. Raises `UnsuitedError` for columns
        that only the expressions can judge.
        """
        if any(name.startswith("scale.") for name in frame.columns):
            raise UnsuitedError("amounts are scaled")
        reader = _Reader(self, frame)
        most = int(self.pieces.most.max(initial=0))
        fen: Any = np.int32 if most <= np.iinfo(np.int32).max else np.int64
        decided = Decided(np.empty(frame.height, np.uint8), np.empty(frame.height, fen))
        block = block or (BLOCK if threads == 1 else BLOCK_OF_MANY)
        ends = [frame.height * part // threads for part in range(threads + 1)]

        def fill(part: int) -> None:
            reader.fill(decided, range(ends[part], ends[part + 1], block), ends[part + 1])

        if threads == 1:
            fill(0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(fill, range(threads)))
        return decided


CODE, STATUS, FIRST_GATE = 0, 1, 2  # the sums; after them the codes of gates of several facts


class _Reader:
    """A table bound to one frame; only the cells that its columns can reach are kept."""

    def __init__(self, table: CodeTable, frame: pl.DataFrame) -> None:
        frame = _with_comparisons(frame, table.derived)
        columns = [column(each, frame) for each in table.measures]
        present = {place: each.present for place, each in enumerate(columns)}
        reached = {place: np.unique(each[present[place]]) for place, each in table.axes.items()}
        is_open = table.always == OPEN or any(_may_be_open(gate, present) for gate in table.gates)
        statuses = np.array([FULFILLED, OPEN, FAILED] if is_open else [FULFILLED, FAILED])
        kept = np.ix_(statuses, *reached.values())
        pieces = table.pieces.each(lambda axes: axes[kept].ravel())
        self.several = [gate for gate in table.gates if len(gate.places) > 1]
        self.failure = len(table.gates) + 2 if is_open else 1
        self.thresholds = (1, self.failure) if is_open else (1,)
        self.cells = len(pieces.decision) // len(statuses)
        self.types = self.sum_types(len(table.gates), len(pieces.decision))
        vectors = self.vectors(table, reached)
        self.terms = [
            terms(each, own, self.types) for each, own in zip(columns, vectors, strict=True) if own
        ]
        self.bases = bases(self.terms, self.types)
        self.bases[STATUS] += int(self.worth(np.array(table.always)))
        self.pieces = pieces
        self.follows = _Follows(table, frame, pieces)

    def sum_types(self, gates: int, cells: int) -> tuple[Any, ...]:
        """The narrowest unsigned numbers that hold each sum."""
        most = self.failure * (gates + 1)
        sizes = [cells, most + 1, *(gate.said.size for gate in self.several)]
        if max(sizes) > MOST_CELLS:
            raise UnsuitedError("too many requirements")
        return tuple(np.uint8 if size <= 256 else np.uint16 for size in sizes)

    def worth(self, said: Array) -> Array:
        """What an answer adds to the status of a row: one failure outweighs all that is open."""
        return np.where(said == FAILED, self.failure, said)

    def vectors(self, table: CodeTable, reached: Mapping[int, Ints]) -> list[dict[int, Ints]]:
        """What each class of each measure adds to the code, the status and the codes of gates."""
        found: list[dict[int, Ints]] = [{} for _ in table.measures]
        shape = tuple(map(len, reached.values()))
        for (place, digits), stride in zip(reached.items(), _strides(shape), strict=True):
            rank = np.searchsorted(digits, table.axes[place]).clip(0, len(digits) - 1)
            found[place][CODE] = rank * stride
        for gate in table.gates:
            if len(gate.places) == 1:
                found[gate.places[0]][STATUS] = self.worth(gate.said[gate.digits[0]])
        for target, gate in enumerate(self.several, FIRST_GATE):
            strides = _strides(gate.said.shape)
            for place, digits, stride in zip(gate.places, gate.digits, strides, strict=True):
                found[place][target] = digits * stride
        return found

    def fill(self, decided: Decided, starts: range, stop: int) -> None:
        """Decides the rows from each start to the next."""
        gates = [self.worth(each.said.ravel()).astype(self.types[STATUS]) for each in self.several]
        decisions = self.pieces.decision.astype(np.uint8)
        plain = bool((decisions <= REFUSED).all())
        most = self.pieces.most.astype(decided.amount_fen.dtype)
        room = self.room(0)
        for start in starts:
            rows = slice(start, min(start + starts.step, stop))
            if len(room.cells) != rows.stop - start:
                room = self.room(rows.stop - start)
            self.code(rows, room, gates)
            decision, amount = decided.decision[rows], decided.amount_fen[rows]
            np.take(most, room.cells, out=amount, mode="clip")
            self.follows.change(rows, room, amount)
            # Approved is 0, refused 1, all else above; who gets nothing is not approved.
            np.equal(amount, 0, room.sums.mask)
            if plain:
                decision[:] = room.sums.truths
            else:
                np.take(decisions, room.cells, out=decision, mode="clip")
                np.maximum(decision, room.sums.truths, out=decision)

    def room(self, rows: int) -> _Room:
        sums = Sums(self.bases, self.types, rows)
        prices = np.empty(rows, dtype=self.follows.type)
        return _Room(sums, np.empty(rows, dtype=np.intp), prices)

    def code(self, rows: slice, room: _Room, gates: Sequence[Array]) -> None:
        """The cell of each row."""
        sums = room.sums
        sums.start()
        for each in self.terms:
            each.add(rows, sums)
        status, stride = sums.wholes[STATUS], (Weight.of(CODE, self.cells, self.types),)
        for target, said in enumerate(gates, FIRST_GATE):
            status += said.take(sums.wholes[target])
        for least in self.thresholds:
            np.greater_equal(status, least, sums.mask)
            sums.add(stride, sums.truths)
        np.copyto(room.cells, sums.wholes[CODE])


class _Room(NamedTuple):
    """What one thread needs for a block of rows, made once: fresh memory costs more than sums."""

    sums: Sums
    cells: npt.NDArray[np.intp]
    prices: Array


class _Follows:
    """The amounts that follow a price, and the ceiling that follows one."""

    def __init__(self, table: CodeTable, frame: pl.DataFrame, pieces: Pieces) -> None:
        self.pieces = pieces
        self.slope = pieces.slope.astype(np.uint8)
        self.shares = [
            (place, each.fact, Share.of(each, table.rounding))
            for place, each in enumerate(table.slopes, 1)
            if (pieces.slope == place).any()
        ]
        self.prices = {fact: _prices(fact, frame) for _, fact, _ in self.shares}
        self.ceiling = None if table.ceiling is None else _Ceiling(table, frame)
        self.type: Any = np.int64 if self.ceiling is None else self.ceiling.type
        self.before = _prices("already_paid", frame) if pieces.less.any() else None

    def change(self, rows: slice, room: _Room, amount: Array) -> None:
        """Sets the amounts that follow a price, and cuts them."""
        cells = room.cells
        slope = self.slope.take(cells) if self.shares else self.slope
        for place, fact, share in self.shares:
            own = np.flatnonzero(slope == place)
            cell = cells[own]
            found = share(self.prices[fact][rows][own]) + self.pieces.shift[cell]
            amount[own] = np.clip(found, self.pieces.least[cell], self.pieces.most[cell])
        if self.ceiling is not None:
            self.ceiling.cut(rows, amount, room.prices)
        if self.before is not None:
            own = np.flatnonzero(self.pieces.less.take(cells))
            amount[own] -= np.minimum(self.before[rows][own], amount[own]).astype(amount.dtype)


class _Ceiling:
    """The share of a price that no amount exceeds; where the price is missing there is none."""

    def __init__(self, table: CodeTable, frame: pl.DataFrame) -> None:
        slope = cast("Slope", table.ceiling)
        self.share = Share.of(slope, table.rounding)
        self.prices = _prices(slope.fact, frame)
        narrow = self.share.fits(int(np.iinfo(self.prices.dtype).max))
        narrow = narrow or self.share.fits(int(self.prices.max(initial=0)))
        self.type: Any = np.int32 if narrow else np.int64
        known = slope.fact in frame.columns
        series = frame[slope.fact] if known else pl.Series([None] * frame.height)
        self.missing = series.is_null().to_numpy() if series.null_count() else None

    def cut(self, rows: slice, amount: Array, most: Array) -> None:
        """Cuts what exceeds the ceiling; `most` is room for it."""
        self.share.into(most, self.prices[rows])
        if self.missing is not None:
            most[self.missing[rows]] = np.iinfo(self.type).max
        np.minimum(amount, most, out=amount, casting="unsafe")  # never above the amount


def _prices(fact: str, frame: pl.DataFrame) -> Array:
    if fact not in frame.columns:
        return np.zeros(frame.height, dtype=np.int64)
    return physical(fact, frame[fact].rechunk())


def _with_comparisons(frame: pl.DataFrame, derived: Mapping[str, Test]) -> pl.DataFrame:
    """The frame with the answer to each comparison of two facts."""
    if not derived:
        return frame
    facts = tuple({name for test in derived.values() for name in names_in(test)})
    own = with_all_facts(frame.select(each for each in frame.columns if each in facts), facts)
    named = {name: test.expression() for name, test in derived.items()}
    return pl.concat([frame, own.select(**named)], how="horizontal")


def _may_be_open(gate: Gate, present: Mapping[int, Ints]) -> bool:
    """Can a gate be open for the classes that are there?"""
    kept = (each[present[place]] for place, each in zip(gate.places, gate.digits, strict=True))
    return bool((gate.said[np.ix_(*map(np.unique, kept))] == OPEN).any())


def _strides(shape: Sequence[int]) -> list[int]:
    """How far apart neighbours on each axis lie, the last axis fastest."""
    return [prod(shape[place + 1 :]) for place in range(len(shape))]
