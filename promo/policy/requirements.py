"""Which conditions must a claim fulfil, each as one tree with its reason code and source?

Windows, rules, lists, limits, exclusions and vouchers all become conditions here, amendments
included, so that deciding, explaining and checking read the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from promo.policy.benefits import Benefit
from promo.policy.campaign import Amendment, Campaign, Rule
from promo.policy.conditions import (
    All,
    Compare,
    Condition,
    Constant,
    FactValue,
    Holds,
    Not,
    Some,
    Test,
    leaves,
)
from promo.policy.limits import exclusion
from promo.policy.money import Voucher
from promo.quantities import KeyPath

Kind: TypeAlias = Literal["window", "rule", "limit", "exclusion", "voucher", "cap"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition that a claim must fulfil.

    Attributes
    ----------
    id : the reason code of a refusal
    by_day : a window decided by the hour, in whole days, for purchases known by day only
    path : where the file says so
    """

    id: str
    condition: Condition
    source: str
    kind: Kind
    path: KeyPath
    by_day: Condition | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        return self.condition.facts


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a benefit and the claims that it governs; None governs all others."""

    guard: Test | None
    benefit: Benefit | None
    scale: str  # the column `scale.<this>` multiplies amounts that nobody published


@dataclass(frozen=True, slots=True)
class Entitlement:
    """One benefit through all amendments: the first version whose guard holds counts."""

    id: str
    versions: tuple[Version, ...]

    def governed(self) -> Iterator[tuple[Test, Benefit]]:
        """Each text of the benefit and exactly the claims that it governs."""
        passed: list[Test] = []
        for version in self.versions:
            own = [] if version.guard is None else [version.guard]
            if version.benefit is not None:
                yield All((*own, *passed, Holds(Constant(value=True)))), version.benefit
            passed += [Not(guard) for guard in own]

    @property
    def benefits(self) -> tuple[Benefit, ...]:
        return tuple(each.benefit for each in self.versions if each.benefit is not None)

    @property
    def is_public(self) -> bool:
        return all(benefit.is_public for benefit in self.benefits)

    @property
    def of(self) -> tuple[str, ...]:
        """The benefits that the amount depends on."""
        return tuple(dict.fromkeys(name for benefit in self.benefits for name in benefit.of))

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts read, by guards, conditions and amounts."""
        of_guards = [
            node.name
            for version in self.versions
            if version.guard is not None
            for node in leaves(version.guard)
            if isinstance(node, FactValue)
        ]
        own = (fact for benefit in self.benefits for fact in benefit.facts)
        return tuple(dict.fromkeys((*of_guards, *own)))


def entitlements(campaign: Campaign) -> dict[str, Entitlement]:
    """Every benefit of the first text and of its amendments, by name."""
    return {name: Entitlement(name, _versions(campaign, name)) for name in campaign.benefit_names}


def _versions(campaign: Campaign, name: str) -> tuple[Version, ...]:
    later = [
        Version(amendment.guard, amendment.benefits.get(name), f"{amendment.id} {name}")
        for amendment in reversed(campaign.amendments)
        if name in amendment.benefits or name in amendment.withdraws
    ]
    return (*later, Version(None, campaign.benefits.get(name), name))


def requirements(campaign: Campaign) -> tuple[Requirement, ...]:
    """Everything that a claim must fulfil, in the order of the file."""
    return (
        *_windows(campaign),
        *_rules(campaign),
        *_vouchers(campaign),
        *_ceilings(campaign),
        *_limits(campaign),
    )


def _windows(campaign: Campaign) -> Iterator[Requirement]:
    source = campaign.source or ""
    for name, window in campaign.windows.named():
        # A claim filed before its window opens is not refused: it waits.
        with_start = name != "claim"
        condition = window.condition(name, with_start=with_start)
        by_day = window.in_days(name, with_start=with_start) if window.by_the_hour else None
        path: KeyPath = ("windows", name)
        yield Requirement(f"window-{name}", condition, source, "window", path, by_day)


def _rules(campaign: Campaign) -> Iterator[Requirement]:
    stood = {rule.id for rule in campaign.eligibility}
    added: dict[str, KeyPath] = {}
    for path, rule in campaign.every_rule:
        if rule.id not in stood:
            added.setdefault(rule.id, (*path, rule.key))
    for place, rule in enumerate(campaign.eligibility):
        yield _rule(campaign, rule.id, rule, ("eligibility", place, rule.key))
    for name, path in added.items():
        yield _rule(campaign, name, None, path)


def _rule(campaign: Campaign, name: str, rule: Rule | None, path: KeyPath) -> Requirement:
    """A rule through all amendments; None where an amendment brought it."""
    condition, source = first_text(rule)
    for amendment in campaign.amendments:
        condition, source = _amended(name, amendment, condition, source)
    return Requirement(name, condition, source or campaign.source or "", "rule", path)


def first_text(rule: Rule | None) -> tuple[Condition, str]:
    """What a rule asked for before any amendment: nothing, if an amendment brought it."""
    if rule is None:
        return Condition("TRUE", Holds(Constant(value=True))), ""
    return rule.condition, rule.source or ""


def _amended(
    name: str, amendment: Amendment, older: Condition, source: str
) -> tuple[Condition, str]:
    """The condition after one more amendment."""
    found = next((rule for rule in amendment.eligibility if rule.id == name), None)
    if found is None and name not in amendment.withdraws:
        return older, source
    newer, its_source = first_text(found)
    governs = amendment.guard
    # Where both texts agree, it does not matter which of them governs.
    tree = Some((All((governs, newer.tree)), All((older.tree, Some((Not(governs), newer.tree))))))
    since = f"{amendment.by} from {amendment.first}"
    text = f"({newer.text}) for {since}; ({older.text}) otherwise"
    return Condition(text, tree), its_source or source


def _vouchers(campaign: Campaign) -> Iterator[Requirement]:
    """The face of a voucher must be what the purchase would get."""
    allocation = campaign.money.allocation
    voucher = allocation.voucher if allocation is not None else None
    if voucher is None or not voucher.must_match:
        return
    matches = _matches(campaign, voucher)
    if matches:
        named = ", ".join(voucher.benefits or campaign.public_benefits)
        condition = Condition(f"voucher_face = {named}", Some(tuple(matches)))
        path: KeyPath = ("money", "allocation", "voucher", "must_match")
        yield Requirement("voucher-face", condition, campaign.source or "", "voucher", path)


def _matches(campaign: Campaign, voucher: Voucher) -> list[Test]:
    names = voucher.benefits or campaign.public_benefits
    return [
        match
        for name, entitlement in entitlements(campaign).items()
        if name in names
        for governs, benefit in entitlement.governed()
        for match in _matching(governs, benefit)
    ]


def _matching(governs: Test, benefit: Benefit) -> Iterator[Test]:
    around = [governs] if benefit.when is None else [governs, benefit.when.tree]
    for test, fen in benefit.cases or ():
        face = Compare(FactValue("voucher_face"), "=", Constant(fen))
        yield All((*around, test, face))


def _ceilings(campaign: Campaign) -> Iterator[Requirement]:
    """A ceiling that is a share of a price needs the price, whatever it is."""
    asked: set[str] = set()
    for path, fact in campaign.combination.ceilings(("combine",)):
        if fact not in asked:
            condition = Condition(f"{fact} >= 0", Compare(FactValue(fact), ">=", Constant(0)))
            yield Requirement(f"cap-{fact}", condition, campaign.source or "", "cap", path)
            asked.add(fact)


def _limits(campaign: Campaign) -> Iterator[Requirement]:
    for place, limit in enumerate(campaign.limits):
        source = limit.source or campaign.source or ""
        yield Requirement(limit.id, limit.condition, source, "limit", ("limits", place))
    if campaign.excludes:
        condition = exclusion(campaign.excludes)
        source = campaign.source or ""
        yield Requirement("excluded", condition, source, "exclusion", ("excludes",))


def facts_of(requirements: Sequence[Requirement]) -> set[str]:
    """Every fact that some requirement reads."""
    return {fact for requirement in requirements for fact in requirement.facts}
