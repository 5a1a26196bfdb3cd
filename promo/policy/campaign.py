"""What does a campaign file say?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from promo.errors import CODES, WARNINGS, did_you_mean
from promo.policy.benefits import AnyBenefit, Benefit
from promo.policy.combination import Combination
from promo.policy.eligibility import ConditionText
from promo.policy.examples import Examples
from promo.policy.limits import Limit
from promo.policy.money import MoneyTerms
from promo.quantities import (
    Day,
    FileModel,
    Identifier,
    Text,
    Title,
    WindowEnd,
    fault,
    plain_text,
    shown,
)
from promo.schema import CLOCKS, Assumption, Words
from promo.textfile import Loaded, load


def _warning_code(value: object) -> str:
    text = plain_text(value)
    if text in WARNINGS:
        return text
    if text in CODES:
        raise fault("V206", f"{text} is an error and cannot be silenced", "mend it instead")
    raise fault("V206", f"'{shown(text)}' is not a warning", did_you_mean(text, WARNINGS))


def _currency(value: object) -> str:
    text = plain_text(value)
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise fault("V201", f"'{shown(text)}' is not a currency code", "write 'CNY'")
    return text


WarningCode: TypeAlias = Annotated[
    str, PlainValidator(_warning_code), WithJsonSchema({"enum": sorted(WARNINGS)})
]
Currency: TypeAlias = Annotated[
    str, PlainValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]


class Silence(FileModel):
    """A warning that was weighed and accepted, with the reason."""

    code: WarningCode
    why: Text


class Window(FileModel):
    """When an event must happen: `from` inclusive, `to` inclusive (or T24:00), or `before`."""

    first: Day = Field(alias="from")
    to: WindowEnd | None = None  # kept as the first day after
    before: Day | None = None

    @model_validator(mode="after")
    def _has_one_end(self) -> Window:
        if self.to is None and self.before is None:
            raise fault("K102", "the key 'to' is missing here", "write 'to' or 'before'")
        if self.to is not None and self.before is not None:
            raise fault("K101", "write either 'to' or 'before'", path=("before",))
        if self.end <= self.first:
            where = "to" if self.to is not None else "before"
            raise fault("V204", "the window ends before it starts", path=(where,))
        return self

    @property
    def end(self) -> date:
        """The first day that is too late."""
        end = self.to if self.to is not None else self.before
        return end if end is not None else date.max

    @property
    def last(self) -> date:
        """The last day that is in time."""
        return self.end - timedelta(days=1)


class Windows(FileModel):
    """Every clock that must fit."""

    announced: Day | None = None
    order: Window | None = None
    invoice: Window | None = None
    registration: Window | None = None
    claim: Window | None = None

    @model_validator(mode="after")
    def _purchase_is_dated(self) -> Windows:
        if self.purchase is None:
            raise fault("K102", "the key 'invoice' is missing here", "say when a purchase counts")
        if self.announced is not None and self.announced >= self.purchase.end:
            message = "announced when no purchase counts any more"
            raise fault("V204", message, "check the year", path=("announced",))
        return self

    def named(self) -> Iterator[tuple[str, Window]]:
        """The windows given, by the name of their event."""
        for name in CLOCKS:
            window = getattr(self, name)
            if window is not None:
                yield name, window

    @property
    def purchase(self) -> Window | None:
        """The window of the event that stands for the purchase."""
        return self.invoice or self.order or self.registration


class Rule(FileModel):
    """One condition that must hold; its id is the reason code of a refusal."""

    id: Identifier
    when: ConditionText
    source: Text | None = None
    silence: tuple[Silence, ...] = ()


class Campaign(FileModel):
    """One campaign: who may get how much, when, from which money."""

    id: Identifier
    title: Title
    issuers: tuple[Text, ...]
    currency: Currency
    source: Text | None = None
    illustrative: Text | None = None
    market: Text | None = None
    manufacturers: tuple[Text, ...] = ()
    windows: Windows
    eligibility: tuple[Rule, ...]
    benefits: dict[Identifier, AnyBenefit]
    combine: Combination | None = None
    money: MoneyTerms
    limits: tuple[Limit, ...] = ()
    examples: Examples
    silence: tuple[Silence, ...] = ()

    @model_validator(mode="after")
    def _combined(self) -> Campaign:
        if not self.benefits:
            raise fault("K103", "a campaign needs a benefit", path=("benefits",))
        if self.combine is None and len(self.benefits) > 1:
            raise fault("K102", "the key 'combine' is missing here", "say how benefits add up")
        return self

    @property
    def combination(self) -> Combination:
        """How benefits combine; a single one needs no words."""
        if self.combine is not None:
            return self.combine
        return Combination(sum=tuple(self.benefits))

    def assumptions(self) -> tuple[Assumption, ...]:
        """The amounts nobody published, named by their path in the file."""
        return (*self._of_pots(), *self._of_benefits())

    def _of_pots(self) -> Iterator[Assumption]:
        for pot in self.money.pots:
            if pot.amount.assumed:
                words = Words(f"资金池“{pot.id}”总额", f"budget of pot '{pot.id}'")
                name = f"money.pots.{pot.id}.amount"
                yield pot.amount.assumption(name, self.currency, words, self.source or "")

    def _of_benefits(self) -> Iterator[Assumption]:
        for name, benefit in self.benefits.items():
            factor = benefit.uncertainty
            if factor is not None:
                words = Words(f"补贴“{name}”金额倍数", f"amounts of '{name}', as a multiple")
                path = f"benefits.{name}.amount"
                yield factor.assumption(path, "ratio", words, self.source or "")


def load_campaign(path: str) -> Loaded[Campaign]:
    """The campaign of a file, or the findings that stand in its way."""
    return load(path, Campaign)


def campaign_schema() -> dict[str, Any]:
    """The JSON schema of campaign files, for editors."""
    return Campaign.model_json_schema(by_alias=True)


__all__ = ["Benefit", "Campaign", "Rule", "Silence", "Window", "campaign_schema", "load_campaign"]
