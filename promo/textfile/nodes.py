"""What does a YAML text say, with a place for every key and value?

One pass over the parser events builds the tree without recursion and refuses whatever can hide or
multiply content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from promo.errors import Diagnostic
from promo.quantities import shown
from promo.textfile.pages import Page, Place, diagnostic_at, page_of

MAX_DEPTH = 32
_PLAIN = (yaml.ScalarEvent, yaml.AliasEvent)
_ENDS = (yaml.SequenceEndEvent, yaml.MappingEndEvent)
_FULL_WIDTH_KEY = re.compile(r"[\w\-]：")
_FULL_WIDTH_COLON = re.compile(r" *(?:- +)*[A-Za-z_]+(：)")


@dataclass(slots=True)
class Scalar:
    """A plain value as text, where it starts and ends in its file, and how it was quoted."""

    text: str
    page: Page
    line: int
    column: int
    start: int
    end: int
    style: str | None

    @property
    def place(self) -> Place:
        """Where it stands; a quote belongs to it."""
        return self.page.at(self.line, self.column, max(self.end - self.start, 1))

    def written(self, text: str) -> str | None:
        """How another text stands in its place, quoted like it; None where that is not plain."""
        quote = self.style or ""
        stands = self.page.text[self.start : self.end] == f"{quote}{self.text}{quote}"
        return f"{quote}{text}{quote}" if stands and "\n" not in self.text else None


@dataclass(slots=True)
class Sequence:
    """A list, with the place of its first character."""

    page: Page
    line: int
    column: int
    items: list[Node] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where it starts."""
        return self.page.at(self.line, self.column)


@dataclass(slots=True)
class Mapping:
    """A mapping, with the place of its first character; keys keep their own places."""

    page: Page
    line: int
    column: int
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where it starts."""
        return self.page.at(self.line, self.column)


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Reading:
    """One pass over the parser events of a file: nodes, and the findings about its YAML."""

    page: Page
    findings: list[Diagnostic] = field(default_factory=list)
    root: Node | None = None

    @property
    def fatal(self) -> bool:
        """Is the file to be read no further? A key that stands twice hides no other fault."""
        return self.root is None or any(each.code != "Y006" for each in self.findings)

    def add(self, mark: Any, code: str, message: str, help: str = "", length: int = 1) -> None:
        place = self.page.at(mark.line + 1, mark.column + 1, length)
        self.findings.append(diagnostic_at(place, code, message, help))

    def line(self, number: int) -> str:
        """A line counted from 0; nothing where there is none."""
        return self.page.lines[number] if 0 <= number < len(self.page.lines) else ""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; `key` is the key that waits for its value."""

    node: Sequence | Mapping
    key: Scalar | None = None


def read_nodes(path: str, text: str) -> Reading:
    """The tree of a text without anchors, aliases, tags, second documents or deep nesting."""
    reading = Reading(page_of(path, text))
    stack: list[_Open] = []
    documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    help = "one file holds one document: remove the line '---'"
                    reading.add(event.start_mark, "Y004", "a second document starts here", help)
                    return reading
            _refuse_indirection(reading, event)
            _place_event(reading, stack, event)
            if len(stack) > MAX_DEPTH:
                outer = stack[1].node
                mark = _Mark(outer.line - 1, outer.column - 1)
                reading.add(mark, "Y005", f"this entry is nested deeper than {MAX_DEPTH}")
                return reading
    except yaml.MarkedYAMLError as error:
        _syntax(reading, error)
    except (yaml.YAMLError, ValueError) as error:
        _unreadable(reading, error)
    if reading.root is None and not reading.findings:
        reading.findings.append(Diagnostic(path, 1, 1, "T005", "the file says nothing"))
    return reading


def _unreadable(reading: Reading, error: Exception) -> None:
    """A character that YAML does not allow; the reader's error carries no mark."""
    bad = re.search(
        "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", reading.page.text
    )
    what = f"U+{ord(bad.group()):04X}" if bad else shown(str(error))
    message = f"a character that cannot stand in a text file: {what}"
    place = reading.page.at_character(bad.start() if bad else 0)
    reading.findings.append(diagnostic_at(place, "Y001", message, "delete it"))


def _syntax(reading: Reading, error: yaml.MarkedYAMLError) -> None:
    problem = (error.problem or "cannot be read").strip()
    mark = error.problem_mark or error.context_mark or _Mark(0, 0)
    # A key behind a full-width colon is read as text, so that the next sign is one too many.
    for number in (mark.line, mark.line - 1):
        colon = _FULL_WIDTH_COLON.match(reading.line(number))
        if colon is not None:
            _full_width_colon(reading, number, colon.start(1))
            return
    line = reading.line(mark.line)
    if problem.startswith("mapping values") and ":" not in line[: mark.column]:
        mark = _Mark(
            mark.line, len(line) - len(line.lstrip())
        )  # the line's key is indented wrongly
    reading.add(mark, "Y001", f"YAML: {problem}", _syntax_help(reading, problem, mark))


def _full_width_colon(reading: Reading, number: int, column: int) -> None:
    place = reading.page.at(number + 1, column + 1)
    blank = "" if reading.line(number)[column + 1 : column + 2] in {"", " "} else " "
    help = f"write a plain ':' in place of the full-width '：' in line {number + 1}"
    message = "YAML: a full-width colon behind a key"
    reading.findings.append(diagnostic_at(place, "Y001", message, help, f":{blank}"))


def _syntax_help(reading: Reading, problem: str, mark: Any) -> str:
    if "\t" in reading.line(mark.line)[: mark.column + 1]:
        return "indent with spaces, not with a tab"
    for number in (mark.line, mark.line - 1):
        wrong = _FULL_WIDTH_KEY.search(reading.line(number).partition("#")[0])
        if wrong and problem.startswith("mapping values"):
            return f"write a plain ':' in place of the full-width '：' in line {number + 1}"
    return "check quotes, brackets, colons and indentation near this place"


def _refuse_indirection(reading: Reading, event: Any) -> None:
    anchor = getattr(event, "anchor", None)
    if isinstance(event, yaml.AliasEvent):
        reading.add(event.start_mark, "Y002", f"an alias '*{anchor}'", "write the value out here")
    elif anchor is not None:
        help = f"remove '&{anchor}'; values are written out where they stand"
        reading.add(event.start_mark, "Y002", f"an anchor '&{anchor}'", help)
    tag = getattr(event, "tag", None)
    if tag is not None:
        reading.add(event.start_mark, "Y003", f"a tag '{shown(tag)}'", "remove the tag")


def _place_event(reading: Reading, stack: list[_Open], event: Any) -> None:
    """Build one event into the tree, without recursion."""
    if isinstance(event, _PLAIN):
        _attach(reading, stack, _scalar(reading.page, event))
    elif isinstance(event, _ENDS):
        stack.pop()
    elif isinstance(event, yaml.CollectionStartEvent):
        kind = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
        start: Any = event.start_mark
        node = kind(reading.page, start.line + 1, start.column + 1)
        _attach(reading, stack, node)
        stack.append(_Open(node))


def _scalar(page: Page, event: Any) -> Scalar:
    start, end = event.start_mark, event.end_mark
    return Scalar(
        getattr(event, "value", ""),
        page,
        start.line + 1,
        start.column + 1,
        start.index,
        end.index,
        getattr(event, "style", None),
    )


def _attach(reading: Reading, stack: list[_Open], node: Node) -> None:
    """Hang a node below what is open: as an item, as a key, or as the value of the last key."""
    if not stack:
        reading.root = node
        return
    parent = stack[-1]
    if isinstance(parent.node, Sequence):
        parent.node.items.append(node)
    elif parent.key is None:
        parent.key = _as_key(reading, parent.node, node)
    else:
        parent.node.entries.setdefault(parent.key.text, (parent.key, node))
        parent.key = None


@dataclass(frozen=True, slots=True)
class _Mark:
    line: int
    column: int


def _as_key(reading: Reading, owner: Mapping, node: Node) -> Scalar:
    if not isinstance(node, Scalar) or not node.text:
        mark = _Mark(node.line - 1, node.column - 1)
        before = reading.page.lines[mark.line][: mark.column].rstrip()
        mark = _Mark(mark.line, len(before) - 1) if before.endswith("?") else mark
        reading.add(
            mark, "Y007", "a key must be a plain word", "quote texts that begin with [ or {"
        )
        return Scalar("", node.page, node.line, node.column, 0, 0, None)
    if node.text == "<<" and not node.style:
        message = "a merge key '<<'"
        reading.findings.append(
            diagnostic_at(node.place, "Y007", message, "write the entries out here")
        )
    if node.text in owner.entries:
        first = owner.entries[node.text][0]
        message = f"the key '{shown(node.text)}' stands twice (first in line {first.line})"
        reading.findings.append(diagnostic_at(node.place, "Y006", message, "keep one of them"))
    return node


def as_plain(node: Node) -> Any:
    """The tree as dicts, tuples and text; depth is at most 32 here."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return tuple(as_plain(item) for item in node.items)
    return {key: as_plain(value) for key, (_, value) in node.entries.items()}
