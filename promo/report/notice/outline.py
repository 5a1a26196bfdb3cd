"""What is a notice made of? Numbered sections of sentences, lists and tables, without a layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from promo.report.notice.clauses import Clause, in_line
from promo.report.words import Language

_CHINESE = "一二三四五六七八九十"
_SHORT = 3  # so many plain parts are said in one sentence


@dataclass(frozen=True, slots=True)
class Item:
    """One numbered provision, and the provisions below it."""

    text: str
    parts: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts, of which so many last columns are numbers."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0

    def is_number(self, place: int) -> bool:
        """Is this column aligned to the right?"""
        return place >= len(self.headings) - self.numbers


Block: TypeAlias = str | Item | Grid


@dataclass(frozen=True, slots=True)
class Section:
    """A section: paragraphs, provisions numbered throughout, tables."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole text: its title, what stands before the first section, its sections."""

    title: str
    preface: tuple[str, ...]
    sections: tuple[Section, ...]
    language: Language


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text with its number; `depth` 0 is a paragraph."""

    depth: int
    number: str
    text: str


def heading(place: int, section: Section, language: Language) -> str:
    """The numbered title of a section; `place` counts from 0."""
    if language == "zh":
        return f"{_numeral(place + 1)}、{section.title}"
    return f"{place + 1}. {section.title}"


def content(place: int, section: Section, language: Language) -> Iterator[Line | Grid]:
    """The section line by line; `place` counts from 0."""
    numbers = count(1)
    for block in section.blocks:
        if isinstance(block, Grid):
            yield block
        elif isinstance(block, str):
            yield Line(0, "", block)
        else:
            yield from _lines(block, (place + 1, next(numbers)), language)


def _lines(item: Item, path: tuple[int, ...], language: Language) -> Iterator[Line]:
    yield Line(len(path) - 1, _number(path, language), item.text)
    for place, part in enumerate(item.parts, start=1):
        yield from _lines(part, (*path, place), language)


def _number(path: tuple[int, ...], language: Language) -> str:
    """（一） 1. （1） and 2.1 (a) (i) for the first, second and third level.

    >>> [_number((2, 1, 3, 2)[:depth], "zh") for depth in (2, 3, 4)]
    ['（一）', '3.', '（2）']
    """
    depth, last = len(path) - 1, path[-1]
    if language == "zh":
        return [f"（{_numeral(last)}）", f"{last}.", f"（{last}）"][min(depth, 3) - 1]
    return [f"{path[0]}.{last}", f"({_letter(last)})", f"({last})"][min(depth, 3) - 1]


def _numeral(number: int) -> str:
    """A Chinese numeral below 100.

    >>> _numeral(7), _numeral(10), _numeral(21)
    ('七', '十', '二十一')
    """
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _CHINESE[ones - 1]
    if tens > 9:
        return str(number)
    return (_CHINESE[tens - 1] if tens > 1 else "") + "十" + (_CHINESE[ones - 1] if ones else "")


def _letter(number: int) -> str:
    return chr(ord("a") + number - 1) if number <= 26 else str(number)


def provision(said: Clause, language: Language, *, head: str = "", tail: str = "") -> Item:
    """A condition as a provision: short ones in one sentence, others part by part.

    `head` leads into the condition, `tail` stands behind its first line.
    """
    if _is_short(said):
        return Item(_capital(head + in_line(said, language), language) + _STOP[language] + tail)
    if said.join == "if":
        premise, rest = said.parts
        once = in_line(premise, language)
        head += f"{once}的，" if language == "zh" else f"if {once}: "
        return provision(rest, language, head=head, tail=tail)
    parts = tuple(provision(part, language) for part in said.parts)
    return Item(_capital(head + _HEADS[language][said.join], language) + tail, parts)


_STOP: dict[Language, str] = {"zh": "。", "en": "."}
_HEADS: dict[Language, dict[str, str]] = {
    "zh": {"all": "同时符合下列各项：", "one": "符合下列情形之一："},
    "en": {"all": "all of the following hold:", "one": "one of the following holds:"},
}


def _capital(text: str, language: Language) -> str:
    return text if language == "zh" else text[:1].upper() + text[1:]


def _is_short(said: Clause) -> bool:
    """Is it read at one go? A chain of a few plain parts, also behind a condition."""
    if said.join == "if":
        return all(map(_is_short, said.parts))
    return len(said.parts) <= _SHORT and not any(part.parts for part in said.parts)


def sentence(text: str, language: Language) -> str:
    """A clause as a sentence of its own.

    >>> sentence("the price is at most CNY 5", "en"), sentence("车价5元", "zh")
    ('The price is at most CNY 5.', '车价5元。')
    """
    return _capital(text, language) + _STOP[language]


def as_object(outline: Outline) -> dict[str, Any]:
    """The text as one JSON object."""
    sections = [
        {
            "title": heading(place, section, outline.language),
            "content": [_as_entry(each) for each in content(place, section, outline.language)],
        }
        for place, section in enumerate(outline.sections)
    ]
    return {
        "title": outline.title,
        "language": outline.language,
        "preface": list(outline.preface),
        "sections": sections,
    }


def _as_entry(entry: Line | Grid) -> dict[str, Any]:
    if isinstance(entry, Grid):
        rows = [list(row) for row in entry.rows]
        return {"table": entry.title, "headings": list(entry.headings), "rows": rows}
    return {"depth": entry.depth, "number": entry.number, "text": entry.text}
