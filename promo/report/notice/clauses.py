"""What does a condition say, in the words of a notice?

The words are made from the tree that also decides, never from the text of the file. Before it is
worded a tree is brought into the form in which people say such things: NOT stands at its word, a
lower and an upper bound of one fact become a range, alternatives of one fact become a list. Each
of these keeps the meaning, also where a fact is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from promo.policy.conditions import (
    WITHIN_DAY,
    All,
    Compare,
    Comparison,
    Constant,
    FactValue,
    Holds,
    Later,
    Like,
    Missing,
    Not,
    OneOf,
    Plain,
    Plus,
    Some,
    Test,
    Value,
    first_instant,
)
from promo.report.notice import quantities
from promo.report.notice.facts import (
    DENIALS,
    PREDICATES,
    fact_name,
    flag_words,
    unit,
    value_word,
)
from promo.report.words import Language
from promo.schema import FACTS, FactType, Words

OPPOSITE: dict[Comparison, Comparison] = {
    "=": "<>",
    "<>": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}
FLIPPED: dict[Comparison, Comparison] = {
    "=": "=",
    "<>": "<>",
    "<": ">",
    ">=": "<=",
    ">": "<",
    "<=": ">=",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in words: a clause of its own, or several.

    Attributes
    ----------
    join : whether all parts must hold, or one of them, or the second if the first does
    """

    text: str
    parts: tuple[Clause, ...] = ()
    join: Literal["all", "one", "if"] = "all"


# --- the form in which people say it ----------------------------------------------------------


def plain(test: Test, *, negated: bool = False) -> Test:
    """The same condition with every NOT at its word and constants on the right."""
    if isinstance(test, Not):
        return plain(test.part, negated=not negated)
    if isinstance(test, All | Some):
        return _plain_chain(test, negated=negated)
    if isinstance(test, Compare):
        return _plain_comparison(test, negated=negated)
    if isinstance(test, OneOf):
        items = tuple(_instant(item, test.value) for item in test.items)
        test = OneOf(test.value, items)
    return Not(test) if negated else test


def _plain_chain(test: All | Some, *, negated: bool) -> Test:
    join = All if isinstance(test, All) is not negated else Some
    parts: list[Test] = []
    for each in test.parts:
        part = plain(each, negated=negated)
        parts += part.parts if isinstance(part, join) else [part]
    # What only the ledger knows is never missing; to speak of it would only confuse.
    spoken = [part for part in parts if not _is_about_the_ledger(part)] or parts
    spoken = _joined(spoken, denied=join is All)
    return spoken[0] if len(spoken) == 1 else join(tuple(spoken))


def _is_about_the_ledger(test: Test) -> bool:
    inner = test.part if isinstance(test, Not) else test
    if not isinstance(inner, Missing) or not isinstance(inner.value, FactValue):
        return False
    return FACTS[inner.value.name].changing == "ledger"


def _plain_comparison(test: Compare, *, negated: bool) -> Test:
    left, right = test.left, test.right
    sign = OPPOSITE[test.sign] if negated else test.sign
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, right, sign = right, left, FLIPPED[sign]
    if isinstance(right, Constant):
        right = Constant(_instant(right.value, left))
    if isinstance(left, FactValue) and _is_truth(right):
        held: Test = Holds(left)
        return held if (sign == "=") is (right == Constant(value=True)) else Not(held)
    return Compare(left, sign, right)


def _instant(constant: Plain, beside: Value) -> Plain:
    """A day that is compared with a moment is its first instant."""
    if isinstance(constant, date) and _is_moment(beside):
        return first_instant(constant)
    return constant


def _is_moment(value: Value) -> bool:
    if isinstance(value, Later):
        return value.unit in WITHIN_DAY or _is_moment(value.day)
    return isinstance(value, FactValue) and FACTS[value.name].type is FactType.MOMENT


def _is_truth(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, bool)


def _joined(parts: list[Test], *, denied: bool) -> list[Test]:
    """What one fact is (or, denied, is not) as one list, at the place of the first."""
    made: list[Test] = []
    lists: dict[Value, int] = {}
    for part in parts:
        found = _listed(part, denied=denied)
        if found is None:
            made.append(part)
        elif found.value in lists:
            earlier = _listed(made[lists[found.value]], denied=denied)
            assert earlier is not None
            both = OneOf(found.value, (*earlier.items, *found.items))
            made[lists[found.value]] = Not(both) if denied else both
        else:
            lists[found.value] = len(made)
            made.append(part)
    return made


def _listed(part: Test, *, denied: bool) -> OneOf | None:
    """The list of values that a fact has, or, denied, does not have."""
    if isinstance(part, Compare) and isinstance(part.right, Constant):
        is_so = part.sign == ("<>" if denied else "=")
        return OneOf(part.left, (part.right.value,)) if is_so else None
    if denied:
        return part.part if isinstance(part, Not) and isinstance(part.part, OneOf) else None
    return part if isinstance(part, OneOf) else None


@dataclass(frozen=True, slots=True)
class _Range:
    """One value between two constants."""

    value: Value
    low: Compare
    high: Compare


_Said: TypeAlias = Test | _Range


def _with_ranges(parts: tuple[Test, ...]) -> list[_Said]:
    """The parts of an AND, a single lower and upper bound of one value as a range."""
    lower = [part for part in parts if _bounds(part, (">=", ">"))]
    upper = [part for part in parts if _bounds(part, ("<=", "<"))]
    said: list[_Said] = []
    used: set[int] = set()
    for part in parts:
        if id(part) in used:
            continue
        pair = _pair(part, lower, upper)
        if pair is None:
            said.append(part)
        else:
            said.append(pair)
            used |= {id(pair.low), id(pair.high)}
    return said


def _bounds(part: Test, signs: tuple[Comparison, ...]) -> bool:
    return isinstance(part, Compare) and part.sign in signs and isinstance(part.right, Constant)


def _pair(part: Test, lower: list[Test], upper: list[Test]) -> _Range | None:
    if not isinstance(part, Compare):
        return None
    lows = [e for e in lower if isinstance(e, Compare) and e.left == part.left]
    highs = [e for e in upper if isinstance(e, Compare) and e.left == part.left]
    if len(lows) != 1 or len(highs) != 1 or part not in (lows[0], highs[0]):
        return None
    return _Range(part.left, lows[0], highs[0])


def _denies(test: Test) -> bool:
    """Does the test say only what something is not?"""
    if isinstance(test, Compare):
        return test.sign == "<>" and isinstance(test.right, Constant)
    return isinstance(test, Not) and isinstance(test.part, OneOf | Holds | Like)


# --- words ------------------------------------------------------------------------------------

_BOUNDS: dict[str, dict[Comparison, Words]] = {
    "amount": {
        ">=": Words(
            "{left}{right}以上（含{right}）", "{left} is at least {right} ({right} included)"
        ),
        ">": Words(
            "{left}高于{right}（不含{right}）", "{left} is above {right} ({right} excluded)"
        ),
        "<=": Words(
            "{left}{right}以下（含{right}）", "{left} is at most {right} ({right} included)"
        ),
        "<": Words(
            "{left}低于{right}（不含{right}）", "{left} is below {right} ({right} excluded)"
        ),
    },
    "day": {
        ">=": Words(
            "{left}在{right}以后（含当日）", "{left} is {right} or later (that day included)"
        ),
        ">": Words(
            "{left}在{right}以后（不含当日）", "{left} is after {right} (that day excluded)"
        ),
        "<=": Words(
            "{left}在{right}以前（含当日）", "{left} is {right} or earlier (that day included)"
        ),
        "<": Words(
            "{left}在{right}以前（不含当日）", "{left} is before {right} (that day excluded)"
        ),
    },
    "moment": {
        ">=": Words("{left}在{right}以后（含该时刻）", "{left} is {right} or later"),
        ">": Words("{left}在{right}以后（不含该时刻）", "{left} is after {right}"),
        "<=": Words("{left}在{right}以前（含该时刻）", "{left} is {right} or earlier"),
        "<": Words("{left}在{right}以前（不含该时刻）", "{left} is before {right}"),
    },
    "two amounts": {
        ">=": Words("{left}不低于{right}", "{left} is not below {right}"),
        ">": Words("{left}高于{right}", "{left} is above {right}"),
        "<=": Words("{left}不高于{right}", "{left} is not above {right}"),
        "<": Words("{left}低于{right}", "{left} is below {right}"),
    },
    "two days": {
        ">=": Words("{left}不早于{right}", "{left} is not before {right}"),
        ">": Words("{left}晚于{right}", "{left} is after {right}"),
        "<=": Words("{left}不晚于{right}", "{left} is not after {right}"),
        "<": Words("{left}早于{right}", "{left} is before {right}"),
    },
}
_EQUAL: dict[Comparison, Words] = {
    "=": Words("{left}为{right}", "{left} is {right}"),
    "<>": Words("{left}不是{right}", "{left} is not {right}"),
}
_EQUAL_FACTS: dict[Comparison, Words] = {
    "=": Words("{left}与{right}相同", "{left} equals {right}"),
    "<>": Words("{left}与{right}不同", "{left} differs from {right}"),
}
_POINTS = Words("日", "day"), Words("时", "moment")
_UNITS_OF_TIME = {
    "s": Words("秒", "seconds"),
    "m": Words("分钟", "minutes"),
    "h": Words("小时", "hours"),
    "d": Words("天", "days"),
    "w": Words("周", "weeks"),
    "mo": Words("个月", "months"),
    "y": Words("年", "years"),
}


def _is_words(value: Value, sign: Comparison) -> Words:
    """Which words say that a fact is, or is not, so?"""
    own = PREDICATES if sign == "=" else DENIALS
    name = value.name if isinstance(value, FactValue) else ""
    return own.get(name, _EQUAL[sign])


def clause(test: Test, language: Language, currency: str) -> Clause:
    """A condition in words."""
    return _Wording(language, currency).clause(plain(test))


def value_in_words(value: Value, language: Language, currency: str) -> str:
    """A fact, a difference of facts or a moved day as a noun."""
    said = _Wording(language, currency).value(value)
    return said.removeprefix("the ")


def constant_in_words(fact: str, value: Plain, language: Language, currency: str) -> str:
    """A value of a fact with its unit.

    >>> constant_in_words("price", 5_000_000, "zh", "CNY")
    '5万元'
    """
    return _Wording(language, currency).constant(value, FactValue(fact))


class _Wording:
    """Words of one language and one currency."""

    def __init__(self, language: Language, currency: str) -> None:
        self._language = language
        self._currency = currency

    def clause(self, test: Test) -> Clause:
        if isinstance(test, All):
            parts = tuple(self._said(part) for part in _with_ranges(test.parts))
            return parts[0] if len(parts) == 1 else Clause("", parts, "all")
        if isinstance(test, Some):
            return self._alternatives(test.parts)
        return Clause(self._atom(test))

    def _alternatives(self, parts: tuple[Test, ...]) -> Clause:
        """A or B; where A denies something, rather: if that something, then B."""
        denied = [part for part in parts if _denies(part)]
        others = [part for part in parts if not _denies(part)]
        if not others:
            denied, others = denied[:-1], denied[-1:]
        if not denied:
            return Clause("", tuple(self.clause(part) for part in parts), "one")
        premise = plain(Not(Some(tuple(denied))))
        rest = others[0] if len(others) == 1 else Some(tuple(others))
        return Clause("", (self.clause(premise), self.clause(rest)), "if")

    def _said(self, part: _Said) -> Clause:
        return Clause(self._range(part)) if isinstance(part, _Range) else self.clause(part)

    def _atom(self, test: Test) -> str:
        if isinstance(test, Compare):
            return self._comparison(test)
        if isinstance(test, Not):
            return self._simple(test.part, holds=False)
        return self._simple(test, holds=True)

    def _simple(self, test: Test, *, holds: bool) -> str:
        if isinstance(test, OneOf):
            sign: Comparison = "=" if holds else "<>"
            right = quantities.listed(
                [self.constant(each, test.value) for each in test.items], self._language
            )
            words = _is_words(test.value, sign)
            return self._filled(words, left=self.value(test.value), right=right)
        if isinstance(test, Like):
            return self._pattern(test, holds=holds)
        if isinstance(test, Missing):
            return self._missing(test, holds=holds)
        assert isinstance(test, Holds)
        if isinstance(test.value, FactValue):
            return flag_words(test.value.name, self._language, holds=holds)
        always = Words("任何情形", "every purchase"), Words("没有任何情形", "no purchase")
        return self._chosen(always[0 if bool(test.value.value) is holds else 1])

    def _comparison(self, test: Compare) -> str:
        left, right = self.value(test.left), self._against(test.right, test.left)
        if test.sign in _EQUAL:
            constant = isinstance(test.right, Constant)
            words = _is_words(test.left, test.sign) if constant else _EQUAL_FACTS[test.sign]
            return self._filled(words, left=left, right=right)
        kind = _kind(test)
        if kind == "moment" and test.sign == "<" and isinstance(test.right, Constant):
            assert isinstance(test.right.value, datetime)
            if test.right.value.time() == time.min:
                words = Words("{left}在{right}以前", "{left} is by {right}")
                end = quantities.end_of(test.right.value, self._language)
                return self._filled(words, left=left, right=end)
        return self._filled(_BOUNDS[kind][test.sign], left=left, right=right)

    def _range(self, held: _Range) -> str:
        left = self.value(held.value)
        low, high = held.low.right, held.high.right
        assert isinstance(low, Constant)
        assert isinstance(high, Constant)
        if _kind(held.low) == _kind(held.high) == "day":
            return self._days(left, held)
        if isinstance(high.value, datetime) and held.high.sign == "<":
            to = quantities.end_of(high.value, self._language)
            closed = high.value.time() == time.min
        else:
            to, closed = self.constant(high.value, held.value), held.high.sign == "<="
        words = Words(
            "{left}在{low}（{first}）至{high}（{last}）之间",
            "{left} is from {low} ({first}) to {high} ({last})",
        )
        included = Words("含", "included"), Words("不含", "excluded")
        return self._filled(
            words,
            left=left,
            low=self.constant(low.value, held.value),
            high=to,
            first=self._chosen(included[held.low.sign == ">"]),
            last=self._chosen(included[not closed]),
        )

    def _days(self, left: str, held: _Range) -> str:
        """A range of days, both ends told inclusively."""
        first, last = (_as_day(bound.right) for bound in (held.low, held.high))
        first += timedelta(days=held.low.sign == ">")
        last -= timedelta(days=held.high.sign == "<")
        words = Words(
            "{left}在{low}至{high}之间（首尾两日均含在内）",
            "{left} is from {low} to {high}, both days included",
        )
        days = {
            "low": quantities.day(first, self._language),
            "high": quantities.day(last, self._language),
        }
        return self._filled(words, left=left, **days)

    def _pattern(self, test: Like, *, holds: bool) -> str:
        name, pattern = self.value(test.value), test.pattern
        inner = pattern.strip("%")
        if "%" in inner or "_" in inner or not inner:
            shape = Words(
                "形如“{text}”（百分号代表任意长度的文字，下划线代表一个字）",
                "is of the form '{text}' (% stands for any text, _ for one character)",
            )
            inner = pattern
        elif pattern == inner:
            shape = Words("是“{text}”", "is '{text}'")
        elif pattern == f"{inner}%":
            shape = Words("以“{text}”开头", "begins with '{text}'")
        elif pattern == f"%{inner}":
            shape = Words("以“{text}”结尾", "ends with '{text}'")
        else:
            shape = Words("含有“{text}”字样", "contains '{text}'")
        said = self._filled(shape, text=inner)
        if self._language == "zh":
            return f"{name}{said}" if holds else f"{name}并非{said}"
        return f"{name} {said}" if holds else f"it is not so that {name} {said}"

    def _missing(self, test: Missing, *, holds: bool) -> str:
        words = (
            Words("没有{value}的记载", "there is no record of {value}"),
            Words("有{value}的记载", "there is a record of {value}"),
        )
        return self._filled(words[0 if holds else 1], value=self.value(test.value))

    # values

    def value(self, value: Value) -> str:
        """A value that is not a constant of the other side."""
        if isinstance(value, FactValue):
            name = fact_name(value.name, self._language)
            return name if self._language == "zh" else f"the {name}"
        if isinstance(value, Plus):
            return self._sum(value)
        if isinstance(value, Later):
            return self._later(value)
        return self.constant(value.value, value)

    def _against(self, right: Value, left: Value) -> str:
        if isinstance(right, Constant):
            return self.constant(right.value, left)
        return self.value(right)

    def _sum(self, value: Plus) -> str:
        left = self._against(value.left, value.right)
        right = self._against(value.right, value.left)
        if value.days_between:
            words = Words("自{right}至{left}的天数", "the number of days from {right} to {left}")
        elif value.sign == 1:
            words = Words("{left}与{right}之和", "the sum of {left} and {right}")
        else:
            words = Words("{left}减去{right}的差", "{left} minus {right}")
        return self._filled(words, left=left, right=right)

    def _later(self, value: Later) -> str:
        point = self._chosen(_POINTS[_is_moment(value)])
        words = (
            Words("{day}满{steps}{unit}之{point}", "the {point} {steps} {unit} after {day}")
            if value.steps >= 0
            else Words(
                "{day}的{steps}{unit}前之{point}", "the {point} {steps} {unit} before {day}"
            )
        )
        steps = abs(value.steps)
        name, day = self._chosen(_UNITS_OF_TIME[value.unit]), self.value(value.day)
        if self._language == "en" and steps == 1:
            name = name.removesuffix("s")
        return self._filled(words, day=day, steps=f"{steps}", unit=name, point=point)

    def constant(self, value: Plain, beside: Value) -> str:
        """A literal in the unit of what it is compared with."""
        fact = _measured(beside)
        if isinstance(value, datetime):
            return quantities.moment(value, self._language)
        if isinstance(value, date):
            return quantities.day(value, self._language)
        if isinstance(value, str):
            return value_word(fact, value, self._language) if fact else value
        return self._number(value, beside, fact)

    def _number(self, value: float, beside: Value, fact: str) -> str:
        if isinstance(value, bool):
            return self._chosen(Words("是", "true") if value else Words("否", "false"))
        if fact and FACTS[fact].type is FactType.MONEY:
            return quantities.money(int(value), self._currency, self._language)
        if isinstance(beside, Plus) and beside.days_between:
            return quantities.number(value) + self._chosen(Words("天", " days"))
        return quantities.number(value) + (unit(fact, self._language) if fact else "")

    def _filled(self, words: Words, **values: str) -> str:
        return self._chosen(words).format(**values)

    def _chosen(self, words: Words) -> str:
        return words.zh if self._language == "zh" else words.en


def _measured(value: Value) -> str:
    """The fact that gives a value its unit; none for a number of days."""
    if isinstance(value, FactValue):
        return value.name
    if isinstance(value, Plus) and not value.days_between:
        return _measured(value.left) or _measured(value.right)
    return _measured(value.day) if isinstance(value, Later) else ""


def _kind(test: Compare) -> str:
    """Which words compare these two."""
    fact = _measured(test.left)
    timed = fact and FACTS[fact].type in (FactType.DAY, FactType.MOMENT)
    if not isinstance(test.right, Constant):
        return "two days" if timed else "two amounts"
    if isinstance(test.right.value, datetime):
        return "moment"
    return "day" if isinstance(test.right.value, date) else "amount"


def _as_day(value: Value) -> date:
    assert isinstance(value, Constant)
    assert isinstance(value.value, date)
    return value.value


# --- sentences --------------------------------------------------------------------------------


_JOINS: dict[Language, dict[str, str]] = {
    "zh": {"all": "，且", "one": "，或者"},
    "en": {"all": ", and ", "one": ", or "},
}


def in_line(said: Clause, language: Language) -> str:
    """A clause in one line; a chain within a chain stands in parentheses."""
    if not said.parts:
        return said.text
    if said.join == "if":
        premise, rest = (in_line(part, language) for part in said.parts)
        return f"{premise}的，{rest}" if language == "zh" else f"if {premise}, then {rest}"
    brackets = "（{}）" if language == "zh" else "({})"
    parts = [
        brackets.format(in_line(part, language)) if part.parts else part.text
        for part in said.parts
    ]
    return _JOINS[language][said.join].join(parts)
