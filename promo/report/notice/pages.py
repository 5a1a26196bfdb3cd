"""How does a notice look on a screen, in Markdown, and as a page to print?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
from rich.cells import cell_len

from promo.report.notice.outline import Grid, Line, Outline, content, heading
from promo.report.tables import Column, Table
from promo.report.terminal import Page
from promo.report.wrapping import wrapped

_INDENT = 2
_TEMPLATE = Path(__file__).with_name("page.html.j2")


def as_text(outline: Outline, *, width: int, plain: bool) -> str:
    """The text for a screen of `width` columns."""
    page = Page(outline.language, width=width, plain=plain)
    page.heading(outline.title)
    pieces = [page.text(), *_paragraphs(outline.preface, width)]
    for place, section in enumerate(outline.sections):
        pieces += ["", *wrapped(heading(place, section, outline.language), width)]
        for entry in content(place, section, outline.language):
            if isinstance(entry, Grid):
                pieces += ["", _grid_text(entry, outline, width=width, plain=plain).rstrip(), ""]
            else:
                pieces += _line_text(entry, width)
    return "\n".join(pieces)


def _paragraphs(texts: tuple[str, ...], width: int) -> list[str]:
    return [line for text in texts for line in wrapped(text, width)]


def _line_text(line: Line, width: int) -> list[str]:
    """A provision hangs behind its number, deeper ones further in."""
    indent = " " * (_INDENT * max(0, line.depth - 1))
    number = f"{line.number} " if line.number and line.number.isascii() else line.number
    hanging = cell_len(indent + number) if line.number else 0
    return wrapped(indent + number + line.text, width, hanging=hanging)


def _grid_text(grid: Grid, outline: Outline, *, width: int, plain: bool) -> str:
    names = [f"column {place}" for place in range(len(grid.headings))]
    texts = [_aligned(grid, place) for place in range(len(grid.headings))]
    columns = tuple(Column(name, text[0]) for name, text in zip(names, texts, strict=True))
    cells = [pl.Series(name, text[1:]) for name, text in zip(names, texts, strict=True)]
    page = Page(outline.language, width=width, plain=plain)
    page.table(Table("notice", grid.title, columns, pl.DataFrame(cells)))
    return page.text()


def _aligned(grid: Grid, place: int) -> list[str]:
    """A column from its heading down; numbers end below each other."""
    column = [row[place] for row in grid.rows]
    if grid.is_number(place):
        room = max(map(cell_len, column), default=0)
        column = [" " * (room - cell_len(text)) + text for text in column]
    return [grid.headings[place], *column]


def as_markdown(outline: Outline) -> str:
    """The text in Markdown, numbers written out so that they can be cited."""
    pieces = [f"# {_escaped(outline.title)}", "", *_separated(outline.preface)]
    for place, section in enumerate(outline.sections):
        pieces += [f"## {_escaped(heading(place, section, outline.language))}", ""]
        for entry in content(place, section, outline.language):
            pieces += _grid_markdown(entry) if isinstance(entry, Grid) else _line_markdown(entry)
    return "\n".join(pieces).rstrip() + "\n"


def _separated(texts: tuple[str, ...]) -> list[str]:
    return [line for text in texts for line in (_escaped(text), "")]


def _line_markdown(line: Line) -> list[str]:
    # Two no-break spaces a level: real indentation would make a code block of it.
    indent = "&emsp;" * max(0, line.depth - 1)
    gap = " " if line.number and line.number.isascii() else ""
    return [indent + _escaped(line.number).replace(".", "\\.") + gap + _escaped(line.text), ""]


def _grid_markdown(grid: Grid) -> list[str]:
    rows = [[_escaped(cell).replace("|", "\\|") for cell in row] for row in grid.rows]
    rule = ["---:" if grid.is_number(p) else "---" for p in range(len(grid.headings))]
    lines = [[_escaped(each) for each in grid.headings], rule, *rows]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    return [f"**{_escaped(grid.title)}**", "", *table, ""]


def _escaped(text: str) -> str:
    """Text that Markdown takes as it stands."""
    for sign in "\\`*_#<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")


def as_html(outline: Outline) -> str:
    """One self-contained page that prints well and opens in a word processor."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    sections = [
        (
            heading(place, section, outline.language),
            list(content(place, section, outline.language)),
        )
        for place, section in enumerate(outline.sections)
    ]
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    made = template.render(outline=outline, sections=sections)
    return made if made.endswith("\n") else made + "\n"


def _as_file(outline: Outline) -> str:
    return as_text(outline, width=100, plain=False) + "\n"


WRITTEN: dict[str, Callable[[Outline], str]] = {
    ".md": as_markdown,
    ".html": as_html,
    ".txt": _as_file,
}
"""What a file holds, by its ending."""
