"""Who stood on a list of dealers or models on a day? Lists are tables beside the campaign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, NamedTuple, TypeAlias

import polars as pl
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from promo.errors import Diagnostic
from promo.policy.conditions import (
    All,
    Compare,
    Condition,
    Constant,
    FactValue,
    OneOf,
    Some,
    Test,
    leaves,
)
from promo.quantities import FileModel, Text, day, one_of
from promo.schema import FACTS, FactType
from promo.textfile import Finding, Table, read_table, resolve

MOST_NAMES = 5_000
MOST_PERIODS = 1_000
_DAY = timedelta(days=1)
_COLUMNS = {"name": "text", "from": "text?", "to": "text?"}
_TEXTS = tuple(name for name, fact in FACTS.items() if fact.type is FactType.TEXT)
_DAYS = tuple(name for name, fact in FACTS.items() if fact.type is FactType.DAY)
TextFact: TypeAlias = Annotated[
    str, PlainValidator(one_of(_TEXTS)), WithJsonSchema({"enum": list(_TEXTS)})
]
DayFact: TypeAlias = Annotated[
    str, PlainValidator(one_of(_DAYS)), WithJsonSchema({"enum": list(_DAYS)})
]
Period: TypeAlias = tuple[date | None, date | None]


class Listed(FileModel):
    """A fact that must stand on a list (CSV: name, from, to), on the day of another fact."""

    fact: TextFact
    file: Text
    on: DayFact | None = None


class ListRead(NamedTuple):
    """A list as a condition, or what is wrong in its file; sha256 of the file by its path."""

    condition: Condition | None
    diagnostics: tuple[Diagnostic, ...]
    files: dict[str, str]


def read_list(base: str, listed: Listed) -> ListRead:
    """The list that a rule of the file `base` names.

    Raises `Finding` where there is no such file, or the file is no list for this rule.
    """
    table = read_table(resolve(base, listed.file), _COLUMNS)
    files = {table.path: table.digest}
    if table.value is None:
        return ListRead(None, table.diagnostics, files)
    periods, findings = _periods(table, table.value)
    if findings:
        return ListRead(None, tuple(findings), files)
    if not 0 < table.value.height <= MOST_NAMES:
        raise Finding(table.diagnostic(0, "V211", f"a list holds 1 to {MOST_NAMES} names"))
    if len(periods) > MOST_PERIODS:
        message = f"a list holds at most {MOST_PERIODS} different periods"
        raise Finding(table.diagnostic(0, "V211", message))
    if listed.on is None and set(periods) != {(None, None)}:
        message = f"'{listed.file}' is dated, so the key 'on' is needed here"
        raise Finding(Diagnostic(base, 1, 1, "K102", message, "write 'on: invoice_date'"))
    return ListRead(_condition(listed, periods), (), files)


def _periods(
    table: Table, frame: pl.DataFrame
) -> tuple[dict[Period, tuple[str, ...]], list[Diagnostic]]:
    """The names of the list by the days, both inclusive, on which they stand on it."""
    named: dict[Period, dict[str, None]] = {}
    findings = []
    for row, (name, start, stop) in enumerate(frame.iter_rows()):
        wrong = [*_day_findings(table, row, "from", start), *_day_findings(table, row, "to", stop)]
        findings += wrong
        if wrong:
            continue
        first, last = (None if each is None else day(each) for each in (start, stop))
        if first is not None and last is not None and last < first:
            message = f"'{name}' leaves before it comes"
            findings.append(table.diagnostic(row, "V204", message, column="to"))
            continue
        named.setdefault((first, last), {})[name] = None
    return {period: tuple(names) for period, names in named.items()}, findings


def _day_findings(
    table: Table, row: int, column: str, written: str | None
) -> Iterator[Diagnostic]:
    """What is wrong with a day of the list, at its cell."""
    if written is None:
        return
    try:
        day(written)
    except PydanticCustomError as error:
        context = error.context or {}
        message, help = context["message"], context["help"]
        yield table.diagnostic(row, error.type, message, help=help, column=column)


def _condition(listed: Listed, periods: dict[Period, tuple[str, ...]]) -> Condition:
    tests = [_on_list(listed, first, last, names) for (first, last), names in periods.items()]
    text = f"{listed.fact} IN '{listed.file}'"
    text += f" ON {listed.on}" if listed.on is not None else ""
    return Condition(text, tests[0] if len(tests) == 1 else Some(tuple(tests)))


def _on_list(
    listed: Listed, first: date | None, last: date | None, names: tuple[str, ...]
) -> Test:
    tests: list[Test] = [OneOf(FactValue(listed.fact), names)]
    if listed.on is not None:
        clock = FactValue(listed.on)
        tests += [Compare(clock, ">=", Constant(first))] if first is not None else []
        tests += [Compare(clock, "<=", Constant(last))] if last is not None else []
    return All(tuple(tests)) if len(tests) > 1 else tests[0]


def nobody_on(condition: Condition, first: date, last: date) -> date | None:
    """The first day, of those from `first` to `last`, on which nobody stands on a list read here.

    None where there is none; of a list without dates, always.
    """
    tests = condition.tree.parts if isinstance(condition.tree, Some) else (condition.tree,)
    periods = sorted(_period(test) for test in tests)
    for start, stop in periods:
        if start > first:
            break
        if stop >= first:
            first = min(stop, date.max - _DAY) + _DAY
    return first if first <= last else None


def _period(test: Test) -> tuple[date, date]:
    """The days on which the names of one part of a list stand on it."""
    bounds: dict[str, date] = {">=": date.min, "<=": date.max}
    for node in leaves(test):
        if isinstance(node, Compare) and isinstance(node.right, Constant):
            day = node.right.value
            bounds[node.sign] = day if isinstance(day, date) else bounds[node.sign]
    return bounds[">="], bounds["<="]
