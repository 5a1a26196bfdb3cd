"""What does the analyst read on the screen, from 60 to 100 columns wide?"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from promo.appraisal import Appraisal
from promo.design.comparison import design_names
from promo.report import answer, plant_plots, plots, tables
from promo.report.grid import Grid, grid
from promo.report.tables import Table
from promo.report.words import TITLES, Language, chosen
from promo.report.wrapping import longest_word, wrapped

_PLAIN = str.maketrans({"─": "-", "–": "~", "│": "|"})
_STRONGEST = 6  # assumptions shown for each measure
_GAP = 2  # cells between columns
_READABLE = 10  # cells below which a column of words is not narrowed without need


def appraisal_text(appraisal: Appraisal, language: Language, *, width: int, plain: bool) -> str:
    """The whole result, the answer in words first."""
    page = Page(language, width=width, plain=plain)
    page.heading(chosen(appraisal.title, language))
    page.paragraph(answer.paragraph(appraisal, language))
    page.paragraph(answer.standing_line(appraisal, language))
    page.bullets("warnings", (chosen(text, language) for text in appraisal.warnings))
    page.table(tables.headline(appraisal, language))
    page.table(tables.money(appraisal, language))
    page.table(tables.parts(appraisal, language))
    page.curve(appraisal.spend_path)
    page.sales(tables.monthly_sales(appraisal, language))
    page.table(tables.of_change(tables.exhaustion(appraisal, language)))
    for plant in _by(tables.plants(appraisal, language), "plant"):
        page.table(plant)
    page.table(tables.conquest(appraisal, language))
    page.table(tables.two_by_two(appraisal, language))
    weeks = tables.plant_weeks(appraisal, language)
    drawn = weeks.frame.partition_by("plant", maintain_order=True) if weeks.frame.height else []
    by_plant = _by(_of_the_window(weeks, appraisal), "plant")
    for table, all_weeks in zip(by_plant, drawn, strict=True):
        page.table(table)
        page.plant(all_weeks)
    page.table(tables.unmet(appraisal, language))
    page.table(tables.targets(appraisal, language))
    page.table(tables.accounts(appraisal, language))
    moving = tables.strongest(tables.sensitivity(appraisal, language), _STRONGEST)
    for measure in _by(moving, "measure"):
        page.table(measure)
    page.table(tables.additionality(appraisal, language))
    page.table(tables.beside_published(appraisal, language))
    page.table(tables.identity(appraisal, language))
    page.table(tables.monthly_sales(appraisal, language))
    _show_assumptions(page, tables.assumptions(appraisal, language), language, width)
    page.table(tables.backtest(appraisal, language))
    page.bullets("limits", (chosen(text, language) for text in appraisal.limits))
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
    warnings = answer.all_warnings(appraisals)
    page.bullets("warnings", (chosen(text, language) for text in warnings))
    page.table(tables.differences(differences, appraisals, language))
    page.table(tables.designs(appraisals, language))
    page.bullets("limits", (chosen(text, language) for text in appraisals[0].limits))
    for name, appraisal in zip(design_names(appraisals), appraisals, strict=True):
        record = _record(tables.provenance(appraisal, language))
        page.bullets("provenance", record, of=name)
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
        self._title(table.title)
        self._print(_drawn(content, self._width))
        for note in content.notes:
            self._lines(f"- {note}", hanging=2)
        self._print("")

    def curve(self, path: pl.DataFrame) -> None:
        drawing = plots.spend_curve(path, self._language, width=self._width, plain=self._plain)
        if not drawing:
            return
        self._title(chosen(TITLES["spend_path"], self._language))
        for line in drawing.splitlines():
            self._print(Text(line, no_wrap=True))
        if not self._plain:
            self._lines(plots.legend(self._language, plots.unit_of(path, self._language)))
        self._print("")

    def sales(self, months: Table) -> None:
        """Sales by month, drawn; a plain page has them in their table."""
        if self._plain:
            return
        panels = plots.monthly_sales(months.frame, self._language, width=self._width)
        if not panels:
            return
        self._title(months.title)
        for caption, drawing in panels:
            self._lines(caption)
            for line in drawing:
                self._print(Text(line, no_wrap=True))
        self._lines(f"- {months.note}", hanging=2)
        self._print("")

    def plant(self, weeks: pl.DataFrame) -> None:
        """The weeks of one plant, drawn; a plain page has them in its table."""
        if self._plain:
            return
        for line in plant_plots.plant_weeks(weeks, self._language, width=self._width):
            self._print(Text(line, no_wrap=True))
        self._print("")

    def bullets(self, name: str, texts: Iterable[str], *, of: str = "") -> None:
        lines = list(texts)
        if not lines:
            return
        title = chosen(TITLES[name], self._language)
        self._title(f"{title}: {of}" if of else title)
        for line in lines:
            self._lines(f"- {line}", hanging=2)
        self._print("")

    def text(self) -> str:
        stream = self._console.file
        assert isinstance(stream, io.StringIO)
        made = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
        return made.translate(_PLAIN) if self._plain else made

    def _title(self, title: str) -> None:
        self._lines(f"【{title}】" if self._language == "zh" else title.upper())

    def _lines(self, text: str, *, hanging: int = 0) -> None:
        for line in wrapped(text, self._width, hanging=hanging):
            self._print(Text(line, no_wrap=True))

    def _print(self, *content: Text | RichTable | str) -> None:
        for piece in content:
            self._console.print(piece)


def _drawn(content: Grid, width: int) -> RichTable:
    """The table with its columns as wide as their words need, broken between words only."""
    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    widths = _widths(content, width)
    for heading, numeric, room in zip(content.headings, content.numeric, widths, strict=True):
        made.add_column(
            _broken(heading, room), justify="right" if numeric else "left", no_wrap=True
        )
    for row in content.rows:
        made.add_row(*(_broken(cell, room) for cell, room in zip(row, widths, strict=True)))
    return made


def _broken(text: str, room: int) -> Text:
    return Text("\n".join(wrapped(text, room)))


def _widths(content: Grid, width: int) -> list[int]:
    """Numbers keep the room they need; words share the rest, the longest giving way first."""
    cells = [[row[place] for row in content.rows] for place in range(len(content.headings))]
    widths, least = [], []
    for heading, numeric, column in zip(content.headings, content.numeric, cells, strict=True):
        widths.append(max(map(cell_len, [heading, *column])))
        needed = max(map(cell_len if numeric else longest_word, column), default=1)
        readable = 1 if numeric else min(widths[-1], _READABLE)
        least.append(max(needed, longest_word(heading), readable))
    room = width - _GAP * (len(widths) - 1)
    while sum(widths) > room:
        # A heading gives way before the words of the rows, and those before they are cut.
        spare = [p for p, least_width in enumerate(least) if widths[p] > least_width]
        if spare:
            widths[max(spare, key=lambda p: (content.numeric[p], widths[p]))] -= 1
            continue
        words = [p for p, numeric in enumerate(content.numeric) if not numeric]
        if not words or max(widths[p] for p in words) <= 2:
            break
        widths[max(words, key=lambda p: widths[p])] -= 1
    return widths


def _show_assumptions(page: Page, table: Table, language: Language, width: int) -> None:
    """The sources stand in the table where there is room, else below it."""
    page.table(table)
    if width < tables.ROOM_FOR_SOURCES:
        rows = table.frame.to_dicts()
        colon = "：" if language == "zh" else ": "
        page.bullets("sources", (f"{row['assumption']}{colon}{row['source']}" for row in rows))


def _of_the_window(table: Table, appraisal: Appraisal) -> Table:
    """The weeks up to the end of the campaign; the files of a run hold all of them."""
    if table.frame.height == 0:
        return table
    return replace(table, frame=table.frame.filter(pl.col("week") <= appraisal.window[1]))


def _by(table: Table, name: str) -> list[Table]:
    """One table for each value of a column, named in the title; the note stands under the last."""
    if table.frame.height == 0:
        return []
    columns = tuple(column for column in table.columns if column.name != name)
    groups = table.frame.partition_by(name, maintain_order=True)
    made = [
        Table(table.name, f"{table.title}: {group[name][0]}", columns, group) for group in groups
    ]
    return [*made[:-1], replace(made[-1], note=table.note)] if made else []


def _record(table: Table) -> list[str]:
    return [f"{row['entry']}: {row['content'][:24]}" for row in table.frame.to_dicts()]
