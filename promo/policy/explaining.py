"""Why does a purchase get what it gets? Every rule and every benefit, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import polars as pl

from promo.policy.benefits import Benefit
from promo.policy.combination import Combination
from promo.policy.conditions import Condition, Plain, Test
from promo.policy.mending import NoChange, SmallestChange, smallest_changes
from promo.policy.requirements import Entitlement, Kind
from promo.policy.rules import Rules, fact_frame, with_all_facts
from promo.schema import FACTS, Words

Case: TypeAlias = Mapping[str, Plain | None]
Fate: TypeAlias = Literal[
    "paid",  # all that it pays alone
    "does-not-apply",  # its condition, or the text that governs, leaves the purchase out
    "nothing",  # it applies, and its amount is zero here
    "unknown",  # a paper is missing
    "undeclared",  # the notice does not say how to round
    "another-is-better",
    "another-excludes",
    "cap",
    "no-money",
    "paid-before",
    "not-approved",  # the purchase gets nothing at all
    "beside",  # private money, not ours to pay
]


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule said; `outcome` None: a paper is missing."""

    id: str
    kind: Kind
    text: str
    source: str
    outcome: bool | None
    facts_read: dict[str, Plain | None]


@dataclass(frozen=True, slots=True)
class BenefitStep:
    """What became of one benefit.

    Attributes
    ----------
    alone_fen : what it pays by itself; None if a paper is missing or rounding is not declared
    paid_fen : what it pays in the end
    why : why `paid_fen` is what it is
    payer : who gives it, if it is not public money
    """

    id: str
    applies: bool | None
    alone_fen: int | None
    paid_fen: int
    why: Fate
    payer: str | None
    source: str


@dataclass(frozen=True, slots=True)
class CaseTrace:
    """The decision on one purchase and the way to it.

    Attributes
    ----------
    missing : facts that papers must still prove, each with its paper; refused or not
    smallest_change : what would have to be otherwise; None where nothing helps
    no_change : why there is none
    """

    decision: str
    reasons: tuple[str, ...]
    amount_fen: int
    amount_published: bool
    steps: tuple[Step, ...]
    benefits: tuple[BenefitStep, ...]
    missing: tuple[tuple[str, Words], ...]
    smallest_change: SmallestChange | None
    no_change: NoChange | None


def explain_case(
    rules: Rules, facts: Case, money_left: Mapping[str, int] | None = None
) -> CaseTrace:
    """Why is this purchase decided so, rule by rule in the order of the file?

    Facts that are not named are missing; `money_left` is as in `Rules.decide`, in fen.
    """
    frame = with_all_facts(fact_frame([facts]), tuple(FACTS))
    verdict = rules.decide(frame, money_left).row(0, named=True)
    found = smallest_changes(rules, frame, money_left)[0]
    way = _way(rules, frame, verdict, money_left or {})
    steps = _steps(rules, frame)
    benefits = tuple(way.step(name, each) for name, each in rules.entitlements.items())
    missing = _missing(rules, frame, steps, benefits)
    return CaseTrace(
        decision=verdict["decision"],
        reasons=tuple(verdict["reasons"]),
        amount_fen=verdict["amount_fen"],
        amount_published=verdict["amount_published"],
        steps=steps,
        benefits=benefits,
        missing=tuple((name, FACTS[name].document) for name in FACTS if name in missing),
        smallest_change=found if isinstance(found, SmallestChange) else None,
        no_change=found if isinstance(found, NoChange) else None,
    )


def _steps(rules: Rules, frame: pl.DataFrame) -> tuple[Step, ...]:
    own = frame.row(0, named=True)
    tests = {each.id: each.condition.expression() for each in rules.requirements}
    says = frame.select(pl.lit(0).alias(""), **tests).row(0, named=True)
    return tuple(
        Step(
            id=each.id,
            kind=each.kind,
            text=each.condition.text,
            source=each.source,
            outcome=says[each.id],
            facts_read={name: own[name] for name in each.facts},
        )
        for each in rules.requirements
    )


def _missing(
    rules: Rules, frame: pl.DataFrame, steps: Iterable[Step], benefits: Iterable[BenefitStep]
) -> frozenset[str]:
    """The facts that are missing where a rule or a benefit is left open."""
    read = [name for step in steps if step.outcome is None for name in step.facts_read]
    for each in benefits:
        if each.why == "unknown":
            read += rules.entitlements[each.id].facts
    own = frame.row(0, named=True)
    return frozenset(
        name for name in read if own[name] is None and FACTS[name].changing != "ledger"
    )


def _holds(frame: pl.DataFrame, test: Test | Condition) -> bool | None:
    answer: bool | None = frame.select(test.expression().cast(pl.Boolean)).item()
    return answer


@dataclass(frozen=True, slots=True)
class _Way:
    """What one purchase is due, in fen by benefit, at each station from alone to paid."""

    rules: Rules
    frame: pl.DataFrame
    verdict: Mapping[str, Any]
    worked: Mapping[str, Any]
    excluded: Mapping[str, int]
    chosen: Mapping[str, int]
    capped: Mapping[str, int]

    def step(self, name: str, entitlement: Entitlement) -> BenefitStep:
        """What became of one benefit."""
        benefit, applies = _governing(self.frame, entitlement)
        alone = self.worked[f"alone {name}"]
        paid = self.verdict[f"benefit.{name}"] if entitlement.is_public else 0
        why = self._unpayable(name) or self._cut(name, alone, paid, entitlement)
        return BenefitStep(
            id=name,
            applies=applies,
            alone_fen=alone,
            paid_fen=paid,
            why="does-not-apply" if applies is False else why,
            payer=benefit.payer if benefit is not None else None,
            source=(benefit.source if benefit is not None else None) or "",
        )

    def _unpayable(self, name: str) -> Fate | None:
        """Why the benefit by itself pays nothing, if so."""
        if self.worked[f"parts {name}"] is None:
            return "unknown"
        if self.worked[f"alone {name}"] is None:
            return "undeclared"
        return "nothing" if self.worked[f"alone {name}"] == 0 else None

    def _cut(self, name: str, alone: int, paid: int, entitlement: Entitlement) -> Fate:
        """Why less is paid than the benefit pays by itself, if so."""
        if not entitlement.is_public:
            return "beside"
        if paid == alone:
            return "paid"
        if self.verdict["decision"] != "approved" and "no-money" not in self.verdict["reasons"]:
            return "not-approved"
        stations: tuple[tuple[Fate, int], ...] = (
            ("another-excludes", self.excluded[name]),
            ("another-is-better", self.chosen[name]),
            ("cap", self.capped[name]),
            ("paid-before", self.worked[f"rest {name}"]),
        )
        before = alone
        for why, amount in stations:
            if amount < before:
                return why
            before = amount
        return "no-money"


def _way(
    rules: Rules, frame: pl.DataFrame, verdict: Mapping[str, Any], money_left: Mapping[str, int]
) -> _Way:
    worked = rules.worked(frame, money_left)
    alone = {name: pl.col(f"alone {name}").fill_null(0) for name in rules.public}

    def combined(how: Combination) -> dict[str, int]:
        found = how.over(worked, alone, rules.rounding_of_ceilings(), "tried")
        amounts = found.row(0, named=True)
        return {name: amounts.get(f"tried {name}", 0) for name in rules.public}

    how = rules.campaign.combination
    return _Way(
        rules=rules,
        frame=frame,
        verdict=verdict,
        worked=worked.row(0, named=True),
        excluded=combined(_without_cap(how, best_of=False)),
        chosen=combined(_without_cap(how, best_of=True)),
        capped=combined(how),
    )


def _without_cap(how: Combination, *, best_of: bool) -> Combination:
    """The same without caps; and where nothing better crowds out, if `best_of` is not wanted."""
    parts = tuple(
        part if isinstance(part, str) else _without_cap(part, best_of=best_of)
        for part in how.parts
    )
    if how.kind == "exclusive":
        return Combination.model_construct(exclusive=parts)
    if how.kind == "best_of" and best_of:
        return Combination.model_construct(best_of=parts)
    return Combination.model_construct(sum=parts)


def _governing(
    frame: pl.DataFrame, entitlement: Entitlement
) -> tuple[Benefit | None, bool | None]:
    """The text of a benefit that governs, and whether it applies; None where papers must tell."""
    for version in entitlement.versions:
        governs = True if version.guard is None else _holds(frame, version.guard)
        if governs is None:
            return version.benefit, None
        if governs:
            benefit = version.benefit
            if benefit is None or benefit.when is None:
                return benefit, benefit is not None
            return benefit, _holds(frame, benefit.when)
    return None, False
