"""What do the real programmes need of the rule language, and what do their sources leave open?

Read from the compiled campaign files, so that the table of docs/programmes.md cannot say what the
files do not. The programmes are those with a table in `tests/policy/vectors/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from promo.policy.campaign import Campaign, load_campaign
from promo.policy.combination import Combination
from promo.policy.conditions import Plus, Test, leaves
from promo.policy.money import NOT_DECLARED
from promo.policy.rules import compile_rules

ROOT = Path(__file__).parents[2]


def reads(campaign: Campaign, *parts: str) -> bool:
    """Does some rule read a fact with one of these parts in its name?"""
    return any(part in name for name in compile_rules(campaign).facts for part in parts)


def trees(campaign: Campaign) -> Iterator[Test]:
    """Every condition of eligibility and of benefits, amendments included."""
    for _, rule in campaign.every_rule:
        yield rule.condition.tree
    for _, _, benefit in campaign.every_benefit:
        if benefit.when is not None:
            yield benefit.when.tree


def calculates(campaign: Campaign) -> bool:
    """Does a condition add or subtract facts?"""
    return any(isinstance(node, Plus) for tree in trees(campaign) for node in leaves(tree))


def kinds(combination: Combination) -> set[str]:
    """The ways of combining that are used, nested ones included."""
    nested = [part for part in combination.parts if not isinstance(part, str)]
    return {combination.kind}.union(*(kinds(part) for part in nested))


def allocated(campaign: Campaign, way: str) -> bool:
    """Is scarce money given out in this way?"""
    allocation = campaign.money.allocation
    return allocation is not None and getattr(allocation, way) is not None


NEEDS: dict[str, Callable[[Campaign], bool]] = {
    "several clocks": lambda c: len(list(c.windows.named())) > 1,
    "time of day": lambda c: any(each.by_the_hour for _, each in c.windows.named()),
    "open end": lambda c: any(each.is_open for _, each in c.windows.named()),
    "old car": lambda c: reads(c, "trade_in"),
    "price without VAT": lambda c: reads(c, "_ex_vat"),
    "list price": lambda c: reads(c, "list_price"),
    "income": lambda c: reads(c, "income"),
    "CO2 or mileage": lambda c: reads(c, "co2", "miles_per_gallon"),
    "difference of facts": calculates,
    "origin of the car": lambda c: reads(c, "made_in"),
    "exclusive routes": lambda c: "exclusive" in kinds(c.combination),
    "sum": lambda c: "sum" in kinds(c.combination) and len(c.public_benefits) > 1,
    "cap per car": lambda c: c.combination.cap is not None,
    "private money beside": lambda c: len(c.public_benefits) < len(c.benefit_names),
    "amendment": lambda c: bool(c.amendments),
    "top-up of paid claims": lambda c: any(a.paid_claims == "top_up" for a in c.amendments),
    "pot": lambda c: len(c.money.pots) == 1,
    "several pots": lambda c: len(c.money.pots) > 1,
    "stocks by face value": lambda c: any(pot.face is not None for pot in c.money.pots),
    "rounds with carry-over": lambda c: any(pot.unused == "next_pot" for pot in c.money.pots),
    "voucher that must match": lambda c: allocated(c, "voucher"),
    "reservation, then proof": lambda c: allocated(c, "reservation"),
    "queue by invoice": lambda c: bool(c.money.pots) and c.money.order_by == "invoice_time",
    "queue by claim": lambda c: bool(c.money.pots) and c.money.order_by == "claim_time",
    "queue by approval": lambda c: bool(c.money.pots) and c.money.order_by == "approval_time",
    "funding by level": lambda c: len(c.money.funding) > 1,
    "limit per buyer": lambda c: any(each.per == "buyer" for each in c.limits),
    "limit per year": lambda c: any(each.within == "calendar_year" for each in c.limits),
    "identity keys": lambda c: bool(c.identity) or any(each.identity for each in c.limits),
    "holding period": lambda c: c.holding is not None,
}


def words_used(campaign: Campaign) -> str:
    """The forms of the benefits, and what else of the language a campaign needs."""
    forms = dict.fromkeys(f"`{benefit.form}`" for _, _, benefit in campaign.every_benefit)
    needed = [name for name, needs in NEEDS.items() if needs(campaign)]
    payout = campaign.money.payout
    paid_as = [f"paid as {payout.form.replace('_', ' ')}"] if payout is not None else []
    return ", ".join((*forms, *needed, *paid_as))


def not_declared(node: Any, key: str = "") -> Iterator[str]:
    """The keys of a file whose value is `not_declared`."""
    if node == NOT_DECLARED:
        yield key
    below = node.items() if isinstance(node, dict) else ((key, each) for each in node)
    for name, value in below if isinstance(node, dict | list) else ():
        yield from not_declared(value, name)


def left_open(campaign: Campaign, file: Path) -> str:
    """The policies that are declared open, and the numbers that nobody published."""
    written = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    policies = [f"`{key}`" for key in not_declared(written)]
    assumed = [f"`{each.name}`" for each in campaign.assumptions()]
    assumed = [f"assumed: {', '.join(assumed)}"] if assumed else []
    return "; ".join((*([", ".join(policies)] if policies else []), *assumed))


def rows() -> Iterator[tuple[str, str, str]]:
    """One row a programme: its file, what it needs of the language, what stays open."""
    for table in sorted((ROOT / "tests" / "policy" / "vectors").glob("*.yaml")):
        named = yaml.safe_load(table.read_text(encoding="utf-8"))["campaign"]
        file = ROOT / "campaigns" / named
        campaign = load_campaign(str(file)).value
        if campaign is None:
            raise RuntimeError(f"{named} has errors: run `promo check campaigns`")
        title = f"[{campaign.title.en}](../campaigns/{named})"
        yield title, words_used(campaign), left_open(campaign, file) or "-"
