"""An editor says of every key what it means, in both languages."""

import re
from typing import Any

import pytest

from promo.market.market import Market
from promo.policy.campaign import Campaign
from promo.production.manufacturer import Manufacturer
from promo.report.key_words import KEYS
from promo.report.schemas import schema_of
from promo.textfile import FileModel

MODELS: list[type[FileModel]] = [Campaign, Market, Manufacturer]


def keys_of(node: Any) -> list[tuple[str, Any]]:
    """Every key of every mapping in a schema."""
    if isinstance(node, list):
        return [found for inner in node for found in keys_of(inner)]
    if not isinstance(node, dict):
        return []
    own = list(node.get("properties", {}).items())
    below = [inner for _, inner in own]
    below += [inner for name, inner in node.items() if name != "properties"]
    return own + [found for inner in below for found in keys_of(inner)]


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_described_in_both_languages(model: type[FileModel]) -> None:
    keys = keys_of(schema_of(model))
    assert len(keys) > 40
    for name, inner in keys:
        assert re.fullmatch(r".*[\u4e00-\u9fff].* / [ -~]+", inner["description"]), name


def test_no_key_is_described_that_no_file_has() -> None:
    said = {inner["description"] for model in MODELS for _, inner in keys_of(schema_of(model))}
    unused = [
        name
        for name, words in KEYS.items()
        if f"{words.zh} / {words.en}" not in said and name != "extends"
    ]
    assert unused == []


def test_a_variant_needs_none_of_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Campaign, "extendable", True)
    schema = schema_of(Campaign)
    assert "properties" not in schema
    assert schema["if"] == {"required": ["extends"]}
    assert set(schema["then"]["properties"]) == {"extends", *schema["else"]["properties"]}
    assert "required" not in schema["then"]
    assert "money" in schema["else"]["required"]
    assert schema["then"]["additionalProperties"] is False


def bare(node: Any, *, inside: bool = False) -> Any:
    """A schema without its words; `inside` is the mapping of keys, whatever these are called."""
    if isinstance(node, list):
        return [bare(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    kept = {name: bare(inner, inside=name == "properties") for name, inner in node.items()}
    return kept if inside else {n: v for n, v in kept.items() if n not in {"title", "description"}}


@pytest.mark.parametrize("model", [Market])
def test_what_a_key_may_hold_is_as_before(model: type[FileModel]) -> None:
    before = model.model_json_schema(by_alias=True)
    assert bare(schema_of(model)) == bare(before)
    assert model.model_json_schema(by_alias=True) == before
