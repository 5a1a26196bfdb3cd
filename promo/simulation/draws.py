"""Which worlds do we try? Draws of all assumptions, and the luck inside each world.

Parameters are scrambled Sobol points (Owen 1998; Joe and Kuo 2008), in `SCRAMBLES` independent
scramblings, so that the spread of their means gives every measure a standard error. The luck of
one draw comes from streams keyed by (seed, name, draw): no result depends on how the draws are
cut into blocks or handed to workers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from promo.schema import Assumption, Floats, Ints

SCRAMBLES = 16
"""Independent scramblings; the standard error has 15 degrees of freedom."""


@dataclass(frozen=True, slots=True)
class ParameterDraws:
    """One value of every assumption in every draw.

    Attributes
    ----------
    number : (R,) the number of each draw, which keys its streams
    values : name -> (R,) values in the unit of the assumption
    """

    seed: int
    number: Ints
    values: Mapping[str, Floats]

    def __len__(self) -> int:
        return int(self.number.size)

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def take(self, rows: slice | Ints) -> ParameterDraws:
        """The draws of these rows."""
        return replace(
            self,
            number=self.number[rows],
            values={name: value[rows] for name, value in self.values.items()},
        )

    def holding(self, name: str, value: float) -> ParameterDraws:
        """The same draws with one assumption held at a value in all of them."""
        held = np.full(len(self), float(value))
        return replace(self, values={**self.values, name: held})


def joined_draws(parts: Sequence[ParameterDraws]) -> ParameterDraws:
    """Draws of several variants one after the other; numbers may repeat."""
    first = parts[0]
    values = {name: np.concatenate([p.values[name] for p in parts]) for name in first.values}
    return ParameterDraws(first.seed, np.concatenate([p.number for p in parts]), values)


Shape: TypeAlias = Callable[[Floats], Floats]
"""From quantiles between 0 and 1 to values: the inverse distribution function."""


def draw_parameters(
    assumptions: Sequence[Assumption],
    *,
    seed: int,
    draws: int,
    shapes: Mapping[str, Shape] | None = None,
    names: Sequence[str] | None = None,
) -> ParameterDraws:
    """Draw every assumption from its range.

    `value` is the median: one half of the draws lies evenly between `low` and `value`, the other
    half evenly between `value` and `high`. That says no more than the three numbers say. Where
    more is known of an assumption, `shapes` holds its inverse distribution function.

    Draws must be `SCRAMBLES` times a power of two. Draw r belongs to scrambling r modulo
    `SCRAMBLES`, so a longer run contains the draws of a shorter one. `names` lists the assumptions
    of all designs that are to share their draws, in a fixed order.
    """
    listed = list(names) if names is not None else [a.name for a in assumptions]
    unit = _unit_points(len(listed), seed=seed, draws=draws)
    values: dict[str, Floats] = {}
    for assumption in assumptions:
        quantile = unit[:, listed.index(assumption.name)]
        shape = (shapes or {}).get(assumption.name)
        values[assumption.name] = shape(quantile) if shape else _from_range(quantile, assumption)
    return ParameterDraws(seed=seed, number=np.arange(draws), values=values)


def _unit_points(dimensions: int, *, seed: int, draws: int) -> Floats:
    """Scrambled Sobol points (R, D) between 0 and 1."""
    from scipy.stats import qmc

    points = np.empty((draws // SCRAMBLES, SCRAMBLES, max(dimensions, 1)))
    for scramble in range(SCRAMBLES):
        stream = np.random.default_rng(stream_key(seed, "parameters", scramble))
        sobol = qmc.Sobol(d=points.shape[-1], scramble=True, rng=stream)
        points[:, scramble] = sobol.random(points.shape[0])
    return points.reshape(draws, -1)


def _from_range(unit: Floats, assumption: Assumption) -> Floats:
    below = assumption.low + 2 * unit * (assumption.value - assumption.low)
    above = assumption.value + (2 * unit - 1) * (assumption.high - assumption.value)
    return np.where(unit < 0.5, below, above)


def stream_key(seed: int, name: str, number: int) -> np.random.SeedSequence:
    """The key of the stream that serves this name in this draw."""
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()), int(number)))


class Luck(Protocol):
    """How rates become cars: honest random counts, or their means."""

    @property
    def whole(self) -> bool:
        """Whether cars are whole numbers."""

    def counts(self, rates: Floats) -> npt.NDArray[Any]:
        """Cars that arrive at these rates."""

    def split(self, cars: npt.NDArray[Any], shares: Floats) -> npt.NDArray[Any]:
        """Cars (...,) over categories with shares (..., C) that sum to one: (..., C)."""

    def order(self, cars: npt.NDArray[Any]) -> tuple[Ints, npt.NDArray[Any], Floats]:
        """Claims of one day as they arrive: column, size and moment of the day (0 to 1)."""

    def some(self, cars: npt.NDArray[Any], number: Any) -> npt.NDArray[Any]:
        """Of these cars (C,), which (C,) are among so many picked from all of them?"""

    def part(self, name: str) -> Luck:
        """The luck of one part of a draw, whatever has been drawn before."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Honest random counts from the stream of one draw; whole cars."""

    stream: np.random.Generator

    @classmethod
    def of(cls, seed: int, name: str, number: int) -> Chance:
        """The luck called `name` in draw `number`."""
        return cls(np.random.Generator(np.random.Philox(stream_key(seed, name, number))))

    @property
    def whole(self) -> bool:
        return True

    def counts(self, rates: Floats) -> Ints:
        return self.stream.poisson(rates)

    def split(self, cars: npt.NDArray[Any], shares: Floats) -> Ints:
        return self.stream.multinomial(cars, shares)

    def by_kind(self, cars: Ints, row: Ints, shares: Floats) -> tuple[Ints, Ints, Ints]:
        """Cars (M,) over categories, each place by a row (M,) of shares (N, C), as `split` does.

        Returns place, category and number of what there is. Where few cars meet many categories
        each car is drawn by itself, which is faster.
        """
        if cars.sum() > cars.size * shares.shape[1]:
            counts = self.split(cars, shares[row])
            place, category = np.nonzero(counts)
            return place, category, counts[place, category]
        place = np.repeat(np.arange(cars.size), cars)
        whole = shares.sum(axis=1, keepdims=True)
        ends = np.cumsum(shares, axis=1) / np.where(whole > 0, whole, 1.0)
        of_car = row[place].astype(np.float64)
        drawn = np.minimum(of_car + self.stream.random(place.size), np.nextafter(of_car + 1, 0))
        ends += np.arange(len(shares))[:, None]
        found = np.searchsorted(ends.ravel(), drawn, side="right")
        category = found - row[place] * shares.shape[1]
        return place, category, np.ones(place.size, dtype=np.int64)

    def order(self, cars: npt.NDArray[Any]) -> tuple[Ints, Ints, Floats]:
        columns = self.stream.permutation(np.repeat(np.arange(cars.size), cars))
        moments = np.sort(self.stream.random(columns.size))
        return columns, np.ones(columns.size, dtype=np.int64), moments

    def some(self, cars: npt.NDArray[Any], number: Any) -> Ints:
        return self.stream.multivariate_hypergeometric(cars, int(number))

    def part(self, name: str) -> Chance:
        key = self.stream.bit_generator.seed_seq
        if not isinstance(key, np.random.SeedSequence):
            raise TypeError("the stream of a draw has a key")
        place = (*key.spawn_key, zlib.crc32(name.encode()))
        found = np.random.SeedSequence(key.entropy, spawn_key=place)
        return Chance(np.random.Generator(np.random.Philox(found)))


@dataclass(frozen=True, slots=True)
class Means:
    """Rates taken as they are: fractions of cars, for differences between many variants."""

    slices: int = 200
    """Equal parts into which the claims of the closing day are cut."""

    @property
    def whole(self) -> bool:
        return False

    def counts(self, rates: Floats) -> Floats:
        return rates

    def split(self, cars: npt.NDArray[Any], shares: Floats) -> Floats:
        return np.asarray(cars[..., np.newaxis] * shares)

    def order(self, cars: npt.NDArray[Any]) -> tuple[Ints, Floats, Floats]:
        present = np.flatnonzero(cars > 0)
        columns = np.tile(present, self.slices)
        sizes = cars[columns] / self.slices
        moments = np.repeat((np.arange(self.slices) + 0.5) / self.slices, present.size)
        return columns, sizes, moments

    def some(self, cars: npt.NDArray[Any], number: Any) -> Floats:
        total = float(cars.sum())
        return np.asarray(cars * (number / total if total > 0 else 0.0))

    def part(self, name: str) -> Means:
        del name
        return self
