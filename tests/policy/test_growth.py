"""What is amended or combined many times still means the same, and does not grow without bound."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

import polars as pl
import pytest

from promo.policy.campaign import Campaign
from promo.policy.combination import Combination
from promo.policy.conditions import Compare, leaves
from promo.policy.eligibility import read_condition
from promo.policy.linear import MOST_PAIRS, cuts_of, plan
from promo.policy.money import Rounding
from promo.policy.requirements import requirements
from promo.policy.rules import compile_rules, fact_frame
from promo.textfile import parse

HEAD = """\
id: growth
title: {zh: 增长, en: growth}
issuers: [市商务局]
currency: CNY
source: a notice
windows: {invoice: {from: 2022-11-01, to: 2022-11-30}}
eligibility: [{id: rule, when: "first_car"}]
benefits: {base: {pay: 1000}}
money: {unlimited: true, commit_on: invoice, rounding: {to: 1 fen, mode: down}}
examples: {ordinary: {invoice_date: 2022-11-10, first_car: true}}
amendments:
"""
AMENDED = (
    "  - {{id: a{n}, by: claim, from: 2022-11-{day:02}, paid_claims: keep, "
    'eligibility: [{{id: rule, when: "{when}"}}]}}\n'
)


def amended(*conditions: str) -> Campaign:
    """A campaign whose one rule is amended on the 2nd, 3rd ... of November."""
    lines = (
        AMENDED.format(n=n, day=min(n + 2, 28), when=when) for n, when in enumerate(conditions)
    )
    loaded = parse("growth.yaml", (HEAD + "".join(lines)).encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return loaded.value


@pytest.mark.parametrize("governs", [True, False, None])
@pytest.mark.parametrize("newer", [True, False, None])
@pytest.mark.parametrize("older", [True, False, None])
def test_a_rule_amended_is_the_text_that_governs_or_what_both_say(
    governs: bool | None, newer: bool | None, older: bool | None
) -> None:
    rules = compile_rules(amended("in_catalogue"))
    day = {True: date(2022, 11, 2), False: date(2022, 11, 1), None: None}[governs]
    facts = {"claim_date": day, "in_catalogue": newer, "first_car": older}
    frame = fact_frame([facts | {"invoice_date": date(2022, 11, 10)}])
    expected = newer if governs else older
    if governs is None:
        expected = newer if newer is older else None
    assert rules.worked(frame, {})["test rule"].item() is expected


def test_a_rule_grows_by_the_same_with_every_amendment() -> None:
    sizes = []
    for count in (10, 20, 40):
        found = requirements(amended(*["in_catalogue"] * count))
        tree = next(each.condition.tree for each in found if each.id == "rule")
        sizes.append(sum(1 for _ in leaves(tree)))
    assert sizes[2] - sizes[1] == 2 * (sizes[1] - sizes[0])


# --- combinations -----------------------------------------------------------------------------

UNIT = Rounding.model_validate({"to": "1 fen", "mode": "down"})
Drawn = dict[str, object]


def drawn(luck: random.Random, names: list[str], levels: int) -> Drawn:
    """A combination of some benefits, drawn by lot."""
    kind = luck.choice(("sum", "best_of", "exclusive"))
    parts: list[object] = []
    waiting = list(names)
    while waiting:
        size = luck.randint(1, len(waiting))
        own, waiting = waiting[:size], waiting[size:]
        nested = levels > 1 and size > 1 and luck.random() < 0.7
        parts += [drawn(luck, own, levels - 1)] if nested else own
    cap = {"cap": {"per_car": str(luck.randint(0, 60))}} if luck.random() < 0.5 else {}
    return {kind: tuple(parts), **cap}


def by_hand(said: Mapping[str, object], paid: Mapping[str, int]) -> dict[str, int]:
    """What each benefit pays, from the words of the rules: fen by fen, part by part."""
    kind = next(key for key in said if key != "cap")
    listed = said[kind]
    assert isinstance(listed, tuple)
    parts = [
        {part: paid[part]} if isinstance(part, str) else by_hand(part, paid) for part in listed
    ]
    totals = [sum(part.values()) for part in parts]
    if kind == "best_of":
        kept = [totals.index(max(totals))]
    elif kind == "exclusive":
        kept = [next((place for place, each in enumerate(totals) if each), 0)]
    else:
        kept = list(range(len(parts)))
    amounts = {
        name: fen if place in kept else 0
        for place, part in enumerate(parts)
        for name, fen in part.items()
    }
    cap = said.get("cap")
    left = 10**9 if cap is None else int(cap["per_car"]) * 100  # type: ignore[index]
    for name, fen in amounts.items():
        amounts[name] = min(fen, left)
        left -= amounts[name]
    return amounts


@pytest.mark.parametrize("seed", range(60))
def test_combinations_pay_what_the_rules_say_worked_by_hand(seed: int) -> None:
    luck = random.Random(seed)
    names = [f"b{n}" for n in range(luck.randint(1, 7))]
    said = drawn(luck, names, 3)
    rows = [
        {name: luck.choice((0, 0, 500, 1000, 2500, 4999)) for name in names} for _ in range(40)
    ]
    combination = Combination.model_validate(said)
    frame = combination.over(
        pl.DataFrame(rows), {name: pl.col(name) for name in names}, UNIT, "paid"
    )
    for row, paid in zip(rows, frame.iter_rows(named=True), strict=True):
        assert {name: paid[f"paid {name}"] for name in names} == by_hand(said, row)


def test_too_many_ties_are_not_untied() -> None:
    facts = ("price", "price_ex_vat", "list_price", "list_price_ex_vat")
    trees = [
        read_condition(f"{a} + {b} > {c} + {n}000").tree
        for n in range(60)
        for a, b, c in [(facts[n % 4], facts[(n + 1) % 4], facts[(n + 2) % 4])]
    ]
    cuts = [cut for tree in trees if isinstance(tree, Compare) for cut in cuts_of(tree)]
    assert len(cuts) ** 2 < MOST_PAIRS
    assert plan(facts, cuts) is None
    assert plan(facts, cuts[:4]) is not None
