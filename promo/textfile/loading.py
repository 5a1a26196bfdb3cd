"""Does a file fit its model? All findings at once, each at its place, each with its remedy."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from promo.errors import Diagnostic, did_you_mean
from promo.quantities import KeyPath, full_width, shown
from promo.textfile.decoding import (
    MAX_BYTES,
    Finding,
    text_of,
    whole_file,
)
from promo.textfile.extending import Family, extended
from promo.textfile.files import read_bytes
from promo.textfile.nodes import Node, Scalar, as_plain, read_nodes
from promo.textfile.pages import diagnostic_at, page_of, within
from promo.textfile.places import Loaded, M, Source

MAX_FINDINGS = 500  # of one file; whoever mends these asks again
MANY = 20  # unknown keys in one place are no slips of the pen
CLEARLY = 0.75  # of its letters a misspelt key shares with the one that was meant


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
        return _nothing(path, whole_file(path, "T002", "larger than 1 MiB").diagnostic, content)
    try:
        text = text_of(path, content)
    except Finding as finding:
        return _nothing(path, finding.diagnostic, content)
    reading = read_nodes(path, text)
    digest = hashlib.sha256(content).hexdigest()
    if reading.fatal:
        source = Source(reading.page, reading.root)
        findings = tuple(reading.findings[:MAX_FINDINGS])
        return Loaded(path, None, findings, digest, source, {path: digest})
    root, family = extended(reading) if model.extendable else (reading.root, Family())
    source, found = Source(reading.page, root), [*reading.findings, *family.findings]
    value = None
    if root is not None:
        value, faults = _validate(as_plain(root), model, source)
        found += faults
    files = {path: digest, **family.digests}
    findings = tuple(sorted({within(path, each) for each in found}))[:MAX_FINDINGS]
    return Loaded(path, None if findings else value, findings, _joint(files), source, files)


def _joint(files: dict[str, str]) -> str:
    """One digest of several; that of the file itself where it is alone."""
    digests = list(files.values())
    alone = len(digests) == 1
    return digests[0] if alone else hashlib.sha256("".join(digests).encode()).hexdigest()


def _nothing(path: str, finding: Diagnostic, content: bytes) -> Loaded[M]:
    digest = hashlib.sha256(content).hexdigest()
    source = Source(page_of(path, ""), None)
    return Loaded(path, None, (finding,), digest, source, {path: digest})


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
        owner = _below(raw, keypath[:-1])
        return _unknown_key(keypath, owner, known.get(id(owner), ()), source)
    if kind == "missing":
        place = source.key(keypath[:-1])
        return diagnostic_at(place, "K102", f"the key '{keypath[-1]}' is missing here", "")
    if "span" in context:
        return _own_fault(detail, context, source)
    return _kind_fault(detail, context, source)


def _unknown_key(
    keypath: KeyPath, owner: dict[str, Any], allowed: tuple[str, ...], source: Source
) -> Diagnostic:
    """A key that nobody knows, and the one that was clearly meant."""
    name = str(keypath[-1])
    key = source.nodes(keypath)[1]
    plain, colon, rest = name.partition("：")
    fix = _only_meaning(name, owner, allowed)
    help = did_you_mean(fix or full_width(plain) or plain, allowed)
    if colon and fix is None and not owner.get(name):
        fix = _only_meaning(plain, owner, allowed)
        fix = f"{fix}: {rest.strip()}" if fix else None
        help = "write a plain ':' and a blank" if fix else help
    message = f"unknown key '{shown(name)}'"
    return diagnostic_at(source.key(keypath), "K101", message, help, _as_in(key, fix))


def _only_meaning(name: str, owner: dict[str, Any], allowed: tuple[str, ...]) -> str | None:
    """The key that a misspelt one can only mean, where no other one stands for it."""
    meant = _clearly_meant(name, allowed)
    if meant is None or meant in owner:
        return None
    unknown = [other for other in owner if other not in allowed]
    rivals = [other for other in unknown[:MANY] if _clearly_meant(other, allowed) == meant]
    return meant if len(unknown) < MANY and len(rivals) <= 1 else None


def _as_in(node: Node | None, fix: str | None) -> str | None:
    return node.written(fix) if isinstance(node, Scalar) and fix is not None else None


def _clearly_meant(name: str, allowed: Sequence[str]) -> str | None:
    """The one allowed key that a misspelt one can only mean."""
    plain = full_width(name) or name
    same = [other for other in allowed if other.lower() == plain.lower()]
    if len(same) == 1:
        return same[0]
    close = difflib.get_close_matches(plain, allowed, n=2, cutoff=CLEARLY)
    return close[0] if len(close) == 1 else None


def _own_fault(detail: ErrorDetails, context: dict[str, Any], source: Source) -> Diagnostic:
    keypath, code = detail["loc"] + tuple(context["path"]), detail["type"]
    span = context["span"]
    place = source.inside(keypath, *span) if span else source.value(keypath)
    if code in ("K101", "K102") or (code == "C303" and not span):
        place = source.key(keypath)
    fix = None if span else _as_in(source.nodes(keypath)[0], context.get("fix"))
    return diagnostic_at(place, code, context["message"], context["help"], fix)


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
        plain, node = full_width(given) or given, source.nodes(detail["loc"])[0]
        fix = _as_in(node, plain) if plain in allowed else None
        message = f"'{shown(given)}' is not allowed here"
        return diagnostic_at(place, "V206", message, did_you_mean(plain, allowed), fix)
    expected = _EXPECTED.get(detail["type"], "")
    if expected or not isinstance(given, str):
        message = f"{expected or 'something else'} was expected, not {_name_kind(given)}"
        return diagnostic_at(place, "K103", message, _kind_help(expected, given))
    return diagnostic_at(place, "V201", detail["msg"].lower(), "")


def _kind_help(expected: str, given: object) -> str:
    if expected == "a list" and isinstance(given, str) and given:
        return f"write [{shown(given)}]"
    return {
        "a list": "write the entries in brackets, or below the key with '- ' before each",
        "a mapping": "write entries 'key: value' below the key",
        "a plain value": "write one value behind the key",
    }.get(expected, "")


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
