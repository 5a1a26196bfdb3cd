"""Who qualifies? SQL search conditions over typed facts, read strictly.

A condition is checked letter by letter, parsed by sqlglot, and kept as a small typed tree of our
own; whatever that tree does not account for is a finding at its word. From the tree comes one
polars expression in three-valued logic: a missing fact makes a condition unknown (null).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from promo.errors import did_you_mean
from promo.policy.conditions import (
    WITHIN_DAY,
    All,
    Compare,
    Comparison,
    Condition,
    Constant,
    FactValue,
    Holds,
    IntervalUnit,
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
    leaves,
)
from promo.policy.wording import (
    INTERVAL_UNITS,
    PLAIN_NUMBER,
    Token,
    at_word,
    chain_fault,
    size_fault,
    tokens_of,
    word_faults,
)
from promo.quantities import fault, plain_text, shown, together
from promo.schema import FACTS, FEN_PER_YUAN, FactType

MAX_LENGTH = 4_000
MOST_DAYS = 99_999
LEAST_PRICE = 1_000 * FEN_PER_YUAN  # a price below this was meant in 万元


def read_condition(value: object) -> Condition:
    """A condition from its text; raises with every fault that can be told apart."""
    text = plain_text(value)
    if not text.strip():
        raise fault("C301", "a condition was expected, nothing is written here")
    if len(text) > MAX_LENGTH:
        help = "split it into two conditions"
        raise fault("C305", f"longer than {MAX_LENGTH} characters", help, span=(0, 1))
    tokens = tokens_of(text)
    faults = word_faults(tokens)
    if not faults:
        found = size_fault(tokens) or chain_fault(tokens)
        faults = [found] if found is not None else []
    if faults:
        raise together(faults, text)
    return Condition(text, _Reader(text, tokens).read())


def _sqlglot(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return sqlglot.parse_one(text, dialect="postgres")
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        raise _parse_fault(text, details[0]) from None


def _parse_fault(text: str, detail: dict[str, Any]) -> PydanticCustomError:
    highlight = str(detail.get("highlight") or "")
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: int(detail.get("line") or 1) - 1])
    offset = max(0, min(before + int(detail.get("col") or 1) - len(highlight), len(text) - 1))
    near = shown(text[offset : offset + 20])
    length = max(1, len(highlight))
    return fault("C301", f"the condition cannot be read at '{near}'", span=(offset, length))


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value with its type; a bare number takes the type of what it meets."""

    value: Value
    type: FactType
    literal: bool
    start: int
    length: int


_COMPARISONS: dict[str, Comparison] = {
    "EQ": "=",
    "NEQ": "<>",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
}


# A day and a moment compare with each other: a day is its first instant.
_TIMES = frozenset((FactType.DAY, FactType.MOMENT))
_WRITTEN = {
    "DATE": r"\d{4}-\d\d-\d\d",
    "TIMESTAMP": r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?",
}

# Everything that a node of sqlglot may carry; what is not named here is refused, since an argument
# that nobody reads changes the meaning in silence.
_UNDERSTOOD = frozenset(
    "this expression expressions low high negate unit to is_string quoted".split()  # noqa: SIM905
)


class _Reader:
    """Turns the tree of sqlglot into ours, word by word; every word must be accounted for."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.seen: set[int] = set()

    def read(self) -> Test:
        root = _sqlglot(self.text)
        for node in root.walk():
            unknown = {name for name, value in node.args.items() if value} - _UNDERSTOOD
            if unknown and type(node).__name__ != "Alias":
                raise self.refuse(node, f"'{', '.join(sorted(unknown)).upper()}'")
        tree = self.test(root)
        for token in self.tokens:
            named = token.kind in ("number", "text") or token.text in FACTS
            if named and token.start not in self.seen:
                raise at_word(
                    token, "C301", f"'{shown(token.text)}' has no place in this condition"
                )
        negated = [token for token in self.tokens if token.text.upper() == "NOT"]
        if len(negated) != sum(isinstance(node, Not) for node in leaves(tree)):
            raise at_word(negated[0], "C301", "a NOT that is not understood here")
        return tree

    # places

    def span(self, node: Any) -> tuple[int, int]:
        """Offset and length of the first word below a node of sqlglot."""
        starts = [
            (each.meta["start"], each.meta["end"]) for each in node.walk() if "start" in each.meta
        ]
        if not starts:
            return 0, len(self.text)
        start, end = min(starts)
        return start, end - start + 1

    def refuse(self, node: Any, what: str) -> PydanticCustomError:
        return fault("C302", f"{what} is not allowed in a condition", span=self.span(node))

    def refuse_expression(self, node: Any) -> PydanticCustomError:
        """Something the language does not have: an alias, NULL outside IS, anything else."""
        if type(node).__name__ == "Alias":
            return self.refuse(node.args["alias"], f"the alias '{shown(node.alias)}'")
        if type(node).__name__ == "Null":
            bare = (
                (token.start, len(token.text))
                for place, token in enumerate(self.tokens)
                if token.text.upper() == "NULL" and self.before(place) != "IS"
            )
            span = next(bare, (0, len(self.text)))
            help = "write IS NULL or IS NOT NULL"
            return fault("C302", "NULL compares with nothing", help, span=span)
        return self.refuse(node, f"'{shown(node.sql(dialect='postgres'))}'")

    def before(self, place: int) -> str:
        return self.tokens[place - 1].text.upper() if place else ""

    # tests

    def test(self, node: Any) -> Test:
        kind = type(node).__name__
        if kind in ("And", "Or"):
            parts = tuple(self.test(part) for part in _chain(node))
            return All(parts) if kind == "And" else Some(parts)
        if kind == "Not":
            return Not(self.test(node.this))
        if kind == "Paren":
            return self.test(node.this)
        if kind in _COMPARISONS:
            return self.compare(node, _COMPARISONS[kind])
        return self.special(node, kind)

    def special(self, node: Any, kind: str) -> Test:
        if kind == "Between":
            return self.between(node)
        if kind == "In":
            return self.one_of(node)
        if kind == "Like":
            return self.like(node)
        if kind == "Is":
            return self.missing(node)
        if kind == "Literal":
            help = "compare a fact with it"
            raise fault("C304", "a literal stands alone", help, span=self.span(node))
        if kind in ("Column", "Boolean"):
            return self.flag(node)
        raise self.refuse_expression(node)

    def flag(self, node: Any) -> Test:
        found = self.value(node)
        if found.type is FactType.FLAG and isinstance(found.value, FactValue | Constant):
            return Holds(found.value)
        help = "compare it, such as '= ...'"
        raise fault(
            "C304", "a fact that is not true or false stands alone", help, span=self.span(node)
        )

    def compare(self, node: Any, sign: Comparison) -> Test:
        left, right = self.compared(self.value(node.this), self.value(node.expression))
        if left.type is FactType.FLAG and sign not in ("=", "<>"):
            raise self.refuse(node, f"'{sign}' between true and false")
        return Compare(left.value, sign, right.value)

    def between(self, node: Any) -> Test:
        value = self.value(node.this)
        low, high = self.value(node.args["low"]), self.value(node.args["high"])
        first, bottom = self.compared(value, low)
        second, top = self.compared(value, high)
        return All(
            (Compare(first.value, ">=", bottom.value), Compare(second.value, "<=", top.value))
        )

    def one_of(self, node: Any) -> Test:
        items = node.expressions
        if not items or node.args.get("query") is not None:
            raise self.refuse(node, "an empty list or a subquery")
        value = self.value(node.this)
        pairs = [self.compared(value, self.value(item)) for item in items]
        found: list[Plain] = []
        for _, item in pairs:
            if not isinstance(item.value, Constant):
                message = "only literals can stand in a list"
                raise fault("C302", message, span=(item.start, item.length))
            found.append(item.value.value)
        return OneOf(pairs[0][0].value, tuple(found))

    def like(self, node: Any) -> Test:
        value, pattern = self.value(node.this), self.value(node.expression)
        both_text = value.type is pattern.type is FactType.TEXT
        if not both_text or not isinstance(value.value, FactValue):
            message = "LIKE compares a text fact with a text"
            side = pattern if value.type is FactType.TEXT else value
            raise fault("C304", message, span=(side.start, side.length))
        if not isinstance(pattern.value, Constant) or "\\" in str(pattern.value.value):
            span = (pattern.start, pattern.length)
            raise fault("C302", "only % and _ can stand in a pattern", span=span)
        found = Like(value.value, str(pattern.value.value))
        return Not(found) if node.args.get("negate") else found

    def missing(self, node: Any) -> Test:
        if type(node.expression).__name__ != "Null":
            raise self.refuse(node, "IS with anything but NULL")
        found = Missing(self.value(node.this).value)
        return Not(found) if node.args.get("negate") else found

    # values

    def value(self, node: Any) -> _Typed:
        kind = type(node).__name__
        if kind == "Paren":
            return self.value(node.this)
        if kind in ("Add", "Sub"):
            return self.sum(node, 1 if kind == "Add" else -1)
        readers = {
            "Column": self.fact,
            "Literal": self.literal,
            "Boolean": self.truth,
            "Neg": self.negative,
            "Cast": self.day,
        }
        if kind not in readers:
            raise self.refuse_expression(node)
        return readers[kind](node, *self.span(node))

    def truth(self, node: Any, start: int, length: int) -> _Typed:
        value, length = Constant(bool(node.this)), len(str(node.this))
        # sqlglot forgets where these words stand; they are read from left to right.
        words = (each for each in self.tokens if each.text.upper() in ("TRUE", "FALSE"))
        start = next((each.start for each in words if each.start not in self.seen), start)
        self.seen.add(start)
        return _Typed(value, FactType.FLAG, literal=True, start=start, length=length)

    def fact(self, node: Any, start: int, length: int) -> _Typed:
        name = node.name
        if name not in FACTS or node.args.get("table") is not None:
            help = did_you_mean(name, FACTS)
            raise fault("C303", f"unknown fact '{shown(name)}'", help, span=(start, length))
        self.seen.add(start)
        return _Typed(FactValue(name), FACTS[name].type, literal=False, start=start, length=length)

    def literal(self, node: Any, start: int, length: int) -> _Typed:
        self.seen.add(start)
        if node.is_string:
            return _Typed(
                Constant(node.this), FactType.TEXT, literal=True, start=start, length=length
            )
        number = float(node.this)
        return _Typed(Constant(number), FactType.NUMBER, literal=True, start=start, length=length)

    def negative(self, node: Any, start: int, length: int) -> _Typed:
        inner = self.value(node.this)
        number = inner.value.value if isinstance(inner.value, Constant) else None
        if not isinstance(number, float) or number < 0:
            raise self.refuse(node, "a minus sign before anything but a number")
        value = Constant(-number)
        return _Typed(value, FactType.NUMBER, literal=True, start=start, length=length)

    def day(self, node: Any, start: int, length: int) -> _Typed:
        """`DATE '2022-11-01'` or `TIMESTAMP '2022-11-01 12:00:00'`."""
        target = node.args["to"].sql(dialect="postgres").upper()
        text = (
            node.this.name
            if type(node.this).__name__ == "Literal" and node.this.is_string
            else None
        )
        if target not in ("DATE", "TIMESTAMP") or text is None:
            raise self.refuse(node, "a cast")
        self.seen.add(start)
        found = _written_day(text, target)
        if found is None:
            code = "V202" if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text) else "C301"
            help = "write a day as DATE '2022-11-01'"
            message = f"the day '{shown(text)}' does not exist"
            raise fault(code, message, help, span=(start, length))
        kind = FactType.MOMENT if isinstance(found, datetime) else FactType.DAY
        return _Typed(Constant(found), kind, literal=True, start=start, length=length)

    def sum(self, node: Any, sign: Literal[1, -1]) -> _Typed:
        if type(node.expression).__name__ == "Interval":
            return self.later(node, sign)
        left, right = self.value(node.this), self.value(node.expression)
        if left.type in _TIMES:
            return self.day_sum(left, right, sign)
        left, right = self.agree(left, right)
        if left.type not in (FactType.NUMBER, FactType.MONEY):
            raise self.refuse(node, "arithmetic on anything but money, numbers and days")
        literal = left.literal and right.literal
        value: Value = Plus(left.value, right.value, sign)
        return _Typed(value, left.type, literal=literal, start=left.start, length=left.length)

    def day_sum(self, left: _Typed, right: _Typed, sign: Literal[1, -1]) -> _Typed:
        for side in (left, right):
            if side.type is FactType.MOMENT:
                help = "write DATE" if side.literal else "move it by an INTERVAL, or take its day"
                message = "a moment cannot be counted in days"
                raise fault("C304", message, help, span=(side.start, side.length))
        if right.type is FactType.DAY and sign == -1:
            value = Plus(left.value, right.value, -1, days_between=True)
            return _Typed(
                value, FactType.NUMBER, literal=False, start=left.start, length=left.length
            )
        whole = isinstance(right.value, Constant) and right.type is FactType.NUMBER
        steps = right.value.value if whole and isinstance(right.value, Constant) else 0.5
        if not isinstance(steps, float) or steps != int(steps):
            raise fault("C304", "a day moves by whole days", span=(right.start, right.length))
        if steps > MOST_DAYS:
            message = f"a day moves by at most {MOST_DAYS} days"
            raise fault("V205", message, "check the digits", span=(right.start, right.length))
        moved = Later(left.value, sign * int(steps), "d")
        return _Typed(moved, FactType.DAY, literal=False, start=left.start, length=left.length)

    def later(self, node: Any, sign: Literal[1, -1]) -> _Typed:
        left = self.value(node.this)
        steps, unit = self.interval(node.expression)
        if left.type not in _TIMES:
            message = "only a day or a moment moves by an INTERVAL"
            raise fault("C304", message, span=(left.start, left.length))
        moved = Later(left.value, sign * steps, unit)
        kind = FactType.MOMENT if unit in WITHIN_DAY else left.type
        return _Typed(moved, kind, literal=False, start=left.start, length=left.length)

    def interval(self, node: Any) -> tuple[int, IntervalUnit]:
        start, length = self.span(node)
        self.seen.update(
            token.start for token in self.tokens if start <= token.start < start + length
        )
        words = f"{node.this.name if node.this else ''} {node.args.get('unit') or ''}".split()
        unit = words[1].upper().removesuffix("S") if len(words) == 2 else ""
        if unit not in INTERVAL_UNITS or not re.fullmatch(r"\d{1,5}", words[0]):
            help = "write INTERVAL '1 year', '6 months' or '90 days'"
            raise fault("C302", "this INTERVAL cannot be read", help, span=(start, length))
        self.note_interval_words(node)
        return int(words[0]), INTERVAL_UNITS[unit]

    def note_interval_words(self, node: Any) -> None:
        """The text of an interval has no place of its own in sqlglot; take it from the words."""
        for place, token in enumerate(self.tokens):
            if token.text.upper() == "INTERVAL" and place + 1 < len(self.tokens):
                self.seen.add(self.tokens[place + 1].start)

    # types

    def agree(self, left: _Typed, right: _Typed) -> tuple[_Typed, _Typed]:
        """Both sides in one type; a bare number becomes money where it meets money."""
        if left.type is FactType.MONEY and right.literal and right.type is FactType.NUMBER:
            right = _as_money(right)
        if right.type is FactType.MONEY and left.literal and left.type is FactType.NUMBER:
            left = _as_money(left)
        if left.type is not right.type and {left.type, right.type} != _TIMES:
            help = _type_help(left, right)
            message = f"{_name(left)} is compared with {_name(right)}"
            place = right if right.literal or not left.literal else left
            raise fault("C304", message, help, span=(place.start, place.length))
        return left, right

    def compared(self, left: _Typed, right: _Typed) -> tuple[_Typed, _Typed]:
        """Two sides of a comparison: of one type, and a literal that the fact can have."""
        left, right = self.agree(left, right)
        for fact, literal in ((left, right), (right, left)):
            _refuse_unknown_word(fact, literal)
            _refuse_unit_slip(fact, literal)
        return left, right


def _chain(node: Any) -> list[Any]:
    """The parts of a chain of one connective, in order, without recursion."""
    kind, parts, waiting = type(node), [], [node]
    while waiting:
        current = waiting.pop()
        if type(current) is kind:
            waiting.extend((current.expression, current.this))
        else:
            parts.append(current)
    return parts


def _written_day(text: str, kind: str) -> date | None:
    """The day or instant written in a literal; None where there is none such."""
    if not re.fullmatch(_WRITTEN[kind], text, re.ASCII):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.date() if kind == "DATE" else found


def _as_money(side: _Typed) -> _Typed:
    """A number of yuan as whole fen."""
    fen = _in_fen(side.value)
    if fen is None:
        message = "an amount of money with parts of a fen"
        raise fault("C304", message, "write at most two decimals", span=(side.start, side.length))
    return _Typed(fen, FactType.MONEY, literal=True, start=side.start, length=side.length)


def _in_fen(value: Value) -> Value | None:
    if isinstance(value, Plus):
        left, right = _in_fen(value.left), _in_fen(value.right)
        return Plus(left, right, value.sign) if left is not None and right is not None else None
    if not isinstance(value, Constant) or not isinstance(value.value, float):
        return None
    fen = Decimal(repr(value.value)) * FEN_PER_YUAN
    return Constant(int(fen)) if fen == fen.to_integral_value() else None


def _name(side: _Typed) -> str:
    kinds = {
        FactType.TEXT: "a text",
        FactType.NUMBER: "a number",
        FactType.MONEY: "an amount of money",
        FactType.DAY: "a day",
        FactType.MOMENT: "a moment",
        FactType.FLAG: "true or false",
    }
    if isinstance(side.value, FactValue):
        return f"'{side.value.name}' ({kinds[side.type]})"
    return kinds[side.type]


def _type_help(left: _Typed, right: _Typed) -> str:
    types = {left.type, right.type}
    texts = [side.value.value for side in (left, right) if isinstance(side.value, Constant)]
    written = texts[0] if texts else ""
    if types & _TIMES and isinstance(written, str):
        kind = next((kind for kind in _WRITTEN if re.fullmatch(_WRITTEN[kind], written)), "")
        return f"write {kind} '{written}'" if kind else ""
    if FactType.TEXT in types and isinstance(written, str) and PLAIN_NUMBER.fullmatch(written):
        return f"write {written} without quotes"
    if types in ({FactType.FLAG, FactType.TEXT}, {FactType.FLAG, FactType.NUMBER}):
        return "write TRUE or FALSE"
    if isinstance(written, float):
        return f"write '{written:g}' in quotes" if FactType.TEXT in types else ""
    return ""


def _refuse_unknown_word(fact: _Typed, literal: _Typed) -> None:
    """A text that its fact can never have, such as energy = 'EV'."""
    if not isinstance(fact.value, FactValue) or not isinstance(literal.value, Constant):
        return
    choices = FACTS[fact.value.name].choices
    if choices and literal.value.value not in choices:
        written = str(literal.value.value)
        help = did_you_mean(written, choices)
        message = f"'{fact.value.name}' is never '{shown(written)}'"
        raise fault("V206", message, help, span=(literal.start, literal.length))


def _refuse_unit_slip(fact: _Typed, literal: _Typed) -> None:
    """A price of 5 yuan was meant as 5 万元."""
    value = literal.value.value if isinstance(literal.value, Constant) else None
    if fact.type is not FactType.MONEY or not isinstance(fact.value, FactValue):
        return
    if isinstance(value, int) and 0 < value < LEAST_PRICE:
        yuan = Decimal(value) / FEN_PER_YUAN
        plain = format((yuan * 10_000).normalize(), "f")
        message = f"'{fact.value.name}' is in yuan; {yuan:f} yuan is no price of a car"
        span = (literal.start, literal.length)
        raise fault("V207", message, f"write {plain} if 万元 was meant", span=span)


ConditionText: TypeAlias = Annotated[
    Condition, PlainValidator(read_condition), WithJsonSchema({"type": "string"})
]
