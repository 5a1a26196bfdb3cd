"""What does a small table beside a campaign hold?"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic_core import PydanticCustomError

from promo.errors import Diagnostic, did_you_mean
from promo.quantities import count, flag, money, number, rate, words
from promo.textfile.decoding import Finding, text_of, whole_file
from promo.textfile.files import read_bytes
from promo.textfile.pages import Page, diagnostic_at, page_of


@dataclass(frozen=True, slots=True)
class Table:
    """A small table: its frame, or why there is none."""

    path: str
    value: pl.DataFrame | None
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    page: Page

    def diagnostic(
        self, row: int, code: str, message: str, *, help: str = "", column: str | None = None
    ) -> Diagnostic:
        """A finding at a row of the frame, counted from 0, or at its cell in a column."""
        rows = list(_rows(self.page))
        line = rows[row + 1][0] if row + 1 < len(rows) else 1
        place = rows[0][1].index(column) if column is not None else 0
        at = _cell_column(self.page.lines[line - 1], place) if self.page.lines else 1
        return diagnostic_at(self.page.at(line, at), code, message, help)


_COLUMN_KINDS: dict[str, tuple[Any, pl.DataType]] = {
    "text": (words, pl.String()),
    "money": (money, pl.Int64()),
    "number": (number, pl.Float64()),
    "share": (rate, pl.Float64()),
    "count": (count, pl.Int64()),
    "flag": (flag, pl.Boolean()),
}


def read_table(path: str, columns: Mapping[str, str]) -> Table:
    """A small CSV file as a typed frame; money in fen.

    `columns` gives each column's kind: text, money, number, share, count or flag; a kind that ends
    with `?` may be empty in a row, and its column may be absent.
    """
    try:
        content = read_bytes(path)
        text = text_of(path, content)
    except Finding as finding:
        return Table(path, None, (finding.diagnostic,), "", page_of(path, ""))
    page = page_of(path, text)
    try:
        rows = list(_rows(page))
    except csv.Error as error:
        fault = whole_file(path, "D902", f"this is not a table: {error}", "check quotes and cells")
        return Table(path, None, (fault.diagnostic,), "", page)
    findings = _header_findings(page, rows[0][1], columns)
    frame = None
    if not findings:
        frame, findings = _typed(page, rows, columns)
    digest = hashlib.sha256(content).hexdigest()
    return Table(path, frame if not findings else None, tuple(findings), digest, page)


def _rows(page: Page) -> Iterator[tuple[int, list[str]]]:
    """The line number and the cells of every row that is not empty."""
    for place, line in enumerate(page.lines, start=1):
        if line.strip():
            yield place, next(csv.reader([line]))


def _header_findings(
    page: Page, header: list[str], columns: Mapping[str, str]
) -> list[Diagnostic]:
    findings = []
    for name, kind in columns.items():
        if name not in header and not kind.endswith("?"):
            help = did_you_mean(name, [each for each in header if each not in columns])
            message = f"the column '{name}' is missing"
            findings.append(diagnostic_at(page.at(1, 1), "D901", message, help))
    return findings


def _typed(
    page: Page, rows: list[tuple[int, list[str]]], columns: Mapping[str, str]
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    header, findings = rows[0][1], list[Diagnostic]()
    values: dict[str, list[Any]] = {name: [] for name in columns}
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            message = f"{len(cells)} cells, but the header has {len(header)}"
            findings.append(diagnostic_at(page.at(line, 1), "D903", message, ""))
            continue
        for name, kind in columns.items():
            place = header.index(name) if name in header else None
            try:
                values[name].append(_cell(cells[place] if place is not None else "", kind))
            except PydanticCustomError as error:
                context = error.context or {}
                at = page.at(line, _cell_column(page.lines[line - 1], place or 0))
                findings.append(diagnostic_at(at, "D902", context["message"], context["help"]))
    if findings:
        return pl.DataFrame(), findings
    schema = {name: _COLUMN_KINDS[kind.rstrip("?")][1] for name, kind in columns.items()}
    return pl.DataFrame(values, schema=schema), []


def _cell(text: str, kind: str) -> Any:
    if kind.endswith("?") and not text.strip():
        return None
    return _COLUMN_KINDS[kind.rstrip("?")][0](text.strip())


def _cell_column(line: str, place: int) -> int:
    """The column, from 1, where a cell of a CSV line starts."""
    quoted, seen = False, 0
    for position, letter in enumerate(line):
        if seen == place:
            return position + 1
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            seen += 1
    return len(line) + 1
