"""Which car do buyers take when some cars become cheaper?

The pivot form of the nested logit: observed shares carry every attribute, and only the change of
utility enters. Vehicles stand in a tree of nests (segment, energy inside the segment, model), the
trims are its leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Self

import numpy as np

from promo.schema import Floats, Ints

# exp overflows at 709; a car 600 scaled utils behind the best has no buyers in any case.
_LARGEST_EXPONENT = 600.0
# Elements evaluated at once, so that the dozen arrays of one pivot stay in the cache (3 x faster).
_ELEMENTS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Nests:
    """The tree of nests of a market's vehicles; a nest is contiguous in tree order.

    Attributes
    ----------
    order : (J,) vehicles in tree order
    place : (J,) the place of each vehicle in tree order
    starts : one array a level, outermost first: the first child of each nest
    parents : one array a level, outermost first: the nest of each child

    A child is a nest of the next level, or a vehicle in tree order at the innermost level.
    """

    order: Ints
    place: Ints
    starts: tuple[Ints, ...]
    parents: tuple[Ints, ...]

    @classmethod
    def from_labels(cls, levels: Sequence[Sequence[str]]) -> Self:
        """Tree of vehicles from their labels, one sequence a level, outermost first.

        Equal labels under different outer nests are different nests.

        >>> nests = Nests.from_labels([["A", "B", "A"], ["x", "x", "y"]])
        >>> nests.order.tolist(), [starts.tolist() for starts in nests.starts]
        ([0, 2, 1], [[0, 2], [0, 1, 2]])
        """
        if not levels:
            raise ValueError("a tree of nests needs at least one level of labels")
        paths = list(zip(*levels, strict=True))
        # Numbered by first appearance, so that a catalogue already grouped needs no reordering.
        numbers = [
            _numbered([path[: depth + 1] for path in paths]) for depth in range(len(levels))
        ]
        order = np.lexsort(numbers[::-1])
        nest_of_vehicle = [_numbered(number[order].tolist()) for number in numbers]
        starts: list[Ints] = []
        parents: list[Ints] = []
        children = np.arange(len(paths), dtype=np.int64)
        for nest in reversed(nest_of_vehicle):
            first_of_child = np.flatnonzero(np.diff(children, prepend=-1))
            parent = nest[first_of_child]
            parents.insert(0, parent)
            starts.insert(0, np.flatnonzero(np.diff(parent, prepend=-1)))
            children = nest
        place = np.argsort(order)
        return cls(order, place, tuple(starts), tuple(parents))

    @property
    def levels(self) -> int:
        """How many levels of nests stand above the vehicles."""
        return len(self.starts)

    def nest_of(self, level: int) -> Ints:
        """(J,) number of each vehicle's nest at a level, counted from 0 at the outermost."""
        nest = self.parents[-1]
        for parents in reversed(self.parents[level:-1]):
            nest = parents[nest]
        return nest[self.place]

    def in_tree_order(self, values: Floats) -> Floats:
        """Values (..., J) with vehicles in tree order."""
        return values if self._sorted else values[..., self.order]

    def as_given(self, values: Floats) -> Floats:
        """Values (..., J) in tree order back in the order of the labels."""
        return values if self._sorted else values[..., self.place]

    @property
    def _sorted(self) -> bool:
        return bool(np.array_equal(self.order, np.arange(self.order.size)))


@dataclass(frozen=True, slots=True)
class Pivot:
    """What a gain does to one group of buyers.

    Attributes
    ----------
    shares : (..., J) shares of purchases under the gain
    log_inclusive : (...,) ln R, the rise of the best attainable utility, utils
    """

    shares: Floats
    log_inclusive: Floats


def pivot(nests: Nests, shares: Floats, gain: Floats, correlations: Floats) -> Pivot:
    """Shares after each vehicle gains `gain` utils, from the shares before.

    With `L_h` the gain in inclusive value of nest `h`, its scale `s = 1 - correlation` and the
    conditional shares inside it,

        L_h = s ln sum_c (w_c / W_h) exp(L_c / s),        ln R = ln sum_g W_g exp(L_g),
        ln(w'_j / w_j) = gain_j / s_inner + sum_levels L_h (1/s_outside - 1/s) - ln R.

    A gain common to all vehicles leaves the shares exactly as they are and is exactly `ln R`.

    Parameters
    ----------
    shares : (..., J) shares before; vehicles and whole nests of share 0 keep 0
    gain : (..., J) utils, that is alpha (utils per yuan) x benefit (yuan)
    correlations : (L,) or (..., L), outermost level first, each in [0, 1) and at least the one
        outside it; equal values collapse a level. Leading axes broadcast.

    >>> nests = Nests.from_labels([["A", "A", "B"]])
    >>> after = pivot(nests, np.array([0.25, 0.25, 0.5]), np.array([0.1, 0, 0]), np.array([0.5]))
    >>> after.shares.round(4).tolist()
    [0.2821, 0.231, 0.4869]
    """
    shape = np.broadcast_shapes(shares.shape, gain.shape, (*correlations.shape[:-1], 1))
    if len(shape) > 1 and prod(shape) > _ELEMENTS_AT_ONCE:
        return _pivot_by_parts(nests, (shares, gain, correlations), shape)
    scales = [1.0 - correlations[..., level, np.newaxis] for level in range(nests.levels)]
    before = nests.in_tree_order(shares)
    lift, least = _lift(nests.in_tree_order(gain), before, scales[-1])
    rise = lift / scales[-1]
    np.expm1(rise, out=rise)
    inclusive, root = _inclusive_values(nests, before, rise, scales)

    factor = inclusive[0] * (1.0 - 1.0 / scales[0]) - root
    for level in range(1, nests.levels):
        change_of_scale = 1.0 / scales[level - 1] - 1.0 / scales[level]
        factor = factor[..., nests.parents[level - 1]] + inclusive[level] * change_of_scale
    np.exp(factor, out=factor)
    after = factor[..., nests.parents[-1]]
    after *= np.add(rise, 1.0, out=rise)
    return Pivot(nests.as_given(after * before), (root + least)[..., 0])


def _pivot_by_parts(
    nests: Nests, market: tuple[Floats, Floats, Floats], shape: tuple[int, ...]
) -> Pivot:
    """The same pivot, part of the first axis after part; no sum crosses the parts."""
    shares, log_inclusive = np.empty(shape), np.empty(shape[:-1])
    size = _ELEMENTS_AT_ONCE // prod(shape[1:])
    parts = [slice(n, n + size) for n in range(0, shape[0], size)] if size else range(shape[0])
    for part in parts:
        after = pivot(nests, *(_part(values, part, len(shape)) for values in market))
        shares[part], log_inclusive[part] = after.shares, after.log_inclusive
    return Pivot(shares, log_inclusive)


def _part(values: Floats, part: slice | int, dimensions: int) -> Floats:
    """Part of the first axis of the broadcast shape, of an array that may lack that axis."""
    if values.ndim < dimensions:
        return values
    if values.shape[0] == 1:
        part = slice(None) if isinstance(part, slice) else 0
    chosen: Floats = values[part]
    return chosen


def nest_shares(nests: Nests, shares: Floats) -> list[Floats]:
    """Share of purchases (..., H) of each nest, one array a level, outermost first."""
    within = nests.in_tree_order(shares)
    by_level: list[Floats] = []
    for starts in reversed(nests.starts):
        within = np.add.reduceat(within, starts, axis=-1)
        by_level.insert(0, within)
    return by_level


def _inclusive_values(
    nests: Nests, before: Floats, rise: Floats, scales: Sequence[Floats]
) -> tuple[list[Floats], Floats]:
    """Gain in inclusive value, utils: of each nest (..., H) by level, and of all cars (..., 1)."""
    by_level: list[Floats] = []
    child_share = before
    for level in reversed(range(nests.levels)):
        starts, parents = nests.starts[level], nests.parents[level]
        share = np.add.reduceat(child_share, starts, axis=-1)
        conditional = _ratio(child_share, share[..., parents])
        mean_rise = _sums(conditional * rise, parents, share.shape[-1])
        by_level.insert(0, scales[level] * np.log1p(mean_rise))
        child_share = share
        rise = np.expm1(by_level[0] / (scales[level - 1] if level else 1.0))
    conditional = _ratio(child_share, child_share.sum(axis=-1, keepdims=True))
    return by_level, np.log1p((conditional * rise).sum(axis=-1, keepdims=True))


def _sums(values: Floats, parents: Ints, nests: int) -> Floats:
    """Sums (..., H) over the children of each nest: by a product, five times as fast as a loop."""
    member = np.zeros((parents.size, nests))
    member[np.arange(parents.size), parents] = 1.0
    return np.asarray(values @ member)


def _lift(gain: Floats, shares: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Gains (..., J) above the least one, and the least one (..., 1).

    Counted so, all terms of the sums are at least 0: nothing cancels, and no gain is exactly 0.
    """
    least = gain.min(axis=-1, keepdims=True)
    lift = gain - least
    if lift.max(initial=0.0) <= _LARGEST_EXPONENT * scale.min():
        return lift, least
    # Beyond that exp overflows: raise the gain of vehicles hopelessly behind the best one bought.
    best = np.where(shares > 0, gain, -np.inf).max(axis=-1, keepdims=True)
    best = np.where(np.isfinite(best), best, 0.0)
    bounded = np.clip(gain, best - _LARGEST_EXPONENT * scale, best)
    least = bounded.min(axis=-1, keepdims=True)
    return bounded - least, least


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part of a whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)


def _numbered(labels: Sequence[object]) -> Ints:
    """Number of each label by order of first appearance."""
    number = {label: n for n, label in enumerate(dict.fromkeys(labels))}
    return np.array([number[label] for label in labels], dtype=np.int64)
