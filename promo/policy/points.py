"""Which values of some facts must be tried so that every answer to the conditions occurs?

Facts that no comparison ties together are tried each by itself. Tied numbers, amounts and times
are tried one after the other between the bounds that the earlier ones leave; tied texts and flags
in all combinations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, product
from math import inf
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.conditions import (
    BY_MONTH,
    NUMBER_DECIMALS,
    POLARS_TYPES,
    Compare,
    Constant,
    Holds,
    Later,
    Like,
    Missing,
    OneOf,
    Plain,
    facts_of,
    leaves,
)
from promo.policy.linear import (
    EPOCH,
    MONTH_ENDS,
    NEVER_NEGATIVE,
    NUMERIC,
    SECONDS_PER_DAY,
    Cut,
    Level,
    cuts_of,
    is_real,
    least,
    plan,
    with_values,
)
from promo.policy.texts import ANOTHER, texts
from promo.schema import FACTS, Bools, FactType

__all__ = ["ANOTHER", "Atom", "Points", "facts_of", "points", "tied"]
MOST_POINTS = 1_000_000
MOST_ANSWERS = 20_000_000  # points times comparisons
MOST_MISSING = 8  # tied facts that may be missing, in all combinations
START = datetime(2022, 1, 1)  # where no condition says which day
FOUR_YEARS = timedelta(days=1461)
MOST = 2**60  # fen, or of any number
A_CENTURY = 36_524  # days; nobody bought a car earlier, nor plans for later
Atom: TypeAlias = Compare | OneOf | Like | Missing | Holds
Units: TypeAlias = npt.NDArray[Any]  # whole fen, days and seconds; numbers as they are
Columns: TypeAlias = dict[str, Units]


@dataclass(frozen=True, slots=True)
class Points:
    """Values of tied facts, one row a combination; exact where no answer can be overlooked."""

    frame: pl.DataFrame
    exact: bool


def points(
    names: Sequence[str],
    atoms: Sequence[Atom],
    *,
    own: Mapping[str, Plain | None] | None = None,
    fixed: Mapping[str, Plain | None] | None = None,
) -> Points | None:
    """Values of the facts `names` that give every combination of answers to the atoms.

    With `own` given, they are the values next to a case's own: its own value, and the nearest one
    beyond every bound; `fixed` are the facts of the case that do not move. Without it, facts are
    also tried as missing where an atom asks for that. None where there would be over a million.
    """
    asked = {name for atom in atoms if isinstance(atom, Missing) for name in facts_of(atom)}
    missing = [name for name in names if (name in asked if own is None else own.get(name) is None)]
    if all(FACTS[name].type in NUMERIC for name in names):
        found = _tried(names, atoms, own or {}, fixed or {}, missing)
    else:
        found = _listed(names, atoms, dict(fixed or {}) | dict(own or {}), missing)
    return found if found is None or found.frame.height * len(atoms) <= MOST_ANSWERS else None


def tied(names: Collection[str], atoms: Iterable[Atom]) -> list[tuple[str, ...]]:
    """Groups of facts that some atom reads together, directly or through others."""
    groups: list[tuple[str, ...]] = [(name,) for name in names]
    for atom in atoms:
        read = set(facts_of(atom))
        joined = [group for group in groups if read.intersection(group)]
        if len(joined) > 1:
            groups = [group for group in groups if group not in joined]
            groups.append(tuple(name for group in joined for name in group))
    return groups


# --- numbers, money, days and moments ---------------------------------------------------------


def _tried(
    names: Sequence[str],
    atoms: Sequence[Atom],
    own: Mapping[str, Plain | None],
    fixed: Mapping[str, Plain | None],
    missing: Sequence[str],
) -> Points | None:
    """Values of tied numeric facts, tried one after the other; None above a million."""
    cuts = [cut for atom in atoms if isinstance(atom, Compare | OneOf) for cut in cuts_of(atom)]
    cuts = list(with_values(cuts, _units_of(fixed)))
    cuts = [cut for cut in cuts if all(name in names for name, _ in cut.weights)]
    cuts += [cut for name in names for cut in least(name)]
    order = plan(names, cuts)
    if order is None:
        return None
    levels = _next_to(order.levels, _units_of(own))
    calendar = {} if own else _calendar(levels, atoms)
    found = _all_lifted(levels, names, own, calendar, missing)
    if found is None and calendar:
        found = _all_lifted(levels, names, own, {}, missing)
        return Points(found, exact=False) if found is not None else None
    return Points(found, order.exact) if found is not None else None


def _calendar(levels: Sequence[Level], atoms: Sequence[Atom]) -> dict[str, Units]:
    """Days from which months are counted to facts tried later, since no month is like another.

    They are the first and the last days of the months in the four years from each bound on.
    """
    order = {level.name: place for place, level in enumerate(levels)}
    found: dict[str, Units] = {}
    for atom in atoms:
        by_month = any(isinstance(node, Later) and node.unit in BY_MONTH for node in leaves(atom))
        if not by_month or len(facts_of(atom)) < 2:
            continue
        for name in sorted(facts_of(atom), key=order.__getitem__)[:-1]:
            found[name] = _month_ends(levels[order[name]])
    return found


def _month_ends(level: Level) -> Units:
    unit = SECONDS_PER_DAY if FACTS[level.name].type is FactType.MOMENT else 1
    alone = [int(cut.bound / unit) for cut in level.cuts if len(cut.weights) == 1]
    near = [EPOCH.date() + timedelta(days=days) for days in alone if abs(days) < A_CENTURY]
    starts = near or [START.date()]
    days = {
        start + timedelta(days=step)
        for start in (min(starts) - FOUR_YEARS, *starts)
        for step in range(FOUR_YEARS.days)
    }
    ends = [_in_units(level.name, day) for day in sorted(days) if day.day in MONTH_ENDS]
    return np.array(ends, dtype=np.int64)


def _next_to(levels: Sequence[Level], own: Mapping[str, Fraction]) -> list[Level]:
    """The levels with the bounds that hold where the facts tried later keep their own values."""
    every = dict.fromkeys(cut for level in levels for cut in level.cuts)
    later = dict(own)
    found = []
    for level in levels:
        later.pop(level.name, None)
        kept = with_values((cut for cut in every if cut.weight(level.name)), later)
        found.append(Level(level.name, tuple(dict.fromkeys((*level.cuts, *kept)))))
    return found


def _all_lifted(
    levels: Sequence[Level],
    names: Sequence[str],
    own: Mapping[str, Plain | None],
    also: Mapping[str, Units],
    missing: Sequence[str],
) -> pl.DataFrame | None:
    """All combinations of the facts, also with each set of missing ones; None above a million."""
    frames: list[pl.DataFrame] = []
    if len(missing) > MOST_MISSING:
        return None
    for size in range(len(missing) + 1):
        for absent in combinations(missing, size):
            present = [level for level in levels if level.name not in absent]
            columns = _lifted(present, own, also)
            if columns is None:
                return None
            rows = len(columns[present[0].name]) if present else 1
            if sum(frame.height for frame in frames) + rows > MOST_POINTS:
                return None
            frames.append(pl.DataFrame([_column(name, columns.get(name), rows) for name in names]))
    return pl.concat(frames) if len(frames) > 1 else frames[0]


def _lifted(
    levels: Sequence[Level], own: Mapping[str, Plain | None], also: Mapping[str, Units]
) -> Columns | None:
    """All combinations of the facts on these levels; None above a million."""
    columns: Columns = {}
    rows = 1
    for level in levels:
        bounds = _bounds(level, columns, rows)
        if level.name in also:
            more = np.broadcast_to(also[level.name], (rows, len(also[level.name])))
            bounds = np.sort(np.hstack([bounds, more]), axis=1)
        if rows * (2 * bounds.shape[1] + 1) > MOST_POINTS:
            return None
        values, keep = _candidates(level.name, bounds, own.get(level.name))
        before = np.repeat(np.arange(rows), values.shape[1])[keep.ravel()]
        columns = {name: column[before] for name, column in columns.items()}
        columns[level.name] = values[keep]
        rows = len(before)
    return columns


def _bounds(level: Level, columns: Columns, rows: int) -> Units:
    """Where the cuts bound a fact in each row, given the facts before it, ascending.

    A bound is the last whole unit on the near side of a cut, or the number at which it turns.
    """
    bounds = [
        np.broadcast_to(_bound(level.name, cut, columns), rows)
        for cut in level.cuts
        if all(name == level.name or name in columns for name, _ in cut.weights)
    ]
    kind = np.float64 if is_real(level.name) else np.int64
    return np.sort(np.stack(bounds, axis=1) if bounds else np.empty((rows, 0), kind), axis=1)


def _bound(name: str, cut: Cut, columns: Columns) -> Units:
    weight = cut.weight(name)
    rest = sum(other * columns[each] for each, other in cut.weights if each != name)
    if is_real(name):
        return np.asarray(np.round((float(cut.bound) - rest) / weight, NUMBER_DECIMALS))
    room = np.asarray(int(cut.bound) - rest)
    return room // weight if weight > 0 else -(room // -weight) - 1


def _candidates(name: str, bounds: Units, value: Plain | None) -> tuple[Units, Bools]:
    """In each row one value between every two bounds, as near to the own one as can be."""
    low, high = _range(name)
    if value is not None:
        own = np.full((len(bounds), 1), _in_units(name, value), dtype=bounds.dtype)
    elif bounds.shape[1]:
        own = np.clip(np.floor(bounds[:, -1:]) + 1, low, high).astype(bounds.dtype)
    else:
        own = np.full((len(bounds), 1), _default(name), dtype=bounds.dtype)
    between = _real_values if is_real(name) else _whole_values
    values = np.sort(between(bounds, own, FACTS[name].step), axis=1)
    keep = (values >= low) & (values <= high)
    keep[:, 1:] &= values[:, 1:] > values[:, :-1]
    return values, keep


def _whole_values(bounds: Units, own: Units, step: float) -> Units:
    """The own value, drawn into each interval behind one bound and up to the next."""
    first = np.full(own.shape, np.iinfo(np.int64).min)
    last = np.full(own.shape, np.iinfo(np.int64).max)
    return np.clip(own, np.hstack([first, bounds + 1]), np.hstack([bounds, last]))


def _real_values(bounds: Units, own: Units, step: float) -> Units:
    """Each bound itself, and a value inside each open interval, a step away where that fits."""
    infinite = np.full(own.shape, np.inf)
    low, high = np.hstack([-infinite, bounds]), np.hstack([bounds, infinite])
    with np.errstate(invalid="ignore"):
        middle = np.where(np.isinf(low) | np.isinf(high), own, (low + high) / 2)
    above, below = (np.round(each, NUMBER_DECIMALS) for each in (low + step, high - step))
    inside = np.where(own <= low, above, np.where(own >= high, below, own))
    inside = np.where((inside > low) & (inside < high), inside, middle)
    return np.hstack([bounds, inside])


def _in_units(name: str, value: Plain) -> int | float:
    """A value in fen, days, or seconds since the epoch, or as it is."""
    if isinstance(value, datetime) and FACTS[name].type is FactType.MOMENT:
        return int((value - EPOCH).total_seconds())
    if isinstance(value, date):
        days = value.toordinal() - EPOCH.toordinal()
        return days * SECONDS_PER_DAY if FACTS[name].type is FactType.MOMENT else days
    return float(value) if is_real(name) else int(value)


def _units_of(values: Mapping[str, Plain | None]) -> dict[str, Fraction]:
    """The numeric facts that are known, exactly, in units."""
    return {
        name: Fraction(repr(_in_units(name, value)))
        for name, value in values.items()
        if value is not None and FACTS[name].type in NUMERIC and value not in (inf, -inf)
    }


def _default(name: str) -> int | float:
    return _in_units(name, START) if FACTS[name].type not in NEVER_NEGATIVE else 0


def _range(name: str) -> tuple[int | float, int | float]:
    """The least and the greatest value that a fact can have."""
    if FACTS[name].type in NEVER_NEGATIVE:
        return 0, MOST
    return _in_units(name, datetime.min), _in_units(name, datetime(9999, 12, 31))


def _column(name: str, values: Units | None, rows: int) -> pl.Series:
    """Values in units as a typed column of a frame; all missing where there are none."""
    kind = FACTS[name].type
    if values is None:
        return pl.Series(name, [None] * rows, dtype=POLARS_TYPES[kind])
    if kind is FactType.DAY:
        return pl.Series(name, values.astype(np.int32)).cast(pl.Date)
    if kind is FactType.MOMENT:
        return pl.Series(name, values * 1_000_000).cast(POLARS_TYPES[kind])
    return pl.Series(name, values, dtype=POLARS_TYPES[kind])


# --- texts and flags --------------------------------------------------------------------------


def _listed(
    names: Sequence[str],
    atoms: Sequence[Atom],
    own: Mapping[str, Plain | None],
    missing: Collection[str],
) -> Points | None:
    """All combinations of the values that can be listed; None above a million."""
    known = [own.get(name) for atom in atoms for name in facts_of(atom)]
    listed, exact = texts(
        [*_named(atoms), *(each for each in known if isinstance(each, str))],
        {atom.pattern for atom in atoms if isinstance(atom, Like)},
        ordered=any(isinstance(atom, Compare) and atom.sign not in ("=", "<>") for atom in atoms),
        count=len(names),
    )
    values = []
    for name in names:
        flag = FACTS[name].type is FactType.FLAG
        usual: Sequence[Plain] = (True, False) if flag else FACTS[name].choices or listed
        first = [own[name]] if own.get(name) is not None else []
        values.append([*dict.fromkeys([*first, *usual]), *([None] if name in missing else [])])
    if np.prod([float(len(each)) for each in values]) > MOST_POINTS:
        return None
    schema = {name: POLARS_TYPES[FACTS[name].type] for name in names}
    frame = pl.DataFrame(list(product(*values)), schema=schema, orient="row")
    return Points(frame, exact or all(FACTS[name].choices for name in names))


def _named(atoms: Iterable[Atom]) -> Iterator[str]:
    """The texts that atoms compare with."""
    for atom in atoms:
        items = atom.items if isinstance(atom, OneOf) else ()
        constants = [node.value for node in leaves(atom) if isinstance(node, Constant)]
        yield from (each for each in (*constants, *items) if isinstance(each, str))
