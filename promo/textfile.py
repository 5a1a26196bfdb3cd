"""What does a file say, and where does it say it?

Text is decoded strictly, read in one pass over YAML parser events (which refuses whatever can hide
or multiply content), kept with line and column for every key and value, and validated through a
file model; every fault becomes a finding at its place, all findings of a file at once. Also here:
small tables (CSV) beside a campaign, and writing that never leaves half a file.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import polars as pl
import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from promo.errors import Diagnostic, InputError, OutputError, did_you_mean
from promo.quantities import (
    AssumedAmount,
    BasisPoints,
    Count,
    CountQuantity,
    Day,
    Factor,
    FileModel,
    Flag,
    Identifier,
    KeyPath,
    Moment,
    Money,
    MoneyQuantity,
    Number,
    NumberQuantity,
    Quantity,
    Rate,
    RateQuantity,
    Text,
    Title,
    WindowEnd,
    count,
    fault,
    flag,
    money,
    number,
    rate,
    shown,
    words,
)

__all__ = [
    "AssumedAmount",
    "BasisPoints",
    "Count",
    "CountQuantity",
    "Day",
    "Factor",
    "FileModel",
    "Finding",
    "Flag",
    "Identifier",
    "KeyPath",
    "Loaded",
    "Moment",
    "Money",
    "MoneyQuantity",
    "Number",
    "NumberQuantity",
    "Place",
    "Quantity",
    "Rate",
    "RateQuantity",
    "Source",
    "Table",
    "Text",
    "Title",
    "WindowEnd",
    "copy_folder",
    "decode",
    "example_folder",
    "exists",
    "fault",
    "load",
    "parse",
    "read_bytes",
    "read_table",
    "resolve",
    "write_atomic",
]

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_FINDINGS = 500  # of one file; whoever mends these asks again
M = TypeVar("M", bound=BaseModel)
_BINARY = (b"\x89PNG", b"PK\x03\x04", b"%PDF", b"PAR1", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


# --- bytes to text ----------------------------------------------------------------------------


class Finding(Exception):  # noqa: N818 - not an error of the program: a fault of the file
    """One fault that ends the reading of a file."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def decode(content: bytes) -> tuple[str, str] | None:
    """The text and the name of its encoding: strict UTF-8 (a BOM is dropped), else GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return None


def read_bytes(path: str) -> bytes:
    """The content of a file of at most 1 MiB."""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "not readable"
        raise _finding(path, "T001", f"cannot read this file: {reason}") from None
    if len(content) > MAX_BYTES:
        help = "large tables belong into CSV or Parquet files"
        raise _finding(path, "T002", "the file is larger than 1 MiB", help)
    return content


def _text(path: str, content: bytes) -> str:
    """The text of a UTF-8 file; everything else is a finding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        help = "save it as UTF-8: in Excel or Notepad choose the encoding 'UTF-8'"
        raise _finding(path, "T003", "the text is UTF-16, not UTF-8", help)
    if b"\x00" in content or content.startswith(_BINARY):
        raise _finding(path, "T004", "this is not a text file")
    help = "save it as UTF-8: in Notepad choose 'Save as', encoding 'UTF-8'"
    found = decode(content)
    if found is None:
        raise _finding(path, "T003", "the text is not UTF-8, nor GB18030", help)
    text, encoding = found
    if encoding != "utf-8":
        raise _finding(path, "T003", "the text is not UTF-8; it reads as GB18030 (GBK)", help)
    if not text.strip():
        raise _finding(path, "T005", "the file is empty", "copy an example with 'promo init'")
    return text


def _finding(path: str, code: str, message: str, help: str = "") -> Finding:
    return Finding(Diagnostic(path, 1, 1, code, message, help))


# --- text to nodes ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """A plain value as text, where it starts and ends in the file, and how it was quoted."""

    text: str
    line: int
    column: int
    start: int
    end: int
    style: str | None


@dataclass(slots=True)
class Sequence:
    """A list, with the place of its first character."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """A mapping, with the place of its first character; keys keep their own places."""

    line: int
    column: int
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: line and column from 1 in characters, and the text of that line."""

    file: str
    line: int
    column: int
    text: str
    length: int = 1


@dataclass(slots=True)
class _Reading:
    """One pass over the parser events of a file: nodes, and the findings about its YAML."""

    path: str
    text: str
    lines: list[str]
    findings: list[Diagnostic] = field(default_factory=list)
    root: Node | None = None

    def add(self, mark: Any, code: str, message: str, help: str = "", length: int = 1) -> None:
        line, column = mark.line + 1, mark.column + 1
        shown_line = self.lines[line - 1] if line <= len(self.lines) else ""
        self.findings.append(
            Diagnostic(self.path, line, column, code, message, help, shown_line, length)
        )


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read; `key` is the key that waits for its value."""

    node: Sequence | Mapping
    key: Scalar | None = None
    skipping: bool = False


def _read_nodes(path: str, text: str) -> _Reading:
    """The tree of a text without anchors, aliases, tags, second documents or deep nesting."""
    reading = _Reading(path, text, _LINE_END.split(text))
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
    return reading


def _unreadable(reading: _Reading, error: Exception) -> None:
    """A character that YAML does not allow; the reader's error carries no mark."""
    bad = re.search(
        "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", reading.text
    )
    before = reading.text[: bad.start()] if bad else ""
    line = len(_LINE_END.findall(before)) + 1
    column = len(_LINE_END.split(before)[-1]) + 1
    what = f"U+{ord(bad.group()):04X}" if bad else shown(str(error))
    message = f"a character that cannot stand in a text file: {what}"
    shown_line = reading.lines[line - 1]
    reading.findings.append(
        Diagnostic(reading.path, line, column, "Y001", message, "delete it", shown_line)
    )


def _syntax(reading: _Reading, error: yaml.MarkedYAMLError) -> None:
    problem = (error.problem or "cannot be read").strip()
    mark = error.problem_mark or error.context_mark or _Mark(0, 0)
    line = reading.lines[mark.line] if mark.line < len(reading.lines) else ""
    if problem.startswith("mapping values") and ":" not in line[: mark.column]:
        mark = _Mark(
            mark.line, len(line) - len(line.lstrip())
        )  # the line's key is indented wrongly
    help = "check quotes, brackets, colons and indentation near this place"
    if "\t" in line[: mark.column + 1]:
        help = "indent with spaces, not with a tab"
    reading.add(mark, "Y001", f"YAML: {problem}", help)


def _refuse_indirection(reading: _Reading, event: Any) -> None:
    if isinstance(event, yaml.AliasEvent):
        help = "write the value out here"
        reading.add(event.start_mark, "Y002", f"an alias '*{event.anchor}'", help)
        return
    if getattr(event, "anchor", None) is not None:
        help = f"remove '&{event.anchor}'; values are written out where they stand"
        reading.add(event.start_mark, "Y002", f"an anchor '&{event.anchor}'", help)
    tag = getattr(event, "tag", None)
    if tag is not None and not isinstance(event, yaml.DocumentStartEvent):
        reading.add(event.start_mark, "Y003", f"a tag '{shown(tag)}'", "remove the tag")


def _place_event(reading: _Reading, stack: list[_Open], event: Any) -> None:
    """Build one event into the tree, without recursion."""
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
        _attach(reading, stack, _scalar(event))
    elif isinstance(event, yaml.SequenceStartEvent):
        _open(reading, stack, Sequence(line, column))
    elif isinstance(event, yaml.MappingStartEvent):
        _open(reading, stack, Mapping(line, column))
    elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
        stack.pop()


def _scalar(event: Any) -> Scalar:
    start, end = event.start_mark, event.end_mark
    return Scalar(
        getattr(event, "value", ""),
        start.line + 1,
        start.column + 1,
        start.index,
        end.index,
        getattr(event, "style", None),
    )


def _open(reading: _Reading, stack: list[_Open], node: Sequence | Mapping) -> None:
    _attach(reading, stack, node)
    stack.append(_Open(node))


def _attach(reading: _Reading, stack: list[_Open], node: Node) -> None:
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


def _as_key(reading: _Reading, owner: Mapping, node: Node) -> Scalar:
    mark = _Mark(node.line - 1, node.column - 1)
    if not isinstance(node, Scalar) or not node.text:
        before = reading.lines[mark.line][: mark.column].rstrip()
        mark = _Mark(mark.line, len(before) - 1) if before.endswith("?") else mark
        reading.add(
            mark, "Y007", "a key must be a plain word", "quote texts that begin with [ or {"
        )
        return Scalar("", node.line, node.column, 0, 0, None)
    if node.text == "<<" and not node.style:
        reading.add(mark, "Y007", "a merge key '<<'", "write the entries out here", 2)
    if node.text in owner.entries:
        first = owner.entries[node.text][0]
        message = f"the key '{shown(node.text)}' stands twice (first in line {first.line})"
        reading.add(mark, "Y006", message, "keep one of them", len(node.text))
    return node


def _plain(node: Node) -> Any:
    """The tree as dicts, tuples and text; depth is at most 32 here."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return tuple(_plain(item) for item in node.items)
    return {key: _plain(value) for key, (_, value) in node.entries.items()}


# --- places -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A read file: its nodes by key path, for placing findings."""

    path: str
    text: str
    lines: tuple[str, ...]
    root: Node | None

    def nodes(self, keypath: KeyPath) -> tuple[Node | None, Scalar | None]:
        """The deepest node on a path, and the key that leads to it; unknown steps are skipped."""
        node, key = self.root, None
        for step in keypath:
            if isinstance(node, Mapping) and str(step) in node.entries:
                key, node = node.entries[str(step)]
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                key, node = None, node.items[step]
        return node, key

    def at(self, line: int, column: int, length: int = 1) -> Place:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Place(self.path, line, column, text, length)

    def value(self, keypath: KeyPath) -> Place:
        """Where the value on a path starts (a quote belongs to it)."""
        node, key = self.nodes(keypath)
        if node is None:
            return self.at(1, 1)
        if isinstance(node, Scalar) and not node.text and key is not None and not node.style:
            return self.at(key.line, key.column, len(key.text))
        length = node.end - node.start if isinstance(node, Scalar) else 1
        return self.at(node.line, node.column, max(length, 1))

    def key(self, keypath: KeyPath) -> Place:
        """Where the key that leads to a path starts; a list item starts where it stands."""
        node, key = self.nodes(keypath)
        if key is not None:
            return self.at(key.line, key.column, len(key.text))
        if node is None or not keypath:
            return self.at(1, 1)
        return self.at(node.line, node.column)

    def inside(self, keypath: KeyPath, offset: int, length: int = 1) -> Place:
        """Where a character of a value stands in the file, through quotes, folds and escapes."""
        node, _ = self.nodes(keypath)
        if not isinstance(node, Scalar):
            return self.value(keypath)
        index = _index_in_file(node, self.text, offset)
        if index is None:
            return self.value(keypath)
        before = self.text[:index]
        ends = [match.end() for match in _LINE_END.finditer(before)]
        return self.at(len(ends) + 1, index - (ends[-1] if ends else 0) + 1, length)


_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def _index_in_file(node: Scalar, text: str, offset: int) -> int | None:
    """Walk value and source side by side to where a character of the value is written."""
    position = node.start + (1 if node.style in ("'", '"') else 0)
    if node.style in ("|", ">"):
        position = text.index("\n", node.start)
    for place, letter in enumerate(node.text[: offset + 1]):
        if letter.isspace() and place < offset:
            continue  # folded and indented: blanks are found by what follows them
        position, width = _next_letter(text, position, node, letter)
        if position < 0:
            return None
        if place < offset:
            position += width
    return position


def _next_letter(text: str, position: int, node: Scalar, letter: str) -> tuple[int, int]:
    """Where a letter is written next, and how many characters that takes; -1 for nowhere."""
    while position < node.end:
        if node.style == '"' and text[position] == "\\":
            width = _ESCAPE_LENGTHS.get(text[position + 1], 2)
            if text[position + 1] not in "\n ":
                return position, width
            position += width
        elif text[position] == letter:
            return position, 2 if letter == "'" and node.style == "'" else 1
        else:
            position += 1
    return -1, 0


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """A file that was read: its value, or why there is none; and the places of its parts."""

    path: str
    value: M | None
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    source: Source

    def place(self, keypath: KeyPath) -> Place:
        """Where the value on this path stands."""
        return self.source.value(keypath)

    def diagnostic(
        self,
        keypath: KeyPath,
        code: str,
        message: str,
        *,
        help: str = "",
        span: tuple[int, int] | None = None,
        at_key: bool = False,
    ) -> Diagnostic:
        """A finding at a value (or its key); `span` is (offset, length) in a text such as SQL."""
        place = self.source.key(keypath) if at_key else self.source.value(keypath)
        if span is not None:
            place = self.source.inside(keypath, span[0], span[1])
        return _diagnostic(place, code, message, help)

    def required(self) -> M:
        """The value; raises with all findings where the file has errors."""
        errors = [each for each in self.diagnostics if each.severity == "error"]
        if self.value is None or errors:
            raise InputError(self.diagnostics)
        return self.value


def _diagnostic(place: Place, code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(
        place.file, place.line, place.column, code, message, help, place.text, place.length
    )


# --- validation -------------------------------------------------------------------------------


def load(path: str, model: type[M]) -> Loaded[M]:
    """What the file at `path` says, as `model`; faults of the content never raise."""
    try:
        content = read_bytes(path)
    except Finding as finding:
        return _nothing(path, finding.diagnostic, b"")
    return parse(path, content, model)


def parse(path: str, content: bytes, model: type[M]) -> Loaded[M]:
    """What the bytes of a file say, as `model`."""
    if len(content) > MAX_BYTES:
        return _nothing(path, _finding(path, "T002", "larger than 1 MiB").diagnostic, content)
    try:
        text = _text(path, content)
    except Finding as finding:
        return _nothing(path, finding.diagnostic, content)
    reading = _read_nodes(path, text)
    source = Source(path, text, tuple(reading.lines), reading.root)
    digest = hashlib.sha256(content).hexdigest()
    if any(each.code != "Y006" for each in reading.findings):
        return Loaded(path, None, tuple(reading.findings), digest, source)
    if reading.root is None:
        nothing = Diagnostic(path, 1, 1, "T005", "the file says nothing")
        return Loaded(path, None, (nothing,), digest, source)
    value, faults = _validate(_plain(reading.root), model, source)
    findings = tuple(sorted({*reading.findings, *faults}))
    return Loaded(path, None if findings else value, findings, digest, source)


def _nothing(path: str, finding: Diagnostic, content: bytes) -> Loaded[M]:
    digest = hashlib.sha256(content).hexdigest()
    return Loaded(path, None, (finding,), digest, Source(path, "", (), None))


def _validate(raw: Any, model: type[M], source: Source) -> tuple[M | None, list[Diagnostic]]:
    known: dict[int, tuple[str, ...]] = {}
    try:
        return model.model_validate(raw, context=known), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        kept = _kept(details)[:MAX_FINDINGS]
        return None, [_explain(detail, raw, known, source) for detail in kept]


def _kept(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The faults without those that only follow from another one.

    A list is reported too short because its item failed; a key is reported missing where it
    stands misspelt.
    """
    locations = [detail["loc"] for detail in details]
    misspelt = Counter(
        detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden"
    )
    kept = []
    for detail in details:
        place, kind = detail["loc"], detail["type"]
        if kind in ("too_short", "too_long") and _has_inner(place, locations):
            continue
        if kind == "missing" and misspelt[place[:-1]] > 0:
            misspelt[place[:-1]] -= 1
            continue
        kept.append(detail)
    return kept


def _has_inner(place: KeyPath, locations: list[KeyPath]) -> bool:
    return any(other != place and other[: len(place)] == place for other in locations)


def _explain(
    detail: ErrorDetails, raw: Any, known: dict[int, tuple[str, ...]], source: Source
) -> Diagnostic:
    """One pydantic error as a finding with its place and remedy."""
    keypath, kind = detail["loc"], detail["type"]
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = known.get(id(_below(raw, keypath[:-1])), ())
        name = str(keypath[-1])
        help = did_you_mean(name, allowed)
        return _diagnostic(source.key(keypath), "K101", f"unknown key '{shown(name)}'", help)
    if kind == "missing":
        place = source.key(keypath[:-1])
        return _diagnostic(place, "K102", f"the key '{keypath[-1]}' is missing here", "")
    if "span" in context:
        return _own_fault(detail, context, source)
    return _kind_fault(detail, context, source)


def _own_fault(detail: ErrorDetails, context: dict[str, Any], source: Source) -> Diagnostic:
    keypath, code = detail["loc"] + tuple(context["path"]), detail["type"]
    span = context["span"]
    place = source.inside(keypath, *span) if span else source.value(keypath)
    if code in ("K101", "K102") or (code == "C303" and not span):
        place = source.key(keypath)
    return _diagnostic(place, code, context["message"], context["help"])


_EXPECTED = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_type": "a plain value",
}


def _kind_fault(detail: ErrorDetails, context: dict[str, Any], source: Source) -> Diagnostic:
    place, given = source.value(detail["loc"]), detail["input"]
    if detail["type"] in ("literal_error", "enum") and isinstance(given, str):
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        message = f"'{shown(given)}' is not allowed here"
        return _diagnostic(place, "V206", message, did_you_mean(given, allowed))
    expected = _EXPECTED.get(detail["type"], "")
    if expected or not isinstance(given, str):
        message = f"{expected or 'something else'} was expected, not {_name_kind(given)}"
        return _diagnostic(place, "K103", message, "")
    return _diagnostic(place, "V201", detail["msg"].lower(), "")


def _name_kind(given: object) -> str:
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, tuple):
        return "a list" if given else "an empty list"
    return f"'{shown(given)}'" if isinstance(given, str) and given else "an empty entry"


def _below(raw: Any, keypath: KeyPath) -> Any:
    for step in keypath:
        in_mapping = isinstance(raw, dict) and step in raw
        if in_mapping or (isinstance(raw, tuple) and isinstance(step, int) and step < len(raw)):
            raw = raw[step]
    return raw


# --- tables beside a campaign -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """A small table: its frame, or why there is none."""

    path: str
    value: pl.DataFrame | None
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    source: Source

    def diagnostic(self, row: int, code: str, message: str, *, help: str = "") -> Diagnostic:
        """A finding at a row of the frame, counted from 0."""
        lines = [place for place, text in enumerate(self.source.lines) if text.strip()]
        line = lines[row + 1] + 1 if row + 1 < len(lines) else 1
        return _diagnostic(self.source.at(line, 1), code, message, help)


_COLUMN_KINDS: dict[str, tuple[Any, pl.DataType]] = {
    "text": (words, pl.String()),
    "money": (money, pl.Int64()),
    "number": (number, pl.Float64()),
    "share": (rate, pl.Float64()),
    "count": (count, pl.Int64()),
    "flag": (flag, pl.Boolean()),
}


def read_table(path: str, columns: Lookup[str, str]) -> Table:
    """A small CSV file as a typed frame; money in fen.

    `columns` gives each column's kind: text, money, number, share, count or flag; a kind that ends
    with `?` may be empty in a row, and its column may be absent.
    """
    try:
        content = read_bytes(path)
        text = _text(path, content)
    except Finding as finding:
        return Table(path, None, (finding.diagnostic,), "", Source(path, "", (), None))
    source = Source(path, text, tuple(_LINE_END.split(text)), None)
    rows = list(_rows(source))
    findings = _header_findings(source, rows[0][1], columns)
    frame = None
    if not findings:
        frame, findings = _typed(source, rows, columns)
    digest = hashlib.sha256(content).hexdigest()
    return Table(path, frame if not findings else None, tuple(findings), digest, source)


def _rows(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The line number and the cells of every row that is not empty."""
    for place, line in enumerate(source.lines, start=1):
        if line.strip():
            yield place, next(csv.reader([line]))


def _header_findings(
    source: Source, header: list[str], columns: Lookup[str, str]
) -> list[Diagnostic]:
    findings = []
    for name, kind in columns.items():
        if name not in header and not kind.endswith("?"):
            help = did_you_mean(name, [each for each in header if each not in columns])
            message = f"the column '{name}' is missing"
            findings.append(_diagnostic(source.at(1, 1), "D901", message, help))
    return findings


def _typed(
    source: Source, rows: list[tuple[int, list[str]]], columns: Lookup[str, str]
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    header, findings = rows[0][1], list[Diagnostic]()
    values: dict[str, list[Any]] = {name: [] for name in columns}
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            message = f"{len(cells)} cells, but the header has {len(header)}"
            findings.append(_diagnostic(source.at(line, 1), "D903", message, ""))
            continue
        for name, kind in columns.items():
            place = header.index(name) if name in header else None
            try:
                values[name].append(_cell(cells[place] if place is not None else "", kind))
            except PydanticCustomError as error:
                context = error.context or {}
                at = source.at(line, _cell_column(source.lines[line - 1], place or 0))
                findings.append(_diagnostic(at, "D902", context["message"], context["help"]))
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


# --- files and folders ------------------------------------------------------------------------


def resolve(base: str, relative: str) -> str:
    """The path of a file named inside the file `base`.

    Links stay inside the folder of campaigns: the parent of the folder that holds `base`. Raises
    `Finding` P802 for a path that leaves it and P801 where there is no such file.
    """
    folder = Path(base).absolute().parent
    root = Path(os.path.realpath(folder.parent))
    try:
        target = Path(os.path.realpath(folder / relative))
        if Path(relative).is_absolute() or not target.is_relative_to(root):
            help = f"keep linked files in the folder '{root.name}'"
            raise _finding(base, "P802", f"'{shown(relative)}' leaves the campaigns", help)
        found = target.is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        raise _finding(base, "P801", f"there is no file '{shown(relative)}'")
    return os.path.normpath(str(Path(base).parent / relative))


def exists(path: str) -> bool:
    """Is there a file at this path?"""
    return Path(path).is_file()


def write_atomic(path: str, content: bytes) -> None:
    """Write a whole file or nothing: a temporary file beside it, flushed, then renamed."""
    target, name = Path(path), ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def example_folder() -> str:
    """The folder of campaigns that comes with the program."""
    package = Path(__file__).resolve().parent
    inside = package / "campaigns"
    return str(inside if inside.is_dir() else package.parent / "campaigns")


def copy_folder(source: str, target: str) -> tuple[str, ...]:
    """Copy a folder of campaign files to a place that must not exist; the files copied."""
    destination = Path(target)
    if destination.exists() and any(destination.iterdir()):
        raise OutputError(f"{target} exists and is not empty", help="choose another folder")
    ignore = shutil.ignore_patterns(".*", "__pycache__", "*.parquet")
    try:
        shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error}") from None
    files = (each for each in destination.rglob("*") if each.is_file())
    return tuple(sorted(str(each) for each in files))


def revision(path: str) -> tuple[str | None, bool | None]:
    """The git commit that holds a file's folder, and whether the folder differs from it.

    Nothing outside the folder counts; (None, None) where there is no repository or no git.
    """
    folder = str(Path(path).resolve().parent)
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit, bool(_git(folder, "status", "--porcelain", "--", "."))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(folder: str, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()


def name_in_campaigns(base: str, path: str) -> str:
    """A file's name from the folder of campaigns on, the same on every machine."""
    root = Path(os.path.realpath(base)).parent.parent
    return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
