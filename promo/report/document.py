"""What does the analyst hand in? One workbook and one page, with the tables of the screen."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from markupsafe import Markup
from rich.cells import cell_len
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from promo.report import words
from promo.report.grid import Grid, Sheet, grid, sheet
from promo.report.tables import Table, of_change, strongest
from promo.report.words import Language
from promo.schema import Words

_WIDEST = 99
_STRONGEST = 10  # assumptions shown for each measure
_TEMPLATE = Path(__file__).with_name("page.html.j2")
# A fixed day: the same result gives the same bytes.
_CREATED = datetime(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the page with the picture above it."""

    title: str
    grid: Grid
    picture: Markup


def page(
    title: str,
    paragraphs: Sequence[str],
    tables: Sequence[Table],
    language: Language,
    pictures: Mapping[str, Markup],
) -> str:
    """One self-contained HTML page: no script, nothing from the network, prints well."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    sections = [
        Section(
            table.title,
            grid(_for_reading(table), language, width=_WIDEST),
            pictures.get(table.name, Markup()),
        )
        for table in tables
    ]
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=title, paragraphs=paragraphs, sections=sections, language=language
    )


def _for_reading(table: Table) -> Table:
    """One row a week of a table by day, the strongest assumptions; the workbook holds all."""
    if table.name == "sensitivity":
        return strongest(table, _STRONGEST)
    if table.name == "exhaustion":
        return of_change(table)
    if table.name != "spend_path" or table.frame.height <= 14:
        return table
    return replace(table, frame=table.frame.gather_every(7, offset=6))


def workbook(
    title: str, paragraphs: Sequence[str], tables: Sequence[Table], language: Language
) -> bytes:
    """One Excel workbook, one sheet a table; text is never taken for a formula."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "nan_inf_to_errors": False})
    book.set_properties({"title": title, "created": _CREATED})
    first = book.add_worksheet(words.chosen(Words("答案", "Answer"), language))
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    first.set_column(0, 0, 100)
    for row, text in enumerate([title, *paragraphs]):
        first.write_string(row, 0, text, wrap)
    for table in tables:
        _write(book, book.add_worksheet(sheet_name(table.title)), sheet(table, language))
    book.close()
    return stream.getvalue()


def sheet_name(title: str) -> str:
    """A title as Excel allows it for a sheet.

    >>> sheet_name("分车型(各次抽样的平均)")
    '分车型'
    """
    short = re.split(r"[(（]", title)[0].strip()
    return re.sub(r"[\[\]:*?/\\]", " ", short)[:31]


def _write(book: Workbook, target: Worksheet, content: Sheet) -> None:
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for place, heading in enumerate(content.headings):
        target.write_string(0, place, heading, bold)
    formats: dict[str, Format] = {}
    for row, cells in enumerate(content.rows, start=1):
        for place, cell in enumerate(cells):
            if cell.shape not in formats:
                formats[cell.shape] = book.add_format({"num_format": cell.shape})
            _write_cell(target, row, place, cell.value, formats[cell.shape])
    for row, note in enumerate(content.notes, start=len(content.rows) + 2):
        target.write_string(row, 0, note)
    target.freeze_panes(1, 0)
    for place, width in enumerate(_widths(content)):
        target.set_column(place, place, width)


def _write_cell(target: Worksheet, row: int, place: int, value: object, shape: Format) -> None:
    """Text stays text, whatever it begins with."""
    if isinstance(value, date):
        target.write_datetime(row, place, datetime(value.year, value.month, value.day), shape)
    elif isinstance(value, (int, float)):
        target.write_number(row, place, value, shape)
    elif value is not None:
        target.write_string(row, place, str(value))


def _widths(content: Sheet) -> list[int]:
    columns = zip(*[[str(cell.value or "") for cell in row] for row in content.rows], strict=True)
    texts = [
        [heading, *column] for heading, column in zip(content.headings, columns, strict=False)
    ]
    return [min(50, 2 + max(map(cell_len, column))) for column in texts]
