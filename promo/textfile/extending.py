"""What does a file say that extends others?

`extends:` names one base, or a list of variants to combine. The files are merged before anything
is understood, so that every part keeps its place in the file it came from: mappings merge key by
key, lists whose items have an `id` merge item by item, `key: null` removes, all else is replaced.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from promo.errors import Diagnostic
from promo.quantities import shown
from promo.textfile.decoding import MAX_BYTES, Finding, text_of, whole_file
from promo.textfile.files import read_bytes, resolve
from promo.textfile.nodes import Mapping, Node, Reading, Scalar, Sequence, as_plain, read_nodes
from promo.textfile.pages import Page, Place, diagnostic_at

EXTENDS = "extends"
MAX_DEPTH = 8
MAX_FILES = 32


@dataclass(frozen=True, slots=True)
class Group:
    """Entries by name: a mapping, or a list whose items have an id (`listed`)."""

    page: Page
    place: Place
    listed: bool
    entries: dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Removed:
    """What `key: null` leaves of an entry, so that no other variant brings it back."""

    page: Page
    place: Place


@dataclass(frozen=True, slots=True)
class Apart:
    """What two variants say differently: what the first says, and where the keys stand."""

    page: Page
    place: Place
    part: Scalar | Sequence | Group | Removed
    first: Place
    second: Place


Part: TypeAlias = Scalar | Sequence | Group | Removed | Apart
Entry: TypeAlias = tuple[Scalar, Part]


@dataclass(frozen=True, slots=True)
class Tree:
    """What some files say together, and which files these are."""

    root: Part
    files: frozenset[str]


@dataclass(slots=True)
class Family:
    """A file with all that it extends, each read once.

    Attributes
    ----------
    digests : sha256 of every file that was read, by its path
    size : bytes of these files
    """

    findings: list[Diagnostic] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    size: int = 0
    trees: dict[str, Tree | None] = field(default_factory=dict)


def extended(reading: Reading) -> tuple[Node | None, Family]:
    """The whole tree of a file that may extend others; None where a file stands in its way."""
    family = Family()
    root = reading.root
    if not isinstance(root, Mapping) or EXTENDS not in root.entries:
        return root, family
    tree = _tree(family, reading, (_real(reading.page.path),))
    if tree is None:
        return None, family
    return _settled(tree.root, family.findings, reading.page.path), family


def _real(path: str) -> str:
    return os.path.realpath(path)


# --- reading ----------------------------------------------------------------------------------


def _tree(family: Family, reading: Reading, chain: tuple[str, ...]) -> Tree | None:
    """What a file says on top of the files it extends; `chain` leads to it."""
    root, path = reading.root, reading.page.path
    if not isinstance(root, Mapping):
        family.findings.append(Diagnostic(path, 1, 1, "K103", "a mapping was expected here"))
        return None
    own = _as_part(root)
    if EXTENDS not in root.entries:
        return Tree(own, frozenset([path]))
    found = [_linked(family, link, chain) for link in _links(family, *root.entries[EXTENDS])]
    trees = [each for each in found if each is not None]
    if not trees or len(trees) < len(found):
        return None
    combined = trees[0]
    for tree in trees[1:]:
        combined = Tree(_beside(combined, tree), combined.files | tree.files)
    return Tree(_over(combined.root, own), combined.files | {path})


def _links(family: Family, key: Scalar, node: Node) -> list[Scalar]:
    """The files that a file names under `extends`; none where something else stands there."""
    items = node.items if isinstance(node, Sequence) else [node]
    links = [each for each in items if isinstance(each, Scalar) and each.text.strip()]
    if not links or len(links) < len(items):
        message = "the name of a file was expected here, or a list of names"
        place = node.place if isinstance(node, Scalar) and node.text else key.place
        family.findings.append(diagnostic_at(place, "K103", message))
        return []
    if len(links) > MAX_FILES:
        family.findings.append(_endless(links[MAX_FILES], circle=False))
        return []
    return links


def _linked(family: Family, link: Scalar, chain: tuple[str, ...]) -> Tree | None:
    """The tree of a file named under `extends`."""
    try:
        path = resolve(link.page.path, link.text)
    except Finding as finding:
        fault = finding.diagnostic
        family.findings.append(diagnostic_at(link.place, fault.code, fault.message, fault.help))
        return None
    real = _real(path)
    too_many = real not in family.trees and len(family.trees) >= MAX_FILES
    if real in chain or len(chain) > MAX_DEPTH or too_many:
        family.findings.append(_endless(link, circle=real in chain))
        return None
    if real not in family.trees:
        family.trees[real] = None
        reading = _read(family, path)
        family.trees[real] = None if reading is None else _tree(family, reading, (*chain, real))
    return family.trees[real]


def _endless(link: Scalar, *, circle: bool) -> Diagnostic:
    name = shown(link.text)
    if circle:
        message, help = f"'{name}' extends this file", "remove one of the two 'extends'"
    else:
        message = f"'{name}' lies behind more than {MAX_DEPTH} files, or is one of too many"
        help = f"at most {MAX_DEPTH} files in a row, {MAX_FILES} in all"
    return diagnostic_at(link.place, "P804", message, help)


def _read(family: Family, path: str) -> Reading | None:
    try:
        content = read_bytes(path)
        family.size += len(content)
        if family.size > MAX_BYTES:
            raise whole_file(path, "T002", "with this file, what is extended exceeds 1 MiB")
        text = text_of(path, content)
    except Finding as finding:
        family.findings.append(finding.diagnostic)
        return None
    family.digests[path] = hashlib.sha256(content).hexdigest()
    reading = read_nodes(path, text)
    family.findings += reading.findings
    return None if reading.fatal else reading


def _as_part(node: Node) -> Part:
    """A tree in which lists of items with an id are known by these."""
    if isinstance(node, Mapping):
        entries = {name: (key, _as_part(part)) for name, (key, part) in node.entries.items()}
        entries.pop(EXTENDS, None)
        return Group(node.page, node.place, listed=False, entries=entries)
    named = _named_items(node.items) if isinstance(node, Sequence) else None
    if named is None or isinstance(node, Scalar):
        return node
    return Group(node.page, node.place, listed=True, entries=named)


def _named_items(items: Iterable[Node]) -> dict[str, Entry] | None:
    """The items of a list by their ids; None where not each has one of its own."""
    named: dict[str, Entry] = {}
    for item in items:
        _, name = item.entries.get("id", (None, None)) if isinstance(item, Mapping) else (0, None)
        if not isinstance(name, Scalar) or name.text in named:
            return None
        named[name.text] = (name, _as_part(item))
    return named or None


# --- merging ----------------------------------------------------------------------------------


def _over(below: Part, above: Part) -> Part:
    """What holds where `above` extends `below`."""
    if _is_null(above):
        return Removed(above.page, above.place)
    if not isinstance(below, Group) or not isinstance(above, Group):
        return above
    if above.listed and not below.listed:
        return above
    entries = dict(below.entries)
    for name, (key, part) in above.entries.items():
        entries[name] = (key, _over(entries[name][1], part) if name in entries else part)
    return Group(above.page, above.place, below.listed, entries)


def _is_null(part: Part) -> bool:
    return isinstance(part, Scalar) and part.text == "null" and not part.style


def _beside(first: Tree, second: Tree) -> Part:
    """What two variants say together."""
    top = Scalar("", first.root.page, 1, 1, 0, 0, None)
    return _together(first, second, (top, first.root), (top, second.root))


def _together(first: Tree, second: Tree, one: Entry, other: Entry) -> Part:
    a, b = one[1], other[1]
    if not isinstance(a, Group) or not isinstance(b, Group) or a.listed != b.listed:
        return _either(first, second, one, other)
    entries = {**a.entries}
    for name, entry in b.entries.items():
        key = a.entries.get(name, entry)[0]
        both = name in a.entries
        part = _together(first, second, a.entries[name], entry) if both else entry[1]
        entries[name] = (key, part)
    return Group(a.page, a.place, a.listed, entries)


def _either(first: Tree, second: Tree, one: Entry, other: Entry) -> Part:
    """One of two parts: the one that was written on top of the other, where they differ."""
    (key, a), (other_key, b) = one, other
    first_knows, second_knows = b.page.path in first.files, a.page.path in second.files
    if isinstance(a, Apart) or _alike(a, b) or (first_knows and not second_knows):
        return a
    if second_knows and not first_knows:
        return b
    return Apart(a.page, a.place, a, key.place, other_key.place)


def _alike(a: Part, b: Part) -> bool:
    if isinstance(a, Removed | Apart) or isinstance(b, Removed | Apart):
        return isinstance(a, Removed) and isinstance(b, Removed)
    unsaid: list[Diagnostic] = []
    one, other = _settled(a, unsaid, ""), _settled(b, unsaid, "")
    return not unsaid and as_plain(one) == as_plain(other)


# --- the tree that is left --------------------------------------------------------------------


def _settled(part: Part, findings: list[Diagnostic], path: str) -> Node:
    """The nodes of a merged tree; what stands apart is a finding."""
    if isinstance(part, Scalar | Sequence):
        return part
    if not isinstance(part, Group):
        raise TypeError("what is removed or apart has no value")
    kept: dict[str, tuple[Scalar, Node]] = {}
    for name, (key, said) in part.entries.items():
        inner = said
        if isinstance(inner, Apart):
            findings.append(_standing_apart(name, inner, path))
            inner = inner.part  # so that nothing else is found missing
        if not isinstance(inner, Removed):
            kept[name] = (key, _settled(inner, findings, path))
    place = part.place
    if not part.listed:
        return Mapping(part.page, place.line, place.column, kept)
    return Sequence(part.page, place.line, place.column, [_item(*each) for each in kept.values()])


def _item(name: Scalar, node: Node) -> Node:
    """An item of a list, with its id where a variant named it by that only."""
    if isinstance(node, Mapping) and "id" not in node.entries:
        node.entries["id"] = (name, name)
    return node


def _standing_apart(name: str, part: Apart, path: str) -> Diagnostic:
    first, second = (f"{each.file}:{each.line}" for each in (part.first, part.second))
    message = f"'{shown(name)}' is set differently in {first} and {second}"
    return diagnostic_at(part.second, "R417", message, f"set it in {path}, or in one of them only")
