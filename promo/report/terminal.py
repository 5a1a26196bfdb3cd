"""What does the analyst read on the screen, from 60 to 100 columns wide?"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from promo.appraisal import Appraisal
from promo.design.comparison import design_names
from promo.report import answer, plots, tables
from promo.report.grid import Grid, grid
from promo.report.tables import Table
from promo.report.words import TITLES, Language, chosen
from promo.report.wrapping import wrapped

_PLAIN = str.maketrans({"─": "-", "–": "~", "│": "|"})
_STRONGEST = 6  # assumptions shown for each measure


def appraisal_text(appraisal: Appraisal, language: Language, *, width: int, plain: bool) -> str:
    """The whole result, the answer in words first."""
    page = Page(language, width=width, plain=plain)
    page.heading(chosen(appraisal.title, language))
    page.paragraph(answer.paragraph(appraisal, language))
    page.paragraph(answer.standing_line(appraisal, language))
    page.table(tables.headline(appraisal, language))
    page.table(tables.money(appraisal, language))
    page.table(tables.parts(appraisal, language))
    page.curve(appraisal.spend_path)
    for plant in _by(tables.plants(appraisal, language), "plant"):
        page.table(plant)
    page.table(tables.accounts(appraisal, language))
    for measure in _by(tables.sensitivity(appraisal, language), "measure"):
        page.table(_strongest(measure))
    page.table(tables.identity(appraisal, language))
    page.table(tables.monthly_sales(appraisal, language))
    _show_assumptions(page, tables.assumptions(appraisal, language), width)
    page.table(tables.backtest(appraisal, language))
    page.bullets("limits", (chosen(text, language) for text in appraisal.limits))
    page.bullets("warnings", (chosen(text, language) for text in appraisal.warnings))
    page.bullets("provenance", _record(tables.provenance(appraisal, language)))
    return page.text()


def comparison_text(
    appraisals: Sequence[Appraisal],
    differences: pl.DataFrame,
    language: Language,
    *,
    width: int,
    plain: bool,
) -> str:
    """Designs beside each other, the differences first."""
    page = Page(language, width=width, plain=plain)
    for name, appraisal in zip(design_names(appraisals), appraisals, strict=True):
        page.heading(f"{name}: {chosen(appraisal.title, language)}")
        page.paragraph(answer.paragraph(appraisal, language))
        page.paragraph(answer.standing_line(appraisal, language))
    page.table(tables.differences(differences, appraisals, language))
    page.table(tables.designs(appraisals, language))
    page.bullets("limits", (chosen(text, language) for text in appraisals[0].limits))
    page.bullets("warnings", answer.all_warnings(appraisals, language))
    for appraisal in appraisals:
        page.bullets("provenance", _record(tables.provenance(appraisal, language)))
    return page.text()


class Page:
    """A page of text that grows from top to bottom and never exceeds its width."""

    def __init__(self, language: Language, *, width: int, plain: bool) -> None:
        self._language = language
        self._width = width
        self._plain = plain
        self._console = Console(
            file=io.StringIO(),
            width=width,
            color_system=None,
            force_terminal=False,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def heading(self, text: str) -> None:
        self._lines(text)
        self._print("─" * min(self._width, Text(text).cell_len))

    def paragraph(self, text: str) -> None:
        self._lines(text)
        self._print("")

    def table(self, table: Table) -> None:
        """A table under its title, with its notes; nothing where it has no row."""
        if table.frame.height == 0:
            return
        content = grid(table, self._language, width=self._width)
        self._print(Text(f"【{table.title}】" if self._language == "zh" else table.title.upper()))
        self._print(_drawn(content))
        for note in (*content.notes, *([table.note] if table.note else [])):
            self._lines(f"- {note}", hanging=2)
        self._print("")

    def curve(self, path: pl.DataFrame) -> None:
        drawing = plots.spend_curve(path, self._language, width=self._width, plain=self._plain)
        if not drawing:
            return
        self._title("spend_path")
        for line in drawing.splitlines():
            self._print(Text(line, no_wrap=True))
        if not self._plain:
            self._lines(plots.legend(self._language, plots.unit_of(path, self._language)))
        self._print("")

    def bullets(self, name: str, texts: Iterable[str]) -> None:
        lines = list(texts)
        if not lines:
            return
        self._title(name)
        for line in lines:
            self._lines(f"- {line}", hanging=2)
        self._print("")

    def text(self) -> str:
        stream = self._console.file
        assert isinstance(stream, io.StringIO)
        made = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
        return made.translate(_PLAIN) if self._plain else made

    def _title(self, name: str) -> None:
        title = chosen(TITLES[name], self._language)
        self._print(Text(f"【{title}】" if self._language == "zh" else title.upper()))

    def _lines(self, text: str, *, hanging: int = 0) -> None:
        for line in wrapped(text, self._width, hanging=hanging):
            self._print(Text(line, no_wrap=True))

    def _print(self, *content: Text | RichTable | str) -> None:
        for piece in content:
            self._console.print(piece)


def _drawn(content: Grid) -> RichTable:
    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for heading, numeric in zip(content.headings, content.numeric, strict=True):
        made.add_column(
            Text(heading), justify="right" if numeric else "left", no_wrap=numeric, overflow="fold"
        )
    for row in content.rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def _show_assumptions(page: Page, table: Table, width: int) -> None:
    """The sources stand in the table where there is room, else below it."""
    page.table(table)
    if width < tables.ROOM_FOR_SOURCES:
        rows = table.frame.to_dicts()
        page.bullets("sources", (f"{row['assumption']}: {row['source']}" for row in rows))


def _by(table: Table, name: str) -> list[Table]:
    """One table for each value of a column, named in the title."""
    columns = tuple(column for column in table.columns if column.name != name)
    return [
        Table(table.name, f"{table.title}: {group[name][0]}", columns, group)
        for group in table.frame.partition_by(name, maintain_order=True)
    ]


def _strongest(table: Table) -> Table:
    return Table(table.name, table.title, table.columns, table.frame.head(_STRONGEST), table.note)


def _record(table: Table) -> list[str]:
    return [f"{row['entry']}: {row['content'][:24]}" for row in table.frame.to_dicts()]
