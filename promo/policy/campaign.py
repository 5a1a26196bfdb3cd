"""What does a campaign file say?"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from promo.policy.benefits import AnyBenefit, Benefit
from promo.policy.combination import Combination
from promo.policy.conditions import All, Compare, Condition, Constant, FactValue, Not, Test
from promo.policy.eligibility import MAX_LENGTH, ConditionText
from promo.policy.examples import Examples
from promo.policy.limits import Holding, IdentityKey, Limit
from promo.policy.lists import Listed, ListRead, read_list
from promo.policy.money import MoneyTerms
from promo.policy.silence import Silence
from promo.policy.windows import Window, Windows
from promo.quantities import (
    Day,
    FileModel,
    Identifier,
    KeyPath,
    Text,
    Title,
    fault,
    plain_text,
    shown,
)
from promo.schema import CLOCKS, Assumption, Words
from promo.textfile import Finding, Loaded, load

MOST_CASES = 300
MOST_LETTERS = 100_000
MOST = {"eligibility": 200, "benefits": 50, "amendments": 50}  # what a person can still follow


def _currency(value: object) -> str:
    text = plain_text(value)
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise fault("V201", f"'{shown(text)}' is not a currency code", "write 'CNY'")
    return text


Currency: TypeAlias = Annotated[
    str, PlainValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]


def _letters(raw: object) -> Iterator[int]:
    """The lengths of all conditions as written; one that is too long by itself is not read."""
    if isinstance(raw, dict):
        for key, inner in raw.items():
            if key in ("when", "unless") and isinstance(inner, str):
                yield len(inner) if len(inner) <= MAX_LENGTH else 0
            yield from _letters(inner)
    elif isinstance(raw, tuple):
        for each in raw:
            yield from _letters(each)


class Rule(FileModel):
    """One condition that must hold, or one list to stand on; its id is the reason of a refusal."""

    id: Identifier
    when: ConditionText | None = None
    listed: Listed | None = None
    source: Text | None = None
    silence: tuple[Silence, ...] = ()

    @model_validator(mode="after")
    def _one_test(self) -> Rule:
        if self.when is None and self.listed is None:
            raise fault("K102", "the key 'when' is missing here")
        if self.when is not None and self.listed is not None and "when" in self.model_fields_set:
            raise fault("K101", "write either 'when' or 'listed'", path=("listed",))
        return self

    @property
    def condition(self) -> Condition:
        """What must hold; a list must have been read, as `load_campaign` does."""
        if self.when is None:
            raise ValueError(f"the list of the rule '{self.id}' was not read")
        return self.when

    @property
    def key(self) -> str:
        """The key of the file that holds the condition."""
        return "listed" if self.listed is not None else "when"


class Amendment(FileModel):
    """A later text: from when it governs, what it changes, and what becomes of paid claims.

    Which text governs a claim is decided by one clock; claims that fulfil `unless` stay under the
    older text.
    """

    id: Identifier
    announced: Day | None = None
    by: Literal["order", "invoice", "registration", "claim"]
    first: Day = Field(alias="from")
    unless: ConditionText | None = None
    paid_claims: Literal["top_up", "keep", "not_declared"]
    eligibility: tuple[Rule, ...] = ()
    benefits: dict[Identifier, AnyBenefit] = Field(default_factory=dict)
    withdraws: tuple[Identifier, ...] = ()
    source: Text | None = None

    @property
    def guard(self) -> Test:
        """Does this text govern the claim?"""
        governs = Compare(FactValue(CLOCKS[self.by]), ">=", Constant(self.first))
        return governs if self.unless is None else All((governs, Not(self.unless.tree)))


class Campaign(FileModel):
    """One campaign: who may get how much, when, from which money."""

    extendable: ClassVar[bool] = True

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
    identity: tuple[IdentityKey, ...] = ()
    excludes: tuple[Identifier, ...] = ()
    holding: Holding | None = None
    amendments: tuple[Amendment, ...] = ()
    examples: Examples
    silence: tuple[Silence, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _readable(cls, raw: object) -> object:
        """Conditions are counted before they are read."""
        if sum(_letters(raw)) > MOST_LETTERS:
            message = f"all conditions together are longer than {MOST_LETTERS} characters"
            help = "keep long lists in files beside the campaign"
            raise fault("C305", message, help, path=("eligibility",))
        return raw

    @model_validator(mode="after")
    def _combined(self) -> Campaign:
        if not self.benefits:
            raise fault("K103", "a campaign needs a benefit", path=("benefits",))
        if len(self.examples.cases) > MOST_CASES:
            message = f"at most {MOST_CASES} entries are expected"
            raise fault("K103", message, path=("examples", "cases"))
        for key, most in MOST.items():
            if len(getattr(self, key)) > most:
                raise fault("K103", f"at most {most} entries are expected", path=(key,))
        if self.combine is None and len(self.public_benefits) > 1:
            raise fault("K102", "the key 'combine' is missing here", "say how benefits add up")
        return self

    @property
    def benefit_names(self) -> tuple[str, ...]:
        """Every benefit of the first text and of its amendments, in order."""
        added = (name for amendment in self.amendments for name in amendment.benefits)
        return tuple(dict.fromkeys((*self.benefits, *added)))

    @property
    def every_benefit(self) -> Iterator[tuple[KeyPath, str, Benefit]]:
        """Each benefit of each text, with its place in the file."""
        for name, benefit in self.benefits.items():
            yield ("benefits", name), name, benefit
        for place, amendment in enumerate(self.amendments):
            for name, benefit in amendment.benefits.items():
                yield ("amendments", place, "benefits", name), name, benefit

    @property
    def titles(self) -> dict[str, Words]:
        """What people call the benefits, by id, and the pots, by `pot` and id."""
        of_pots = {f"pot {pot.id}": pot.title for pot in self.money.pots}
        of_benefits = {name: benefit.title for _, name, benefit in self.every_benefit}
        return {k: title.words for k, title in (of_benefits | of_pots).items() if title}

    @property
    def every_rule(self) -> Iterator[tuple[KeyPath, Rule]]:
        """Each rule of each text, with its place in the file."""
        for place, rule in enumerate(self.eligibility):
            yield ("eligibility", place), rule
        for place, amendment in enumerate(self.amendments):
            for inner, rule in enumerate(amendment.eligibility):
                yield ("amendments", place, "eligibility", inner), rule

    @property
    def public_benefits(self) -> tuple[str, ...]:
        """The benefits paid from public money, in the order of the file."""
        private = {name for _, name, benefit in self.every_benefit if not benefit.is_public}
        return tuple(name for name in self.benefit_names if name not in private)

    @property
    def combination(self) -> Combination:
        """How benefits combine; a single one needs no words."""
        if self.combine is not None:
            return self.combine
        return Combination(sum=self.public_benefits)

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
        for keypath, name, benefit in self.every_benefit:
            factor = benefit.uncertainty
            if factor is not None:
                words = Words(f"补贴“{name}”金额倍数", f"amounts of '{name}', as a multiple")
                path = f"benefits.{name}.amount"
                if keypath[0] == "amendments":
                    path = f"amendments.{self.amendments[int(keypath[1])].id}.{path}"
                yield factor.assumption(path, "ratio", words, self.source or "")


def load_campaign(path: str) -> Loaded[Campaign]:
    """The campaign of a file with its lists, or the findings that stand in its way."""
    loaded = load(path, Campaign)
    if loaded.value is None:
        return loaded
    lists = {
        keypath: _read_list(loaded, (*keypath, "listed"), rule.listed)
        for keypath, rule in loaded.value.every_rule
        if rule.listed is not None
    }
    findings = [finding for each in lists.values() for finding in each.diagnostics]
    conditions = {path: each.condition for path, each in lists.items() if each.condition}
    return dataclasses.replace(
        loaded,
        value=None if findings else _with_lists(loaded.value, conditions),
        diagnostics=tuple(sorted((*loaded.diagnostics, *findings))),
        files=loaded.files | {k: v for each in lists.values() for k, v in each.files.items()},
    )


def _read_list(loaded: Loaded[Campaign], keypath: KeyPath, listed: Listed) -> ListRead:
    try:
        return read_list(loaded.place(keypath).file, listed)
    except Finding as finding:
        fault = finding.diagnostic
        where: KeyPath = keypath if fault.code == "K102" else (*keypath, "file")
        told = loaded.diagnostic(where, fault.code, fault.message, help=fault.help)
        return ListRead(None, (told,), {})


def _with_lists(campaign: Campaign, conditions: dict[KeyPath, Condition]) -> Campaign:
    """The campaign with every list read as the condition of its rule."""
    if not conditions:
        return campaign

    def read(rules: tuple[Rule, ...], above: KeyPath) -> tuple[Rule, ...]:
        return tuple(
            rule.model_copy(update={"when": conditions.get((*above, place), rule.when)})
            for place, rule in enumerate(rules)
        )

    amendments = tuple(
        each.model_copy(
            update={"eligibility": read(each.eligibility, ("amendments", place, "eligibility"))}
        )
        for place, each in enumerate(campaign.amendments)
    )
    rules = read(campaign.eligibility, ("eligibility",))
    return campaign.model_copy(update={"eligibility": rules, "amendments": amendments})


__all__ = [
    "Amendment",
    "Benefit",
    "Campaign",
    "Rule",
    "Silence",
    "Window",
    "load_campaign",
]
