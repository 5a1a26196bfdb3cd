"""Where in a file does a value stand?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from promo.errors import Diagnostic, InputError
from promo.quantities import FileModel, KeyPath
from promo.textfile.files import resolve
from promo.textfile.nodes import Mapping, Node, Scalar, Sequence
from promo.textfile.pages import Page, Place, diagnostic_at, within

M = TypeVar("M", bound=FileModel)


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the file asked for, and the nodes by key path, for placing findings.

    A file that extends others has nodes from several files; each knows its own.
    """

    page: Page
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

    def value(self, keypath: KeyPath) -> Place:
        """Where the value on a path starts (a quote belongs to it)."""
        node, key = self.nodes(keypath)
        if node is None:
            return self.page.at(1, 1)
        if isinstance(node, Scalar) and not node.text and key is not None and not node.style:
            return key.place
        return node.place

    def key(self, keypath: KeyPath) -> Place:
        """Where the key that leads to a path starts; a list item starts where it stands."""
        node, key = self.nodes(keypath)
        if key is not None:
            return key.place
        if node is None or not keypath:
            return self.page.at(1, 1)
        return node.page.at(node.line, node.column)

    def inside(self, keypath: KeyPath, offset: int, length: int = 1) -> Place:
        """Where a character of a value stands in the file, through quotes, folds and escapes."""
        node, _ = self.nodes(keypath)
        if not isinstance(node, Scalar):
            return self.value(keypath)
        index = _index_in_file(node, offset)
        return self.value(keypath) if index is None else node.page.at_character(index, length)


_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def _index_in_file(node: Scalar, offset: int) -> int | None:
    """Walk value and source side by side to where a character of the value is written."""
    text = node.page.text
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
    """A file that was read: its value, or why there is none; and the places of its parts.

    Attributes
    ----------
    digest : sha256 of the file; where it extends others, of all that made it
    files : sha256 of each of these files by its path, the file itself first
    """

    path: str
    value: M | None
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    source: Source
    files: dict[str, str] = field(default_factory=dict)

    def place(self, keypath: KeyPath) -> Place:
        """Where the value on this path stands."""
        return self.source.value(keypath)

    def linked(self, keypath: KeyPath, relative: str) -> str:
        """The path of a file named on this path: relative to the file in which the name stands.

        Raises `Finding` as `resolve` does.
        """
        return resolve(self.place(keypath).file, relative)

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
        return within(self.path, diagnostic_at(place, code, message, help))

    def required(self) -> M:
        """The value; raises with all findings where the file has errors."""
        errors = [each for each in self.diagnostics if each.severity == "error"]
        if self.value is None or errors:
            raise InputError(self.diagnostics)
        return self.value
