"""What stands in each cell of a table, as text?

The one place where numbers become text, so that the terminal and the page cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from promo.report import words
from promo.report.numbers import Scale, calendar_day, interval, number, scale_of
from promo.report.tables import Column, Table
from promo.report.words import Language
from promo.schema import Words

Row: TypeAlias = dict[str, object]

BY_UNIT = ("by unit", "stated")
_NEVER = Words("不发生", "never")
_YES_OR_NO = Words(
    "每次抽样只有用完或没用完；区间是这个概率估计值的误差",
    "in each draw it does or it does not; the interval is the error of the estimate",
)


@dataclass(frozen=True, slots=True)
class Grid:
    """Headings and cells as text, with what must be said under the table.

    Attributes
    ----------
    numeric : whether a column is aligned to the right
    """

    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def grid(table: Table, language: Language, *, width: int) -> Grid:
    """A table as text for a screen of this many columns."""
    shown = [column for column in table.columns if width >= column.room]
    rows = table.frame.to_dicts()
    scales = {column.name: _column_scale(column, table) for column in shown}
    owns = _row_scales(rows, shown)
    headings = [text for c in shown for text in _headings(c, scales[c.name], language)]
    cells = [_row(row, shown, scales, own, language) for row, own in zip(rows, owns, strict=True)]
    return Grid(
        tuple(headings),
        tuple(flag for column in shown for flag in _alignment(column)),
        tuple(cells),
        _all_notes(table, rows, shown, language),
    )


def _headings(column: Column, scale: Scale | None, language: Language) -> list[str]:
    unit = words.chosen(scale.unit, language) if scale and column.form in {"CNY", "share"} else ""
    name = _labelled(column.heading, unit, language)
    if column.low is None:
        return [name]
    return [name, column.between or words.heading("interval", language)]


def _alignment(column: Column) -> list[bool]:
    numeric = column.form not in {"text", "date", "month"}
    return [numeric] if column.low is None else [numeric, True]


def _column_scale(column: Column, table: Table) -> Scale | None:
    """The scale of a column of one unit; money columns of a table share theirs."""
    if column.form in {"text", "date", "month", *BY_UNIT}:
        return None
    alike = (
        [c for c in table.columns if c.form == column.form] if column.form == "CNY" else [column]
    )
    names = [name for c in alike for name in (c.name, c.low, c.high) if name]
    values = [value for name in names for value in table.frame[name].to_list()]
    return scale_of(column.form, values)


def _row(
    row: Row,
    columns: Sequence[Column],
    scales: dict[str, Scale | None],
    own: Scale | None,
    language: Language,
) -> tuple[str, ...]:
    label = _label_position(columns) if any(c.form == "by unit" for c in columns) else None
    cells: list[str] = []
    for position, column in enumerate(columns):
        text = _cell(row, column, scales[column.name] or own, language)
        if position == label and own is not None:
            text = _with_unit(text, own, language)
        cells.append(text)
        if column.low is not None:
            cells.append(_interval(row, column, scales[column.name] or own, language))
    return tuple(cells)


def _label_position(columns: Sequence[Column]) -> int:
    """The column that names the row's quantity and so carries its unit."""
    names = [column.name for column in columns]
    return names.index("measure") if "measure" in names else 0


def _with_unit(text: str, scale: Scale, language: Language) -> str:
    return _labelled(text, words.chosen(scale.unit, language), language)


def _labelled(text: str, unit: str, language: Language) -> str:
    return f"{text}({unit})" if unit and language == "zh" else f"{text} ({unit})" if unit else text


def _row_scales(rows: Sequence[Row], columns: Sequence[Column]) -> list[Scale | None]:
    """The scale of each row's own unit; designs that stand beside each other share one."""
    by_unit = [column for column in columns if column.form in BY_UNIT]
    if not by_unit:
        return [None] * len(rows)
    names = [name for c in by_unit for name in (c.name, c.low, c.high) if name]
    values: dict[object, list[float]] = {}
    for place, row in enumerate(rows):
        numbers = [row[name] for name in names]
        kept = values.setdefault(_shared_by(place, row), [])
        kept += [v for v in numbers if isinstance(v, (int, float))]
    return [
        scale_of(str(row["unit"]), values[_shared_by(place, row)])
        for place, row in enumerate(rows)
    ]


def _shared_by(place: int, row: Row) -> object:
    return row["measure"] if "design" in row else place


def _cell(row: Row, column: Column, scale: Scale | None, language: Language) -> str:
    value = row[column.name]
    if isinstance(value, date):
        return value.strftime("%Y-%m" if column.form == "month" else "%Y-%m-%d")
    if column.form == "text" or scale is None:
        return "" if value is None else str(value)
    if not isinstance(value, (int, float)):
        return _missing(row, language)
    if _is_day(row, column):
        return _day(row, value).isoformat()
    return number(value, scale)


def _interval(row: Row, column: Column, scale: Scale | None, language: Language) -> str:
    low, high = row[str(column.low)], row[str(column.high)]
    if scale is None or (low is None and high is None):
        return ""
    return interval(
        _bound(row, column, low, scale, language),
        _bound(row, column, high, scale, language),
        language,
    )


def _bound(row: Row, column: Column, value: object, scale: Scale, language: Language) -> str:
    if not isinstance(value, (int, float)):
        return _missing(row, language)
    if not _is_day(row, column):
        return number(value, scale)
    day, middle = _day(row, value), row[column.name]
    same_year = isinstance(middle, (int, float)) and _day(row, middle).year == day.year
    return day.strftime("%m-%d" if same_year else "%Y-%m-%d")


def _missing(row: Row, language: Language) -> str:
    never = row.get("never")
    happens_not = isinstance(never, float) and never > 0
    return words.chosen(_NEVER, language) if happens_not else "-"


def _is_day(row: Row, column: Column) -> bool:
    return column.form in BY_UNIT and row.get("unit") == "days" and "first_day" in row


def _day(row: Row, days: float) -> date:
    first = row["first_day"]
    assert isinstance(first, date)
    return calendar_day(first, days)


def _all_notes(
    table: Table, rows: Sequence[Row], shown: Sequence[Column], language: Language
) -> tuple[str, ...]:
    """What must be said under a table; the same for several designs is said once."""
    names = {column.name for column in shown}
    by_row = [note for row in rows for note in _notes(row, names, language)]
    return tuple(dict.fromkeys([*by_row, *([table.note] if table.note else [])]))


def _notes(row: Row, shown: set[str], language: Language) -> Iterable[str]:
    """What a row's numbers do not say: why there is none, how often the thing never happens."""
    colon = "：" if language == "zh" else ": "
    label = str(row.get("measure"))
    if row.get("note"):
        yield f"{label}{colon}{row['note']}"
    if row.get("name") == "exhaustion_probability" and row.get("mean") not in {0.0, 1.0}:
        yield label + colon + words.chosen(_YES_OR_NO, language)
    never, middle = row.get("never"), row.get("p50")
    if isinstance(never, float) and never > 0:
        share = number(never, scale_of("share", [never]))
        design = f" ({row['design']})" if "design" in row else ""
        half = ""
        if "first_day" in row and "p50" not in shown and isinstance(middle, (int, float)):
            half = _day(row, middle).isoformat()
        if language == "zh":
            half = f"中位数为 {half}；" if half else ""
            tail = f"{share}% 的抽样中不发生，平均只计其余抽样"
        else:
            half = f"the median is {half}; " if half else ""
            tail = f"never in {share} % of the draws; the mean is over the others"
        yield f"{label}{design}{colon}{half}{tail}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A value for a workbook: text, number or day, and its number format."""

    value: str | float | date | None
    shape: str = "General"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for a workbook: the numbers of the grid, not yet rounded, bounds in own columns."""

    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]


_BOUNDS = (Words("下限(5%)", "5 %"), Words("上限(95%)", "95 %"))
_ENDS = (Words("范围下限", "range from"), Words("范围上限", "range to"))


def sheet(table: Table, language: Language) -> Sheet:
    """All columns of a table as values for a workbook."""
    rows = table.frame.to_dicts()
    scales = {column.name: _column_scale(column, table) for column in table.columns}
    owns = _row_scales(rows, table.columns)
    headings = [t for c in table.columns for t in _sheet_headings(c, scales[c.name], language)]
    return Sheet(
        tuple(headings),
        tuple(
            _sheet_row(row, table.columns, scales, own, language)
            for row, own in zip(rows, owns, strict=True)
        ),
        _all_notes(table, rows, table.columns, language),
    )


def _sheet_headings(column: Column, scale: Scale | None, language: Language) -> list[str]:
    first = _headings(column, scale, language)[0]
    if column.low is None:
        return [first]
    ends = _ENDS if column.between else _BOUNDS
    return [first, *(words.chosen(end, language) for end in ends)]


def _sheet_row(
    row: Row,
    columns: Sequence[Column],
    scales: dict[str, Scale | None],
    own: Scale | None,
    language: Language,
) -> tuple[Cell, ...]:
    label = _label_position(columns) if any(c.form == "by unit" for c in columns) else None
    cells: list[Cell] = []
    for position, column in enumerate(columns):
        scale = scales[column.name] or own
        if position == label and own is not None:
            text = _cell(row, column, scale, language)
            cells.append(Cell(_with_unit(text, own, language)))
            continue
        names = [column.name, column.low, column.high]
        cells += [_value(row, column, name, scale, language) for name in names if name]
    return tuple(cells)


def _value(row: Row, column: Column, name: str, scale: Scale | None, language: Language) -> Cell:
    value = row[name]
    if isinstance(value, date):
        return Cell(value, "yyyy-mm" if column.form == "month" else "yyyy-mm-dd")
    if column.form == "text" or scale is None:
        return Cell("" if value is None else str(value))
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return Cell(_missing(row, language))
    if _is_day(row, column):
        return Cell(_day(row, value), "yyyy-mm-dd")
    return Cell(value / scale.divisor, scale.excel_format())
