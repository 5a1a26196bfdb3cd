"""A file as lines of text, and a place in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promo.errors import Diagnostic
from promo.textfile.decoding import LINE_END


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: line and column from 1 in characters, and the text of that line."""

    file: str
    line: int
    column: int
    text: str
    length: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The text of one file."""

    path: str
    text: str
    lines: tuple[str, ...]

    def at(self, line: int, column: int, length: int = 1) -> Place:
        """The place at a line and column, both from 1."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Place(self.path, line, column, text, length)

    def index(self, line: int, column: int) -> int:
        """The character of the text, counted from 0, at a line and column."""
        starts = [0, *(match.end() for match in LINE_END.finditer(self.text))]
        return starts[line - 1] + column - 1 if line <= len(starts) else len(self.text)

    def at_character(self, index: int, length: int = 1) -> Place:
        """The place of a character of the text, counted from 0."""
        ends = [match.end() for match in LINE_END.finditer(self.text, 0, index)]
        return self.at(len(ends) + 1, index - (ends[-1] if ends else 0) + 1, length)


def page_of(path: str, text: str) -> Page:
    """The text of the file at `path`, by lines."""
    return Page(path, text, tuple(LINE_END.split(text)))


def within(path: str, finding: Diagnostic) -> Diagnostic:
    """The finding, with the file that was read where it stands in one that this extends."""
    return finding if finding.file == path else replace(finding, within=path)


def diagnostic_at(
    place: Place, code: str, message: str, help: str = "", fix: str | None = None
) -> Diagnostic:
    """A finding at a place; `fix` may be written for what stands there."""
    return Diagnostic(
        place.file, place.line, place.column, code, message, help, place.text, place.length, fix
    )
