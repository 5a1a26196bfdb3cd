"""What may stand in a file of each kind? JSON schemas for editors, keys in both languages."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias

from promo.report.key_words import KEYS
from promo.textfile import FileModel

Schema: TypeAlias = dict[str, Any]

EXTENDS: Schema = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


def schema_of(model: type[FileModel]) -> Schema:
    """The JSON schema of files of this kind.

    A file that extends others says only what differs, at any depth: `promo check` reads it whole,
    an editor only completes its first keys.
    """
    schema = copy.deepcopy(model.model_json_schema(by_alias=True))  # parts of it are shared
    for owner, keys in _keys_of(schema, schema["title"]):
        for key, inner in keys.items():
            described = {"description": description(owner, key), **_without_words(inner)}
            keys[key] = described
    return _extendable(schema) if model.extendable else schema


def description(owner: str, key: str) -> str:
    """What a key of a model says, in Chinese and in English; raises `KeyError` for an unknown one.

    >>> description("Limit", "max")
    '最多几次 / at most so many'
    """
    words = KEYS.get(f"{owner}.{key}") or KEYS[key]
    return f"{words.zh} / {words.en}"


def _without_words(inner: Schema) -> Schema:
    return {name: value for name, value in inner.items() if name not in {"title", "description"}}


def _keys_of(node: Any, owner: str) -> Iterator[tuple[str, Schema]]:
    """Every mapping of keys in a schema, with the name of its model."""
    if isinstance(node, list):
        for inner in node:
            yield from _keys_of(inner, owner)
    if not isinstance(node, dict):
        return
    owner = node.get("title", owner) if "properties" in node else owner
    if "properties" in node:
        yield owner, node["properties"]
        for inner in node["properties"].values():
            yield from _keys_of(inner, "")
    for name, inner in node.items():
        if name != "properties":
            yield from _keys_of(inner, owner)


def _extendable(schema: Schema) -> Schema:
    whole = {name: schema.pop(name) for name in ("properties", "required") if name in schema}
    closed = {"additionalProperties": schema.pop("additionalProperties", False)}
    words = {"description": description("", "extends")}
    keys = {name: {"description": key["description"]} for name, key in whole["properties"].items()}
    return {
        **schema,
        "if": {"required": ["extends"]},
        "then": {"properties": {"extends": {**words, **EXTENDS}, **keys}, **closed},
        "else": {**whole, **closed},
    }
