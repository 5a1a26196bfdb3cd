"""Which worked cases must the rules reproduce?

A case states what differs from the ordinary purchase; `null` means that a paper is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from promo.errors import did_you_mean
from promo.quantities import (
    FileModel,
    Flag,
    Identifier,
    Money,
    Text,
    amount_per_car,
    calendar_day,
    fault,
    flag,
    moment,
    number,
    plain_text,
    shown,
    together,
    words,
)
from promo.schema import FACTS, FactType

FactValue: TypeAlias = str | int | float | bool | date | None
_READERS: dict[FactType, Callable[[object], FactValue]] = {
    FactType.TEXT: words,
    FactType.NUMBER: number,
    FactType.MONEY: amount_per_car,
    FactType.DAY: calendar_day,
    FactType.MOMENT: moment,
    FactType.FLAG: flag,
}


def _facts(value: object) -> dict[str, FactValue]:
    """Facts by name, each read as its own type; `null` is a missing fact."""
    if not isinstance(value, dict):
        raise fault("K103", "a mapping of facts was expected")
    faults: list[PydanticCustomError] = []
    found: dict[str, FactValue] = {}
    for name, written in value.items():
        try:
            found[name] = read_fact(name, written)
        except PydanticCustomError as error:
            context = error.context or {}
            faults.append(fault(error.type, context["message"], context["help"], path=(name,)))
    if faults:
        raise together(faults, value)
    return found


def read_fact(name: str, written: object) -> FactValue:
    """One fact from its text."""
    if name not in FACTS:
        raise fault("C303", f"unknown fact '{shown(name)}'", did_you_mean(name, FACTS))
    fact, text = FACTS[name], plain_text(written)
    if text == "null":
        return None
    found = _READERS[fact.type](text)
    if fact.choices and found not in fact.choices:
        message = f"'{name}' is never '{shown(text)}'"
        raise fault("V206", message, did_you_mean(text, fact.choices))
    return found


Facts: TypeAlias = Annotated[
    dict[str, FactValue], PlainValidator(_facts), WithJsonSchema({"type": "object"})
]
_OUTCOMES = (
    "amount",
    "approved",
    "refused",
    "incomplete",
    "waiting",
    "undeclared",
    "unpublished",
)


class Case(FileModel):
    """One worked case: what differs from the ordinary purchase, and what must come out."""

    says: Text
    facts: Facts = Field(default_factory=dict)
    pots: dict[str, Money] = Field(default_factory=dict)
    amount: Money | None = None
    approved: Flag | None = None
    refused: Identifier | None = None
    incomplete: Identifier | None = None
    waiting: Identifier | None = None
    undeclared: Identifier | None = None  # the notice leaves open what decides this case
    unpublished: Flag | None = None  # approved, with an amount that nobody published

    @model_validator(mode="before")
    @classmethod
    def _one_outcome(cls, raw: object) -> object:
        said = [name for name in raw if name in _OUTCOMES] if isinstance(raw, dict) else [""]
        misspelt = isinstance(raw, dict) and not cls.model_fields.keys() >= raw.keys()
        if not said and not misspelt:
            raise fault("K102", "the outcome is missing here: amount, refused or incomplete")
        if len(said) > 1:
            raise fault("K101", f"'{said[0]}' is said already", path=(said[1],))
        return raw

    @property
    def outcome(self) -> str:
        return next(name for name in _OUTCOMES if getattr(self, name) is not None)


class Examples(FileModel):
    """The ordinary purchase, which must be approved, and the cases that differ from it."""

    ordinary: Facts
    cases: tuple[Case, ...] = ()
