"""What would the rules say to a purchase if some of its facts were otherwise?

Many purchases are tried at once: each by itself asks for a few tries, one evaluation answers all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise, permutations
from math import ceil, floor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.policy.benefits import PARTS, Points, ShareOfPrice
from promo.policy.cells import atoms_of, neighbours
from promo.policy.combination import Combination
from promo.policy.conditions import (
    NUMBER_DECIMALS,
    POLARS_TYPES,
    Compare,
    Constant,
    FactValue,
    OneOf,
    Plain,
    Test,
    leaves,
)
from promo.policy.linear import EPOCH
from promo.policy.points import ANOTHER, Atom, facts_of, tied
from promo.policy.requirements import Version
from promo.policy.rules import Rules, fact_frame, with_all_facts
from promo.schema import CLOCKS, FACTS, Bools, FactType

Case: TypeAlias = Mapping[str, Plain | None]
Values: TypeAlias = dict[str, Plain]
Truth: TypeAlias = npt.NDArray[np.int8]  # 1 true, 0 unknown, -1 false
Tie: TypeAlias = tuple[bool, float, str]
MOST_AT_ONCE = 500_000
ORDER = {name: place for place, name in enumerate(FACTS)}


class TooManyTriesError(Exception):
    """There is more to be tried than we try."""


@dataclass(frozen=True, slots=True)
class Need:
    """One condition that must hold: a requirement, or that the claim does not come too early."""

    id: str
    test: Test
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Facts that conditions tie together, apart from all others.

    Attributes
    ----------
    axes : by number, facts that are compared with each other
    needs : by number, the axes that each need reads
    earns : do benefits depend on these facts?
    """

    axes: Mapping[int, tuple[str, ...]]
    needs: Mapping[int, frozenset[int]]
    earns: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say to N tries.

    Attributes
    ----------
    needs : (N, needs)
    verdicts : decision, reasons, amount_fen, amount_published
    """

    needs: Truth
    verdicts: pl.DataFrame

    @property
    def approved(self) -> Bools:
        """Which tries are approved, (N,)."""
        return (self.verdicts["decision"] == "approved").to_numpy()


class Inquiry:
    """The purchases of a frame under the rules of a campaign, ready to be asked."""

    def __init__(self, rules: Rules, frame: pl.DataFrame, money_left: Mapping[str, int]) -> None:
        self.rules = rules
        self.money_left = money_left
        self.needs = tuple(_needs(rules))
        earning = tuple(_earning(rules))
        self.earning = frozenset(_facts(earning))
        read = {*rules.facts, *self.earning, *(name for need in self.needs for name in need.facts)}
        facts = tuple(name for name in FACTS if name in read)
        self.frame = with_all_facts(frame, facts).select(*facts)
        self.cases: list[Case] = list(self.frame.iter_rows(named=True))
        trees = (*(need.test for need in self.needs), *earning)
        self.atoms = tuple(dict.fromkeys(atom for tree in trees for atom in atoms_of(tree)))
        self._parts: dict[tuple[str, ...], tuple[Part, ...]] = {}

    @cached_property
    def funded(self) -> list[str]:
        """The decision on each purchase if every pot had enough money."""
        return self.rules.decide(self.frame)["decision"].to_list()

    def parts(self, vary: tuple[str, ...]) -> tuple[Part, ...]:
        """The facts to be varied, in parts independent of each other; the earning one last."""
        if vary not in self._parts:
            self._parts[vary] = _parts(vary, self.atoms, self.needs, self.earning)
        return self._parts[vary]

    def answers(self, asked: Mapping[int, Sequence[Values]]) -> dict[int, Answer]:
        """What the rules say to each try of each purchase, by its row."""
        found: dict[int, Answer] = {}
        for rows in _batches(asked):
            answer = self._answer({row: asked[row] for row in rows})
            start = 0
            for row in rows:
                mine = slice(start, start + len(asked[row]))
                found[row] = Answer(answer.needs[mine], answer.verdicts[mine])
                start = mine.stop
        return found

    def _answer(self, asked: Mapping[int, Sequence[Values]]) -> Answer:
        """One evaluation of all tries, row by row."""
        rows = np.repeat(list(asked), [len(tries) for tries in asked.values()])
        every = [values for tries in asked.values() for values in tries]
        changed = {
            name: pl.when(pl.Series([name in values for values in every]))
            .then(pl.Series([values.get(name) for values in every], dtype=_dtype(name)))
            .otherwise(pl.col(name))
            for name in dict.fromkeys(name for values in every for name in values)
        }
        frame = self.frame[rows].with_columns(**changed)
        verdicts = self.rules.decide(frame, self.money_left)
        return Answer(
            _truth(frame, [need.test for need in self.needs]),
            verdicts.select("decision", "reasons", "amount_fen", "amount_published"),
        )

    def moves(self, own: Case, group: tuple[str, ...]) -> list[Values]:
        """New values of tied facts that are worth a try: the nearest for each set of answers."""
        best: dict[tuple[bytes, frozenset[str]], Values] = {}
        for varied in _subsets(group):
            atoms = self._comparisons(own, varied)
            around = _around(atoms, own, varied)
            answers = _truth(around, atoms)
            for answer, row in zip(answers, around.iter_rows(named=True), strict=True):
                values = {name: row[name] for name in varied if row[name] != own[name]}
                key = answer.tobytes(), frozenset(values)
                if len(values) == len(varied) and (
                    key not in best or steps(own, values) < steps(own, best[key])
                ):
                    best[key] = values
        return list(best.values())

    def cells_passed(self, own: Case, name: str, new: Plain) -> int:
        """How many cells a fact leaves behind on its way while the others stay."""
        if FACTS[name].type in (FactType.TEXT, FactType.FLAG):
            return 1
        atoms = self._comparisons(own, (name,))
        around = _around([*atoms, *_sides(atoms)], own, (name,))
        ends = sorted((_units(own[name]), _units(new)))
        inside = (each for each in around[name] if ends[0] < _units(each) < ends[1])
        way = sorted((own[name], *inside, new), key=_units)
        answers = _truth(fact_frame([{**own, name: value} for value in way]), atoms)
        return sum(bool((one != other).any()) for one, other in pairwise(answers))

    def _comparisons(self, own: Case, varied: Sequence[str]) -> list[Atom]:
        """The comparisons that read some facts; the other facts of the case are constants there.

        The text of one fact is a value worth a try for the others that it is compared with.
        """
        known = {name: value for name, value in own.items() if name not in varied}
        atoms = [
            _settled(atom, known)
            for atom in self.atoms
            if not known.keys() >= set(facts_of(atom))
            and all(known.get(name, True) is not None for name in facts_of(atom))
        ]
        for name, other in [pair for atom in atoms for pair in permutations(facts_of(atom), 2)]:
            text = own[other]
            if isinstance(text, str):
                atoms.append(Compare(FactValue(name), "=", Constant(text)))
        return atoms


def _around(atoms: Sequence[Atom], own: Case, varied: Sequence[str]) -> pl.DataFrame:
    """The values of some facts next to their own, beyond each bound of the comparisons."""
    around = neighbours(atoms, {name: own[name] for name in varied}, varied)
    if around is None:
        raise TooManyTriesError
    for name in varied:
        if FACTS[name].type is FactType.NUMBER:
            around = _in_steps(around, name, own, atoms)
    return around


def _sides(atoms: Iterable[Atom]) -> Iterator[Atom]:
    """Comparisons that tell the values below an equality from those above it."""
    for atom in atoms:
        if isinstance(atom, Compare):
            yield replace(atom, sign="<")
        elif isinstance(atom, OneOf):
            yield from (Compare(atom.value, "<", Constant(item)) for item in atom.items)


def _settled(node: Any, known: Mapping[str, Plain | None]) -> Any:
    """The same with constants in place of known facts."""
    value = known.get(node.name) if isinstance(node, FactValue) else None
    if value is not None:
        return Constant(value)
    parts = {each.name: getattr(node, each.name) for each in fields(node)}
    changed = {name: _settled(part, known) for name, part in parts.items() if is_dataclass(part)}
    return replace(node, **changed) if changed else node


def _subsets(group: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """All choices of tied facts; the facts that come last in the schema are tried last."""
    backwards = sorted(group, key=ORDER.__getitem__, reverse=True)
    for size in range(1, len(group) + 1):
        yield from combinations(backwards, size)


# --- what the rules ask for -------------------------------------------------------------------


def _needs(rules: Rules) -> Iterator[Need]:
    for each in rules.requirements:
        yield Need(each.id, each.condition.tree, frozenset(each.facts))
    window = rules.campaign.windows.claim
    if window is not None:
        by_day = CLOCKS["claim"], window.first
        clock, opens = ("claim_time", window.opens) if window.by_the_hour else by_day
        in_time = Compare(FactValue(clock), ">=", Constant(opens))
        yield Need("window-claim", in_time, frozenset((clock,)))


def _earning(rules: Rules) -> Iterator[Test]:
    """The conditions that decide which benefits apply, and from where on a share pays."""
    yield from (amendment.guard for amendment in rules.campaign.amendments)
    for entitlement in rules.entitlements.values():
        for version in entitlement.versions:
            yield from _of_version(version, rules)
    yield from _of_caps(rules.campaign.combination, rules)
    yield from _of_pots(rules)


def _of_pots(rules: Rules) -> Iterator[Test]:
    """When pots open and close, by the event that orders claims."""
    money = rules.campaign.money
    event = (money.order_by or "").removesuffix("_time")
    for pot in money.pots:
        if pot.is_dated and event in CLOCKS:
            yield pot.window.in_days(event).tree
            if pot.window.by_the_hour:
                yield pot.window.condition(event).tree


def _of_version(version: Version, rules: Rules) -> Iterator[Test]:
    benefit = version.benefit
    if benefit is None:
        return
    if benefit.when is not None:
        yield benefit.when.tree
    yield from (test for test, _ in benefit.cases or ())
    if isinstance(benefit, Points):
        yield from (merit.when.tree for merit in benefit.points.of)
    if isinstance(benefit, ShareOfPrice):
        yield _pays_from(benefit.share.of, benefit.share.rate, rules)


def _of_caps(combination: Combination, rules: Rules) -> Iterator[Test]:
    cap = combination.cap
    if cap is not None and cap.share_of is not None and cap.rate is not None:
        yield _pays_from(cap.share_of, cap.rate, rules)
    for part in combination.parts:
        if isinstance(part, Combination):
            yield from _of_caps(part, rules)


def _pays_from(fact: str, rate: int, rules: Rules) -> Test:
    """Is a share of a price at least one unit of rounding?"""
    rounding = rules.campaign.money.rounding
    whole = rounding.to * PARTS
    least = {"up": 1, "half_up": whole - whole // 2}.get(rounding.mode, whole)
    return Compare(FactValue(fact), ">=", Constant(-(-least // max(rate, 1))))


def _facts(tests: Iterable[Test]) -> Iterator[str]:
    return (name for test in tests for atom in atoms_of(test) for name in facts_of(atom))


def _parts(
    vary: tuple[str, ...], atoms: Iterable[Atom], needs: Sequence[Need], earning: frozenset[str]
) -> tuple[Part, ...]:
    axes = dict(enumerate(tied(vary, atoms)))

    def read(facts: frozenset[str]) -> frozenset[int]:
        return frozenset(place for place, axis in axes.items() if facts.intersection(axis))

    reading = {place: read(need.facts) for place, need in enumerate(needs)}
    apart = [frozenset((place,)) for place in axes]
    for some in (*reading.values(), read(earning)):
        joined = [each for each in apart if each & some]
        apart = [each for each in apart if not each & some]
        apart += [frozenset[int]().union(*joined)] if joined else []
    parts = [
        Part(
            {place: axes[place] for place in sorted(group)},
            {place: some for place, some in reading.items() if some & group},
            earns=bool(group & read(earning)),
        )
        for group in apart
    ]
    of_the_past = {place: some for place, some in reading.items() if not some}
    parts.append(Part({}, of_the_past, earns=False))
    if not read(earning):
        parts.append(Part({}, {}, earns=True))
    return tuple(sorted(parts, key=lambda part: (part.earns, len(part.axes))))


def _in_steps(around: pl.DataFrame, name: str, own: Case, atoms: Iterable[Atom]) -> pl.DataFrame:
    """A number is its own, one that a condition names, or a multiple of its step."""
    written = {node.value for atom in atoms for node in leaves(atom) if isinstance(node, Constant)}
    written |= {item for atom in atoms if isinstance(atom, OneOf) for item in atom.items}
    named = {float(each) for each in written if isinstance(each, int | float)}
    step = Fraction(str(FACTS[name].step))

    def near(value: float) -> list[float]:
        if value == own[name] or value in named:
            return [value]
        times = Fraction(repr(value)) / step
        return sorted({float(step * each) for each in (floor(times), ceil(times))} | named)

    steps = pl.Series([near(value) for value in around[name]], dtype=pl.List(pl.Float64))
    return around.with_columns(steps.alias(name)).explode(name)


# --- values -----------------------------------------------------------------------------------


def steps(own: Case, values: Values) -> tuple[tuple[float, ...], tuple[Tie, ...]]:
    """How far facts move, one by one in the order of the schema; then which values come first."""
    names = sorted(values, key=ORDER.__getitem__)
    far = tuple(_distance(name, own[name], values[name]) for name in names)
    return far, tuple(_tie(name, values[name]) for name in names)


def _distance(name: str, old: Plain | None, new: Plain) -> float:
    if FACTS[name].type in (FactType.TEXT, FactType.FLAG):
        return 1
    return round(abs(_units(new) - _units(old)), NUMBER_DECIMALS)


def _tie(name: str, value: Plain) -> Tie:
    """Which of two values as near comes first?"""
    if not isinstance(value, str):
        return False, _units(value), ""
    choices = FACTS[name].choices
    place = choices.index(value) if value in choices else len(choices)
    return value.startswith(ANOTHER), place, value


def _units(value: Plain | None) -> float:
    """A number, fen, or the days or seconds since a fixed day."""
    if isinstance(value, datetime):
        return (value - EPOCH).total_seconds()
    if isinstance(value, date):
        return value.toordinal()
    return float(value or 0)


def _dtype(name: str) -> pl.DataType:
    return POLARS_TYPES[FACTS[name].type]


def _batches(asked: Mapping[int, Sequence[Values]]) -> Iterator[list[int]]:
    """Rows whose tries are answered in one evaluation."""
    batch: list[int] = []
    size = 0
    for row, tries in asked.items():
        if batch and size + len(tries) > MOST_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(tries)
    if batch:
        yield batch


def _truth(frame: pl.DataFrame, tests: Sequence[Test]) -> Truth:
    """What each test says to each row."""
    answers = frame.select(
        pl.lit(0, dtype=pl.Int8).alias("no test"),
        *(
            (test.expression().cast(pl.Boolean).cast(pl.Int8) * 2 - 1)
            .fill_null(0)
            .alias(f"{place}")
            for place, test in enumerate(tests)
        ),
    )
    return answers.to_numpy()[:, 1:]
