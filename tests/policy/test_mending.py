"""The smallest change flips the decision, and whoever tries everything finds none smaller.

Campaigns are written at random, their constants close together, so that every purchase of a small
world can be tried. What is smaller is said here a second time, from docs/rules.md.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from promo.policy.campaign import Campaign, load_campaign
from promo.policy.conditions import POLARS_TYPES
from promo.policy.eligibility import read_condition
from promo.policy.mending import NoChange, SmallestChange, smallest_change, smallest_changes
from promo.policy.points import ANOTHER
from promo.policy.rules import Rules, compile_rules, fact_frame
from promo.schema import FACTS, FactType
from promo.textfile import parse

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"

# --- worked by hand -----------------------------------------------------------------------------

CAMPAIGN = """
id: words
title: {zh: 词, en: words}
issuers: [市商务局]
currency: CNY
source: a notice
windows:
  invoice: {from: 2022-11-01, to: 2022-11-30}
  claim: {from: 2022-11-24T11:00, to: 2022-12-31}
eligibility:
  - {id: person, when: "buyer_kind = 'individual'"}
  - {id: priced, when: "price BETWEEN 50000 AND 300000"}
  - {id: electric-or-small, when: "energy IN ('BEV', 'PHEV') OR displacement_l < 1.6"}
  - {id: plate, when: "registered_in = residence"}
  - {id: soon, when: "registration_date <= invoice_date + INTERVAL '10 days'"}
benefits:
  base: {pay: 1000}
money:
  pots: [{id: main, amount: 1000000, pays: [base]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {to: 1 yuan, mode: down}
limits: [{per: buyer, max: 1}]
examples:
  ordinary: {invoice_date: 2022-11-10}
"""
ORDINARY = {
    "buyer_kind": "individual",
    "price": 8_000_000,
    "energy": "ICE",
    "displacement_l": 1.4,
    "registered_in": "开封",
    "residence": "开封",
    "invoice_date": date(2022, 11, 10),
    "registration_date": date(2022, 11, 15),
    "claim_time": datetime(2022, 11, 30, 9),
}


def rules_of(text: str = CAMPAIGN) -> Rules:
    loaded = parse("words.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return compile_rules(loaded.value)


def change(text: str = CAMPAIGN, left: dict[str, int] | None = None, **facts: Any) -> Any:
    """What is offered as {fact: new value}, or why nothing is."""
    found = smallest_changes(rules_of(text), fact_frame([ORDINARY | facts]), left)[0]
    if isinstance(found, NoChange):
        return (found.why, *found.rules)
    for each in found.changes:
        assert each.old == (ORDINARY | facts)[each.fact]
    return {each.fact: each.new for each in found.changes}


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({"price": 4_999_999}, {"price": 5_000_000}),
        ({"price": 31_000_000}, {"price": 30_000_000}),
        (
            {"invoice_date": date(2022, 10, 31), "registration_date": date(2022, 11, 11)},
            {"invoice_date": date(2022, 11, 1)},
        ),
        ({"claim_time": datetime(2022, 11, 1)}, {"claim_time": datetime(2022, 11, 24, 11)}),
        # the last second of the year, as the window ends with that day
        ({"claim_time": datetime(2023, 1, 5)}, {"claim_time": datetime(2022, 12, 31, 23, 59, 59)}),
        # the plate must follow the home, which stays
        ({"registered_in": "郑州"}, {"registered_in": "开封"}),
        # another energy passes one cell, fewer litres two: at 1.6 and below
        ({"displacement_l": 2.0}, {"energy": "PHEV"}),
        # at 1.6 itself both pass one; energy stands first in the schema
        ({"displacement_l": 1.6}, {"energy": "PHEV"}),
        # not on the first day of the window, since the plate on the 15th must come soon after
        ({"invoice_date": date(2022, 10, 31)}, {"invoice_date": date(2022, 11, 5)}),
        # both days may move; the invoice stands first, the plate comes within ten days of it
        ({"registration_date": date(2022, 11, 21)}, {"invoice_date": date(2022, 11, 11)}),
        ({"registration_date": date(2022, 12, 20)}, {"registration_date": date(2022, 11, 20)}),
        (
            {"invoice_date": date(2022, 10, 20), "price": 4_000_000},
            {"price": 5_000_000, "invoice_date": date(2022, 11, 5)},
        ),
    ],
)
def test_the_smallest_change(facts, offered):
    assert change(**facts) == offered


def test_litres_move_in_steps_of_a_tenth():
    text = CAMPAIGN.replace("energy IN ('BEV', 'PHEV') OR ", "")
    assert change(text, displacement_l=2.0) == {"displacement_l": 1.5}
    assert change(text.replace("< 1.6", "<= 1.55"), displacement_l=2.0) == {"displacement_l": 1.55}
    two = text.replace("< 1.6", "< 1.6 AND displacement_l >= 1.55")
    assert change(two, displacement_l=2.0) == {"displacement_l": 1.55}


@pytest.mark.parametrize(
    ("condition", "litres", "offered"),
    [
        # back to 1.5 it is 0.08 litres, on to 1.7 it is 0.12
        ("displacement_l < 1.55 OR displacement_l > 1.6", 1.58, 1.5),
        ("displacement_l <> 1.53", 1.53, 1.5),
        ("displacement_l <> 1.57", 1.57, 1.6),
        # halfway between two steps: the lower, though 2.4 - 2.35 < 2.35 - 2.3 in binary
        ("displacement_l <> 1.55", 1.55, 1.5),
        ("displacement_l <> 2.35", 2.35, 2.3),
    ],
)
def test_of_two_steps_that_answer_alike_the_nearer_is_offered(condition, litres, offered):
    text = CAMPAIGN.replace("energy IN ('BEV', 'PHEV') OR displacement_l < 1.6", condition)
    assert change(text, displacement_l=litres) == {"displacement_l": offered}


EITHER_SIDE = CAMPAIGN.replace(
    "when: \"energy IN ('BEV', 'PHEV') OR displacement_l < 1.6\"",
    "when: \"invoice_date <= DATE '2022-11-08' OR invoice_date >= DATE '2022-11-12'\"",
).replace("'10 days'", "'60 days'")


def test_of_two_days_as_near_the_earlier_is_offered():
    """From the 10th, two days back and two days on: the lower value, says question 2."""
    on_the_tenth = {"registration_date": date(2022, 11, 20)}
    assert change(EITHER_SIDE, **on_the_tenth) == {"invoice_date": date(2022, 11, 8)}


def test_the_cells_passed_are_those_of_the_earlier_of_two_days_as_near():
    """Back to the 8th passes two cells (9th, 8th), on to the 12th one, fewer litres one.

    Each set of facts moves least first (question 2), which for the day is back; then litres pass
    fewer cells (question 3). Were the way on compared, the day would stand first in the schema.
    """
    text = EITHER_SIDE.replace(
        "'2022-11-12'\"}", "'2022-11-12' OR displacement_l < 1.4\"}"
    ).replace("{pay: 1000}", "{pay: 1000, when: \"invoice_date <= DATE '2022-11-09' OR TRUE\"}")
    assert change(text, displacement_l=1.4) == {"displacement_l": 1.3}
    near = text.replace("'2022-11-09' OR TRUE", "'2022-11-30' OR TRUE")
    assert change(near, displacement_l=1.4) == {"invoice_date": date(2022, 11, 8)}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, ("approved",)),
        ({"buyer_kind": "firm"}, ("fixed", "person")),
        ({"price": None}, ("incomplete", "priced")),
        ({"price": None, "energy": "FCEV", "displacement_l": 2.0}, ("incomplete", "priced")),
        ({"paid_to_buyer": 1.0, "price": 100}, ("ledger", "limit-buyer")),
    ],
)
def test_why_nothing_is_offered(facts, why):
    assert change(**facts) == why


def test_money_that_is_gone_is_no_matter_of_the_purchase():
    assert change(left={"main": 0}) == ("no-money",)
    assert change(left={"main": 0}, price=4_000_000) == ("no-money",)
    assert change(left={"main": 100_000}, price=4_000_000) == {"price": 5_000_000}


def test_a_purchase_between_two_rounds_of_money_comes_too_early():
    text = CAMPAIGN.replace("amount: 1000000,", "amount: 1000000, opens: 2022-11-12,")
    assert change(text) == {"invoice_date": date(2022, 11, 12)}
    assert change(text, left={"main": 0}) == ("no-money",)


def test_a_purchase_that_keeps_every_rule_may_lack_a_benefit():
    text = CAMPAIGN.replace("{pay: 1000}", '{pay: 1000, when: "price >= 90000"}')
    assert change(text) == {"price": 9_000_000}
    text = CAMPAIGN.replace("{pay: 1000}", '{pay: 1000, when: "first_car = TRUE"}')
    assert change(text, first_car=False) == ("no-benefit",)


def test_a_share_is_tried_from_the_first_unit_that_it_pays():
    """2 % of 80,000 is 1,600; in steps of 1,000 rounded down the first is paid at 50,000 yuan."""
    text = CAMPAIGN.replace("{pay: 1000}", "{share: {of: list_price, rate: 2%}}")
    text = text.replace("to: 1 yuan", "to: 1000 yuan")
    assert change(text, list_price=4_999_999) == {"list_price": 5_000_000}


def test_a_policy_left_open_stays_open():
    text = CAMPAIGN.replace("{to: 1 yuan, mode: down}", "not_declared")
    text = text.replace("{pay: 1000}", "{share: {of: list_price, rate: 0.01%}}")
    assert change(text, list_price=4_999_999) == ("undeclared", "rounding")
    assert change(text, list_price=4_999_999, price=4_000_000) == ("undeclared",)


def test_one_purchase_alone_gets_the_same_as_among_others():
    rules, prices = rules_of(), (4_999_999, 8_000_000, 31_000_000)
    rows = [ORDINARY | {"price": price, "registered_in": "郑州"} for price in prices]
    together = smallest_changes(rules, fact_frame(rows))
    assert together == [smallest_change(rules, row) for row in rows]


# --- a small world ------------------------------------------------------------------------------
# Around each constant, every fen, day, second and step; so every cell has all its values near.

YUAN = ("50000", "50000.02", "50000.05")
DAYS = ("2022-11-05", "2022-11-07", "2022-11-10")
MOMENTS = ("2022-11-06 09:00:00", "2022-11-06 09:00:03")
SEATS = ("4", "5", "6.5")
LITRES = ("1.4", "1.55", "1.6")
PLACES = ("本市", "邻市")


def seconds() -> list[datetime]:
    start = datetime.fromisoformat(MOMENTS[0]) - timedelta(seconds=3)
    return [start + timedelta(seconds=step) for step in range(10)]


DAYS_ALL = [date(2022, 11, 2) + timedelta(days=step) for step in range(12)]
WORLD: dict[str, list[Any]] = {
    "price": list(range(4_999_997, 5_000_009)),
    "price_ex_vat": list(range(4_999_997, 5_000_009)),
    "energy": list(FACTS["energy"].choices),
    "order_date": DAYS_ALL,
    "invoice_date": DAYS_ALL,
    "registration_date": DAYS_ALL,
    "claim_time": seconds(),
    "registered_in": [*PLACES, ANOTHER],
    "made_in": [*PLACES, ANOTHER],
    "dealer_listed": [True, False],
    "displacement_l": [1.2, 1.3, 1.4, 1.5, 1.55, 1.6, 1.7, 1.8],
    "seats": [2.0, 3.0, 4.0, 5.0, 6.0, 6.5, 7.0, 8.0],
    "trade_in": list(FACTS["trade_in"].choices),
    "buyer_kind": ["individual", "firm"],
    "first_car": [True, False],
    "residence": [*PLACES, "外省"],
    "trade_in_registered": DAYS_ALL,
    "voucher_face": [100_000, 200_000],
    "paid_to_buyer": [0.0, 0.0, 0.0, 0.0, 1.0],
    "already_paid": [0, 0, 0, 50_000],
}
TIES: dict[tuple[str, str], Callable[[random.Random], str]] = {
    ("price", "price_ex_vat"): lambda luck: (
        f"price - price_ex_vat {sign(luck)} 0.0{luck.randint(0, 3)}"
    ),
    ("registration_date", "invoice_date"): lambda luck: (
        f"registration_date {sign(luck)} invoice_date + INTERVAL '{luck.randint(0, 3)} days'"
    ),
    ("invoice_date", "order_date"): lambda luck: (
        f"invoice_date - order_date {sign(luck)} {luck.randint(0, 2)}"
    ),
    ("invoice_date", "trade_in_registered"): lambda luck: (
        f"trade_in_registered {sign(luck)} invoice_date - INTERVAL '{luck.randint(0, 2)} days'"
    ),
    ("made_in", "registered_in"): lambda luck: f"made_in {luck.choice(('=', '<>'))} registered_in",
    ("registered_in", "residence"): lambda luck: "registered_in = residence",
}


DAYS_BEYOND = [date(2022, 10, 29) + timedelta(days=step) for step in range(20)]
# What a fact may be changed to lies further out than what it is: beyond the other fact of a tie.
BEYOND: dict[str, list[Any]] = {
    "price": list(range(4_999_992, 5_000_014)),
    "price_ex_vat": list(range(4_999_992, 5_000_014)),
    "order_date": DAYS_BEYOND,
    "invoice_date": DAYS_BEYOND,
    "registration_date": DAYS_BEYOND,
}


def sign(luck: random.Random) -> str:
    return luck.choice(("=", "<>", "<", "<=", ">", ">=", ">=", "<="))


def atom(luck: random.Random, facts: Sequence[str]) -> str:
    """A comparison of one fact, or of two that are both there."""
    ties = [make for pair, make in TIES.items() if set(pair) <= set(facts)]
    if ties and luck.random() < 0.3:
        return luck.choice(ties)(luck)
    name = luck.choice([each for each in facts if FACTS[each].changing != "ledger"])
    kind = FACTS[name].type
    if kind is FactType.FLAG:
        return luck.choice((name, f"NOT {name}"))
    if kind is FactType.TEXT:
        texts = [each for each in WORLD[name] if each != ANOTHER]
        few = ", ".join(f"'{each}'" for each in luck.sample(texts, luck.randint(1, 2)))
        return f"{name} {luck.choice(('IN', 'IN', 'NOT IN'))} ({few})"
    constants = {
        "price": YUAN,
        "price_ex_vat": YUAN,
        "seats": SEATS,
        "displacement_l": LITRES,
        "voucher_face": ("1000", "2000"),
        "claim_time": [f"TIMESTAMP '{each}'" for each in MOMENTS],
    }.get(name, [f"DATE '{each}'" for each in DAYS])
    return f"{name} {sign(luck)} {luck.choice(constants)}"


def condition(luck: random.Random, facts: Sequence[str], depth: int) -> tuple[str, list[str]]:
    """A condition and the comparisons in it."""
    if depth == 0 or luck.random() < 0.4:
        one = atom(luck, facts)
        return one, [one]
    (left, first), (right, second) = (condition(luck, facts, depth - 1) for _ in range(2))
    joined = luck.choice(
        (f"{left} AND {right}", f"({left} OR {right})", f"NOT ({left} AND {right})")
    )
    return joined, first + second


@dataclass
class Written:
    """A campaign at random and every comparison that it makes."""

    content: dict[str, Any]
    comparisons: list[str] = field(default_factory=list)

    def rules(self) -> Rules:
        text = json.dumps(self.content, ensure_ascii=False)  # JSON is YAML
        loaded = parse("random.yaml", text.encode(), Campaign)
        assert loaded.value is not None, (loaded.diagnostics, text)
        return compile_rules(loaded.value)


class Writer:
    """Writes one campaign."""

    def __init__(self, luck: random.Random, facts: Sequence[str], shares: bool) -> None:
        self.luck, self.facts, self.shares = luck, facts, shares
        self.comparisons: list[str] = []

    def when(self, depth: int) -> str:
        text, atoms = condition(self.luck, self.facts, depth)
        self.comparisons += atoms
        return text

    def windows(self) -> dict[str, Any]:
        windows = {"invoice": {"from": "2022-11-05", "to": "2022-11-10"}}
        self.comparisons += [
            "invoice_date >= DATE '2022-11-05'",
            "invoice_date < DATE '2022-11-11'",
        ]
        if "registration_date" in self.facts:
            windows["registration"] = {"from": "2022-11-06", "before": "2022-11-10"}
            self.comparisons += [
                "registration_date >= DATE '2022-11-06'",
                "registration_date < DATE '2022-11-10'",
            ]
        if "claim_time" in self.facts:
            windows["claim"] = {"from": "2022-11-06T09:00:00", "to": "open"}
            self.comparisons.append("claim_time >= TIMESTAMP '2022-11-06 09:00:00'")
        return windows

    def benefit(self) -> dict[str, Any]:
        forms = ["pay"] + ["bands"] * 2 * ("price" in self.facts) + ["points"]
        forms += ["table"] if "energy" in self.facts else []
        forms += ["share"] if self.shares and "price" in self.facts else []
        form = self.luck.choice(forms)
        written: dict[str, Any] = {"pay": 1000} if form == "pay" else getattr(self, f"_{form}")()
        if self.luck.random() < 0.6:
            written["when"] = self.when(1)
        return written

    def _bands(self) -> dict[str, Any]:
        starts = sorted(self.luck.sample(YUAN, 2))
        closed = self.luck.choice(("lower", "upper"))
        self.comparisons += [
            f"price {'>=' if closed == 'lower' else '>'} {each}" for each in starts
        ]
        steps = [[starts[0], 1000], [starts[1], self.luck.choice((0, 2000))]]
        return {"bands": {"on": "price", "closed": closed, "steps": steps}}

    def _table(self) -> dict[str, Any]:
        names = self.luck.sample(FACTS["energy"].choices, 2)
        self.comparisons.append(f"energy IN ('{names[0]}', '{names[1]}')")
        return {"table": {"on": "energy", "amounts": dict.fromkeys(names, 2000)}}

    def _points(self) -> dict[str, Any]:
        of = [{"when": self.when(0), "points": points} for points in (1, 2)]
        return {"points": {"of": of, "steps": [[self.luck.randint(1, 3), 1000]]}}

    def _share(self) -> dict[str, Any]:
        share = {"of": "price", "rate": "2%"}
        return {"share": share | self.luck.choice(({}, {"cap": 800}, {"floor": 500}))}

    def combine(self, names: list[str]) -> dict[str, Any]:
        kind = self.luck.choice(("sum", "best_of"))
        return {kind: names} | self.luck.choice(({}, {"cap": {"per_car": 1500}}))

    def amendment(self) -> dict[str, Any]:
        first = self.luck.choice(DAYS)
        self.comparisons.append(f"invoice_date >= DATE '{first}'")
        changed: dict[str, Any] = {"id": "later", "by": "invoice", "from": first}
        changed["paid_claims"] = self.luck.choice(("keep", "top_up"))
        if self.luck.random() < 0.5:
            changed["eligibility"] = [{"id": "rule-0", "when": self.when(1)}]
        else:
            changed["benefits"] = {"benefit-0": {"pay": 3000, "when": self.when(1)}}
        return changed

    def written(self) -> Written:
        luck = self.luck
        names = [f"benefit-{number}" for number in range(luck.randint(1, 3))]
        rules = [
            {"id": f"rule-{number}", "when": self.when(2)} for number in range(luck.randint(1, 3))
        ]
        content = {
            "id": "random",
            "title": {"zh": "随机", "en": "random"},
            "issuers": ["本市"],
            "currency": "CNY",
            "source": "written at random",
            "windows": self.windows(),
            "eligibility": rules,
            "benefits": {name: self.benefit() for name in names},
            "combine": self.combine(names),
            "money": {
                "pots": self.pots(names),
                "commit_on": "invoice",
                "order_by": "invoice_time",
                "last_yuan": luck.choice(("refuse", "part")),
                "rounding": {"to": "100 yuan", "mode": "down"},
            },
            "limits": [{"per": "buyer", "max": 1}],
            "examples": {"ordinary": {"invoice_date": "2022-11-06"}},
        }
        if luck.random() < 0.3:
            content["amendments"] = [self.amendment()]
        return Written(content, self.comparisons)

    def pots(self, names: list[str]) -> list[dict[str, Any]]:
        if self.luck.random() < 0.3:
            faces = [{"id": "small", "face": 1000, "count": 10}, {"id": "large", "amount": 90000}]
            return [pot | {"pays": names} for pot in faces]
        if self.luck.random() < 0.3:
            opens, closes = sorted(self.luck.sample(DAYS, 2))
            self.comparisons.append(f"invoice_date >= DATE '{opens}'")
            self.comparisons.append(f"invoice_date <= DATE '{closes}'")
            return [
                {"id": "round", "amount": 90000, "opens": opens, "closes": closes, "pays": names}
            ]
        return [{"id": f"pot-{name}", "amount": 100000, "pays": [name]} for name in names]


def random_case(luck: random.Random, facts: Sequence[str]) -> dict[str, Any]:
    case = {name: luck.choice(WORLD[name]) for name in facts}
    for name in case:
        if luck.random() < 0.04:
            case[name] = None
    return {name: "远处" if value == ANOTHER else value for name, value in case.items()}


def random_facts(luck: random.Random, most: int) -> list[str]:
    """Some facts that can be changed, and some that cannot; the invoice's day always."""
    changeable = [n for n in WORLD if FACTS[n].changing == "changeable" and n != "invoice_date"]
    fixed = [n for n in WORLD if FACTS[n].changing == "fixed"]
    chosen = ["invoice_date", *luck.sample(changeable, luck.randint(1, most - 1))]
    chosen += luck.sample(fixed, luck.randint(0, 2))
    return [name for name in WORLD if name in chosen or FACTS[name].changing == "ledger"]


def money_left(luck: random.Random, written: Written) -> dict[str, int]:
    pots = written.content["money"]["pots"]
    return {
        pot["id"]: luck.choice((0, 100_000, 10_000_000)) for pot in pots if luck.random() < 0.3
    }


# --- whoever tries everything -------------------------------------------------------------------


def world(written: Written, case: dict[str, Any]) -> dict[str, list[Any]]:
    """Every value that a fact of the case could take instead."""
    named = " ".join(written.comparisons)
    values: dict[str, list[Any]] = {}
    for name, own in case.items():
        if own is None or FACTS[name].changing != "changeable":
            continue
        values[name] = [*dict.fromkeys([own, *BEYOND.get(name, WORLD[name])])]
        if FACTS[name].type is FactType.NUMBER:  # a number between two steps must be named
            odd = {6.5, 1.55}
            values[name] = [
                v for v in values[name] if v == own or v not in odd or f"{v:g}" in named
            ]
        if name in ("registered_in", "made_in"):
            texts = [
                case[each] for each in ("registered_in", "made_in", "residence") if case.get(each)
            ]
            values[name] = [*dict.fromkeys([*values[name], *texts, f"{ANOTHER}!"])]
    return values


def steps(written: Written, case: dict[str, Any], name: str, new: Any) -> tuple[float, int]:
    """How far one fact moves, and how often some comparison changes its answer on the way."""
    old, kind = case[name], FACTS[name].type
    if kind in (FactType.TEXT, FactType.FLAG):
        return 1, 1
    ends = sorted((old, new))
    way = sorted({old, new, *(v for v in world(written, case)[name] if ends[0] < v < ends[1])})
    frame = fact_frame([{**dict.fromkeys(FACTS), **case, name: value} for value in way])
    answers = frame.select(
        read_condition(text).expression().alias(f"{place}")
        for place, text in enumerate(dict.fromkeys(written.comparisons))
    ).rows()
    far = new - old
    passed = sum(one != other for one, other in pairwise(answers))
    if isinstance(far, float):  # as written in decimals
        far = float(Decimal(str(new)) - Decimal(str(old)))
    return abs(far.total_seconds() if isinstance(far, timedelta) else far), passed


Size: TypeAlias = tuple[tuple[float, ...], tuple[tuple[Any, ...], ...]]


def smallest_by_trying(
    written: Written, rules: Rules, case: dict[str, Any], left: dict[str, int]
) -> tuple[Any, ...] | None:
    """How small the smallest change is, from deciding on every purchase of the small world."""
    values = world(written, case)
    frame = fact_frame([{**dict.fromkeys(FACTS), **case}]).drop(*values)
    for name, each in values.items():
        frame = frame.join(pl.DataFrame({name: pl.Series(each, dtype=dtype(name))}), how="cross")
    changed = pl.sum_horizontal((pl.col(name) != case[name]).cast(pl.Int32) for name in values)
    approved = rules.decide(frame, left).filter(pl.col("decision") == "approved")
    few = approved.with_columns(changed=changed).filter(
        pl.col("changed") == pl.col("changed").min()
    )
    least: dict[tuple[int, ...], tuple[Size, int]] = {}
    known: dict[tuple[str, Any], tuple[float, int]] = {}
    for row in few.select(*values).unique().iter_rows(named=True):
        moved = sorted((n for n in values if row[n] != case[n]), key=list(FACTS).index)
        for name in moved:
            known.setdefault((name, row[name]), steps(written, case, name, row[name]))
        facts = tuple(list(FACTS).index(name) for name in moved)
        far = tuple(known[name, row[name]][0] for name in moved)
        size = far, tuple(rank(written, case, name, row[name]) for name in moved)
        passed = sum(known[name, row[name]][1] for name in moved)
        if facts not in least or size < least[facts][0]:
            least[facts] = size, passed
    if not least:
        return None
    facts = min(least, key=lambda facts: (least[facts][1], facts))
    return len(facts), least[facts][1], facts, *least[facts][0]


def rank(written: Written, case: dict[str, Any], name: str, value: Any) -> tuple[Any, ...]:
    """Which of two values as near comes first: the lower, or the earlier text.

    All texts that no comparison names, nor another fact that one compares it with, are alike.
    """
    if not isinstance(value, str):
        return (value,)
    if FACTS[name].choices:
        return (FACTS[name].choices.index(value),)
    compared = [text for text in written.comparisons if name in read_condition(text).facts]
    facts = {each for text in compared for each in read_condition(text).facts} - {name}
    named = any(f"'{value}'" in text for text in compared)
    known = named or value in [case.get(each) for each in facts]
    return (0, value) if known else (1, ANOTHER)


def dtype(name: str) -> pl.DataType:
    return POLARS_TYPES[FACTS[name].type]


def size_of(
    written: Written, case: dict[str, Any], found: SmallestChange | NoChange
) -> tuple[Any, ...] | None:
    """The same for the change that was offered."""
    if isinstance(found, NoChange):
        return None
    moved = {change.fact: change.new for change in found.changes}
    sizes = [steps(written, case, name, new) for name, new in moved.items()]
    facts = tuple(list(FACTS).index(name) for name in moved)
    far = tuple(each for each, _ in sizes)
    ranks = tuple(rank(written, case, name, new) for name, new in moved.items())
    return len(facts), sum(passed for _, passed in sizes), facts, far, ranks


def exhausted(seed: int) -> int:
    """Compare every refused case of one campaign with trying everything; how many there were."""
    luck = random.Random(seed)
    facts = random_facts(luck, most=4)
    written = Writer(luck, facts, shares=False).written()
    rules, left = written.rules(), money_left(luck, written)
    cases = [random_case(luck, facts) for _ in range(4)]
    found = smallest_changes(rules, fact_frame(cases), left)
    compared = 0
    for case, answer in zip(cases, found, strict=True):
        if isinstance(answer, NoChange) and answer.why in NEVER_MENDED:
            continue
        if isinstance(answer, NoChange) and answer.why == "no-money" and funded(rules, case):
            continue
        assert not (isinstance(answer, NoChange) and answer.why == "not-searched")
        tried = smallest_by_trying(written, rules, case, left)
        assert size_of(written, case, answer) == tried, (seed, case, answer)
        compared += 1
    return compared


NEVER_MENDED = ("approved", "incomplete", "undeclared", "ledger")


def funded(rules: Rules, case: dict[str, Any]) -> bool:
    """Would it be approved if there were money enough?"""
    frame = fact_frame([dict.fromkeys(FACTS) | case])
    return bool(rules.decide(frame)["decision"].item() == "approved")


@pytest.mark.parametrize("block", range(4))
def test_trying_everything_finds_nothing_smaller(block):
    assert sum(exhausted(1_000 + 3 * block + number) for number in range(3)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2_000, 250))
def test_trying_everything_finds_nothing_smaller_in_many_campaigns(first):
    compared = sum(exhausted(seed) for seed in range(first, first + 250))
    print(f"\n{compared} refused cases, none with a smaller change")  # noqa: T201 - asked for
    assert compared >= 500


# --- what is offered works ----------------------------------------------------------------------

REAL = sorted(
    path
    for path in CAMPAIGNS.rglob("*.yaml")
    if "benefits:" in path.read_text(encoding="utf-8") and "data" not in path.parts
)


def offered(rules: Rules, cases: list[dict[str, Any]], left: dict[str, int]) -> int:
    """Apply what is offered to each case; how many were approved then, which must be all."""
    found = smallest_changes(rules, fact_frame(cases), left)
    mended = [
        (case | {change.fact: change.new for change in each.changes}, each)
        for case, each in zip(cases, found, strict=True)
        if isinstance(each, SmallestChange)
    ]
    if not mended:
        return 0
    before = rules.decide(fact_frame([dict.fromkeys(FACTS) | case for case in cases]), left)
    for decision, each in zip(before["decision"], found, strict=True):
        assert isinstance(each, NoChange) or decision in ("refused", "waiting")
    frame = fact_frame([dict.fromkeys(FACTS) | case for case, _ in mended])
    after = rules.decide(frame, left)
    assert after["decision"].to_list() == ["approved"] * len(mended)
    assert after["amount_fen"].to_list() == [each.amount_fen for _, each in mended]
    for _, each in mended:
        assert all(FACTS[change.fact].changing == "changeable" for change in each.changes)
        assert all(change.old is not None and change.old != change.new for change in each.changes)
    return len(mended)


def offered_at_random(seed: int) -> int:
    luck = random.Random(seed)
    facts = random_facts(luck, most=9)
    written = Writer(luck, facts, shares=True).written()
    cases = [random_case(luck, facts) for _ in range(40)]
    return offered(written.rules(), cases, money_left(luck, written))


def spoilt(luck: random.Random, ordinary: dict[str, Any], others: list[dict[str, Any]]) -> Any:
    """The ordinary case with a few facts otherwise."""
    case = dict(ordinary)
    for name in luck.sample(sorted(case), min(len(case), luck.randint(1, 4))):
        value, kind = case[name], FACTS[name].type
        seen = [other[name] for other in others if other.get(name) is not None]
        if value is None or (seen and luck.random() < 0.3):
            case[name] = luck.choice([*seen, None])
        elif kind is FactType.FLAG:
            case[name] = not value
        elif kind is FactType.TEXT:
            case[name] = luck.choice([*FACTS[name].choices, *seen, "别处"])
        elif kind in (FactType.DAY, FactType.MOMENT):
            case[name] = value + timedelta(days=luck.choice((-400, -90, -3, -1, 1, 3, 90, 400)))
        else:
            case[name] = type(value)(max(0, value * luck.choice((0.2, 0.7, 1.3, 2, 5))))
    return case


def offered_in(path: Path, seed: int, count: int) -> int:
    campaign = load_campaign(str(path)).required()
    luck = random.Random(f"{seed} {path.name}")
    ordinary = campaign.examples.ordinary
    others = [case.facts for case in campaign.examples.cases]
    cases = [spoilt(luck, ordinary, others) for _ in range(count)]
    return offered(compile_rules(campaign), cases, {})


@pytest.mark.parametrize("block", range(2))
def test_what_is_offered_is_approved(block):
    assert sum(offered_at_random(2_000 + 3 * block + number) for number in range(3)) > 0


@pytest.mark.parametrize("path", REAL, ids=lambda path: "-".join(path.parts[-2:]))
def test_what_is_offered_is_approved_in_real_campaigns(path):
    assert offered_in(path, seed=0, count=10) > 0


@pytest.mark.slow
def test_ten_thousand_offers_are_approved():
    invented = real = 0
    for seed in range(10_000):
        if invented < 5_000:
            invented += offered_at_random(seed)
    for seed in range(1_000):
        if real < 5_000:
            real += sum(offered_in(path, seed, count=40) for path in REAL)
    shown = f"{invented} of {invented} in invented campaigns, {real} of {real} in real ones"
    print(f"\napproved after the change: {shown}")  # noqa: T201 - asked for
    assert invented >= 5_000
    assert real >= 5_000
