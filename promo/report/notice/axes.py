"""Along which facts do amounts differ, and where is each cut?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeAlias

from promo.policy.benefits import PARTS, Benefit, Points, ShareOfPrice
from promo.policy.combination import Combination
from promo.policy.conditions import (
    All,
    Compare,
    Constant,
    FactValue,
    Holds,
    Like,
    Missing,
    Not,
    OneOf,
    Plain,
    Some,
    Test,
    Value,
)
from promo.policy.rules import Rules
from promo.report.notice.clauses import plain
from promo.report.notice.facts import value_word
from promo.report.notice.voice import Voice
from promo.schema import FACTS, FactType

_LAST = ("energy", "price", "price_ex_vat", "list_price", "list_price_ex_vat")
Bound: TypeAlias = tuple[Plain, bool]  # a constant, and whether the cut lies just above it


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of something that can be ordered, in intervals between its bounds."""

    value: Value
    bounds: tuple[Bound, ...]

    @property
    def tests(self) -> tuple[Test, ...]:
        return tuple(
            Compare(self.value, ">" if above else ">=", Constant(constant))
            for constant, above in self.bounds
        )

    @property
    def count(self) -> int:
        return len(self.bounds) + 1

    def index(self, answers: Sequence[bool]) -> int:
        return sum(answers)

    def label(self, places: frozenset[int], voice: Voice) -> str:
        first, last = min(places), max(places)
        bounds = self.bounds
        alone = 0 < first == last < len(bounds) and bounds[first - 1][0] == bounds[last][0]
        if alone:
            return voice.line(Compare(self.value, "=", Constant(bounds[last][0])))
        tests = []
        if first > 0:
            tests.append(self.tests[first - 1])
        if last < self.count - 1:
            tests.append(plain(Not(self.tests[last])))
        return voice.line(All(tuple(tests)))


@dataclass(frozen=True, slots=True)
class Choice:
    """An axis of names, those together that nothing tells apart; the last place is any other."""

    fact: str
    groups: tuple[tuple[str, ...], ...]

    @property
    def tests(self) -> tuple[Test, ...]:
        return tuple(OneOf(FactValue(self.fact), names) for names in self.groups)

    @property
    def count(self) -> int:
        return len(self.groups) + 1

    def index(self, answers: Sequence[bool]) -> int:
        return answers.index(True) if True in answers else len(self.groups)

    def label(self, places: frozenset[int], voice: Voice) -> str:
        is_other = len(self.groups) in places
        told = [p for p in range(len(self.groups)) if (p in places) is not is_other]
        names = [name for place in told for name in self.groups[place]]
        either = voice.either(value_word(self.fact, name, voice.language) for name in names)
        if is_other:
            return voice.say(f"除{either}以外的其他", f"any other than {either}")
        return either


@dataclass(frozen=True, slots=True)
class Truth:
    """An axis of one test that holds (place 1) or does not (place 0)."""

    test: Test

    @property
    def tests(self) -> tuple[Test, ...]:
        return (self.test,)

    @property
    def count(self) -> int:
        return 2

    def index(self, answers: Sequence[bool]) -> int:
        return int(answers[0])

    def label(self, places: frozenset[int], voice: Voice) -> str:
        return voice.line(self.test if 1 in places else Not(self.test))


Axis: TypeAlias = Scale | Choice | Truth


def axis_name(axis: Axis, voice: Voice) -> str:
    """The heading of an axis."""
    if isinstance(axis, Choice):
        return voice.fact(axis.fact)
    if isinstance(axis, Scale):
        return voice.value(axis.value)
    if isinstance(axis.test, Holds) and isinstance(axis.test.value, FactValue):
        return voice.fact(axis.test.value.name)
    return voice.say("情形", "case")


_WHICH = re.compile(r"（含[^（）]+）| \([^()]+ included\)$")
_NEITHER = re.compile(
    r"^((?:低于|高于).+?)（不含[^（）]+）$|^((?:below|above) .+?) \([^()]+ excluded\)$"
)


def short_label(said: str, name: str, voice: Voice) -> str:
    """A clause for a cell of a table: without the name and the bound said twice.

    >>> short_label("车价5万元以上（含5万元）", "车价", Voice("zh", "CNY"))
    '5万元以上（含）'
    >>> short_label("the price is below CNY 5 (CNY 5 excluded)", "price", Voice("en", "CNY"))
    'below CNY 5'
    """
    text = said.removeprefix(name if voice.language == "zh" else f"the {name}").strip()
    for word in ("为", "在") if voice.language == "zh" else ("is ",):
        text = text.removeprefix(word)
    text = text.removesuffix("之间").replace("之间（首尾", "（首尾")
    text = _NEITHER.sub(lambda found: found[1] or found[2], text)
    return _WHICH.sub(voice.say("（含）", " (included)"), text)


# --- where amounts change ---------------------------------------------------------------------


def shared_prices(rules: Rules) -> tuple[str, ...]:
    """The prices of which some benefit is a share."""
    benefits = (each for name in rules.public for each in rules.entitlements[name].benefits)
    read = (each.share.of for each in benefits if isinstance(each, ShareOfPrice))
    return tuple(dict.fromkeys(read))


def capping_prices(combination: Combination) -> Iterator[str]:
    """The prices of which some cap is a share."""
    if combination.cap is not None and combination.cap.share_of is not None:
        yield combination.cap.share_of
    for part in combination.parts:
        if not isinstance(part, str):
            yield from capping_prices(part)


def axes_of(rules: Rules) -> Iterator[Axis]:
    """The axes on which amounts depend, cut where a benefit or a condition on the fact changes."""
    own = list(dict.fromkeys(_atoms_of_amounts(rules)))
    prices = (*shared_prices(rules), *capping_prices(rules.campaign.combination))
    by_key: dict[Value | Test, list[Test]] = {FactValue(name): [] for name in prices}
    for atom in own:
        by_key.setdefault(_key(atom), []).append(atom)
    around = [
        atom
        for each in rules.requirements
        for atom in _atoms(plain(each.condition.tree))
        if _key(atom) in by_key
    ]
    for atom in around:
        by_key[_key(atom)].append(atom)
    axes = [_axis(key, atoms) for key, atoms in by_key.items()]
    yield from sorted(axes, key=_rank)


def _rank(axis: Axis) -> tuple[int, int]:
    """Kinds of purchase first, then measures, energy and price last, as notices do."""
    name = axis.fact if isinstance(axis, Choice) else ""
    if isinstance(axis, Scale) and isinstance(axis.value, FactValue):
        name = axis.value.name
    if name in _LAST:
        return 3, _LAST.index(name)
    places = list(FACTS)
    return (1 if isinstance(axis, Scale) else 0), places.index(name) if name else len(places)


def _atoms_of_amounts(rules: Rules) -> Iterator[Test]:
    """Every test on which a public amount depends."""
    for name in rules.public:
        for version in rules.entitlements[name].versions:
            if version.guard is not None:
                yield from _atoms(plain(version.guard))
            benefit = version.benefit
            if benefit is None:
                continue
            if benefit.when is not None:
                yield from _atoms(plain(benefit.when.tree))
            for test, _ in benefit.cases or ():
                yield from _atoms(plain(test))
            yield from _benefit_cuts(benefit)


def _benefit_cuts(benefit: Benefit) -> Iterator[Test]:
    """Where a share of a price meets its cap or floor, and the tests that earn points."""
    if isinstance(benefit, ShareOfPrice):
        share = benefit.share
        for limit in (share.floor, share.cap):
            if limit is not None and share.rate > 0:
                yield Compare(FactValue(share.of), ">=", Constant(-(-limit * PARTS // share.rate)))
    if isinstance(benefit, Points):
        for merit in benefit.points.of:
            yield from _atoms(plain(merit.when.tree))


def _atoms(test: Test) -> Iterator[Test]:
    """The single tests that some fact answers."""
    if isinstance(test, All | Some):
        for part in test.parts:
            yield from _atoms(part)
    elif isinstance(test, Not):
        yield from _atoms(test.part)
    elif not isinstance(test, Holds) or isinstance(test.value, FactValue):
        yield test


def _key(atom: Test) -> Value | Test:
    """What the atom measures, if that can be ordered or named; else the atom itself."""
    if isinstance(atom, OneOf):
        return atom.value
    if isinstance(atom, Compare) and isinstance(atom.right, Constant):
        return atom.left
    return atom


def _axis(key: Value | Test, atoms: Sequence[Test]) -> Axis:
    if isinstance(key, Compare | Like | Missing | Holds | OneOf | Not | All | Some):
        return Truth(key)
    if isinstance(key, FactValue) and FACTS[key.name].type is FactType.TEXT:
        return _choice(key.name, atoms)
    bounds = sorted({bound for atom in atoms for bound in _bounds(atom)}, key=_order)
    return Scale(key, tuple(bounds))


def _choice(name: str, atoms: Sequence[Test]) -> Choice:
    """The names of a text fact, grouped by the tests that name them."""
    named = [frozenset(map(str, _items(atom))) for atom in atoms]
    every = FACTS[name].choices or tuple(sorted(frozenset().union(*named)))
    groups: dict[tuple[bool, ...], list[str]] = {}
    for each in every:
        groups.setdefault(tuple(each in names for names in named), []).append(each)
    return Choice(name, tuple(tuple(names) for names in groups.values()))


def _items(atom: Test) -> tuple[Plain, ...]:
    if isinstance(atom, OneOf):
        return atom.items
    assert isinstance(atom, Compare)
    assert isinstance(atom.right, Constant)
    return (atom.right.value,)


def _bounds(atom: Test) -> Iterator[Bound]:
    """The cuts that an atom makes."""
    signs = {">=": (False,), "<": (False,), ">": (True,), "<=": (True,)}
    above = signs.get(atom.sign, (False, True)) if isinstance(atom, Compare) else (False, True)
    for item in _items(atom):
        for each in above:
            yield item, each


def _order(bound: Bound) -> tuple[float, bool]:
    constant, above = bound
    if isinstance(constant, date):
        return _moment(constant).timestamp(), above
    assert not isinstance(constant, str)
    return float(constant), above


def _moment(value: date) -> datetime:
    instant = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    return instant.replace(tzinfo=UTC)
