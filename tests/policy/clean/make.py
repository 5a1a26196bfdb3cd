"""Write the campaigns `made-NN.yaml` of this folder: drawn by lot, clean by construction.

    python tests/policy/clean/make.py

No two rules read one fact, so that none contradicts, repeats or empties another; every amount of
the examples is added up here, by hand as it were, and never taken from the program.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
COUNT = 30  # files kept here; tests draw more
PLACES = ("河阳", "临川", "东平", "清河", "南山", "五岭", "通江", "平原")


@dataclass(frozen=True)
class Rule:
    """A condition, what the ordinary purchase has, and what would be refused."""

    name: str
    when: str
    good: dict[str, str]
    bad: dict[str, str]


@dataclass(frozen=True)
class Benefit:
    """A benefit, what the ordinary purchase has, and what it pays for that, in yuan."""

    name: str
    text: str
    facts: dict[str, str]
    amount: int


@dataclass
class Made:
    """A campaign that is being drawn."""

    luck: random.Random
    facts: dict[str, str] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)


def rules(luck: random.Random) -> list[Rule]:
    """Rules of which no two read one fact."""
    place, other = luck.sample(PLACES, 2)
    seats, months = luck.choice((5, 7, 9)), luck.choice((6, 12, 24))
    reach = luck.randrange(100, 500, 50)
    return [
        Rule(
            "buyer",
            "buyer_kind = 'individual'",
            {"buyer_kind": "individual"},
            {"buyer_kind": "firm"},
        ),
        Rule(
            "plate",
            f"registered_in = '{place}'",
            {"registered_in": place},
            {"registered_in": other},
        ),
        Rule("seats", f"seats <= {seats}", {"seats": "5"}, {"seats": str(seats + 1)}),
        Rule(
            "reach",
            f"electric_range_km >= {reach}",
            {"electric_range_km": str(reach)},
            {"electric_range_km": str(reach - 1)},
        ),
        Rule("first", "first_car", {"first_car": "true"}, {"first_car": "false"}),
        Rule(
            "not-a-dealer",
            "NOT buyer_is_dealer",
            {"buyer_is_dealer": "false"},
            {"buyer_is_dealer": "true"},
        ),
        Rule(
            "home",
            f"residence LIKE '%{place}%'",
            {"residence": f"{place}市区"},
            {"residence": "别处"},
        ),
        Rule(
            "old-car",
            f"trade_in_date - trade_in_registered >= {months * 30}",
            {"trade_in_date": "2024-03-01", "trade_in_registered": "2015-03-01"},
            {"trade_in_date": "2015-03-02"},
        ),
        Rule(
            "income",
            "household_income BETWEEN 10000 AND 300000",
            {"household_income": "90000"},
            {"household_income": "300000.01"},
        ),
        Rule(
            "class",
            "vehicle_class IS NOT NULL AND vehicle_class <> '摩托车'",
            {"vehicle_class": "乘用车"},
            {"vehicle_class": "摩托车"},
        ),
    ]


def benefits(luck: random.Random) -> list[Benefit]:
    """Benefits that read facts of their own; prices are those of an ordinary car of 120,000."""
    low, middle, high = sorted(luck.sample(range(1_000, 9_000, 500), 3))
    rate, fixed = luck.choice((1, 2, 3, 5)), luck.randrange(500, 5_000, 250)
    closed = luck.choice(("lower", "upper"))
    bands = f"bands: {{on: price, closed: {closed}, steps: [[0, {low}], [100000, {middle}], "
    names = luck.sample(("轿车", "越野车", "客车", "货车"), 3)
    return [
        Benefit("bands", bands + f"[250000, {high}]]}}", {"price": "120000"}, middle),
        Benefit(
            "rate",
            f"share: {{of: price_ex_vat, rate: {rate}%, cap: 9000}}",
            {"price_ex_vat": "100000"},
            1_000 * rate,
        ),
        Benefit(
            "clean", f"when: \"energy IN ('BEV', 'FCEV')\", pay: {fixed}", {"energy": "ICE"}, 0
        ),
        Benefit("swap", f'when: "battery_swap", pay: {fixed}', {"battery_swap": "true"}, fixed),
        Benefit(
            "kind",
            "table: {on: segment, amounts: {"
            + ", ".join(f"{name}: {1_000 * (place + 1)}" for place, name in enumerate(names))
            + "}}",
            {"segment": names[1]},
            2_000,
        ),
        Benefit(
            "merit",
            'points: {of: [{when: "battery_kwh >= 60", points: 2}, '
            '{when: "co2_g_km = 0", points: 3}], steps: [[2, 400], [5, 1500]]}',
            {"battery_kwh": "62.5", "co2_g_km": "90"},
            400,
        ),
    ]


WINDOWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("invoice: {from: 2024-03-01, to: 2024-06-30}", {"invoice_date": "2024-04-01"}),
    (
        "order: {from: 2024-03-01, before: 2024-07-01}, invoice: {from: 2024-03-01, to: open}",
        {"order_date": "2024-03-20", "invoice_date": "2024-04-01"},
    ),
    (
        "invoice: {from: 2024-03-01T09:00, to: 2024-06-30T24:00}",
        {"invoice_time": "2024-04-01T10:00"},
    ),
    (
        "registration: {from: 2024-03-01, to: 2024-12-31}, "
        "claim: {from: 2024-03-05T11:00, to: open}",
        {"registration_date": "2024-04-11", "claim_time": "2024-04-12T08:00"},
    ),
)
COMMITTED = ("invoice", "invoice", "invoice", "claim")
ORDERED = ("invoice_time", "order_time", "invoice_time", "registration_time")


def campaign(seed: int) -> str:
    """The text of one campaign."""
    luck = random.Random(seed)
    made = Made(luck)
    window = luck.randrange(len(WINDOWS))
    kept = luck.sample(rules(luck), luck.randint(1, 6))
    paid = luck.sample(benefits(luck), luck.randint(1, 4))
    made.facts |= WINDOWS[window][1]
    for rule in kept:
        made.facts |= rule.good
    for benefit in paid:
        made.facts |= benefit.facts
    made.cases += [
        f"{{says: 不合条件 {rule.name}, facts: {{{pairs(rule.bad)}}}, refused: {rule.name}}}"
        for rule in kept
    ]
    head = [
        f"id: made-{seed:02}",
        f"title: {{zh: 抽签写成的活动{seed}, en: a campaign drawn by lot {seed}}}",
        f"issuers: [{luck.choice(PLACES)}市商务局]",
        "currency: CNY",
        f"source: 公告〔2024〕{seed}号",
        f"windows: {{announced: 2024-02-20, {WINDOWS[window][0]}}}",
        "eligibility:",
        *(f'  - {{id: {rule.name}, when: "{rule.when}"}}' for rule in kept),
        "benefits:",
        *(f"  {benefit.name}: {{{benefit.text}}}" for benefit in paid),
    ]
    total, combine = combined(made, paid)
    if total:
        made.cases.append(f"{{says: 寻常的一辆, amount: {total}}}")
    tail = [
        *money(made, [each.name for each in paid], window),
        *luck.sample(LAST, luck.randint(0, len(LAST))),
        "examples:",
        f"  ordinary: {{{pairs(made.facts)}}}",
        "  cases:",
        *(f"    - {case}" for case in made.cases),
    ]
    return "\n".join([*head, combine, *tail]) + "\n"


def pairs(facts: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in facts.items())


def combined(made: Made, paid: list[Benefit]) -> tuple[int, str]:
    """What the ordinary purchase gets; a purchase that would get nothing is made to get some."""
    if not any(each.amount for each in paid):
        made.facts["energy"] = "BEV"
        pay = int(paid[0].text.rpartition(" ")[2])
        paid = [Benefit(paid[0].name, paid[0].text, {}, pay)]
    names, amounts = [each.name for each in paid], [each.amount for each in paid]
    kind = made.luck.choice(("sum", "best_of", "capped", "nested"))
    listed = ", ".join(names)
    if kind == "best_of":
        return max(amounts), f"combine: {{best_of: [{listed}]}}"
    if kind == "capped":
        cap = made.luck.randrange(3_000, 12_000, 500)
        return min(sum(amounts), cap), f"combine: {{sum: [{listed}], cap: {{per_car: {cap}}}}}"
    if kind == "nested" and len(names) > 2:
        inner = ", ".join(names[1:])
        total = amounts[0] + max(amounts[1:])
        return total, f"combine: {{sum: [{names[0]}, {{best_of: [{inner}]}}]}}"
    return sum(amounts), f"combine: {{sum: [{listed}]}}"


def money(made: Made, names: list[str], window: int) -> list[str]:
    """Pots, funding, and who is served first."""
    luck, half = made.luck, made.luck.randrange(10, 90)
    whole = "{assumed: 5000000, range: [2000000, 9000000], why: 未公布}"
    amount = luck.choice((whole, "5000000", "123456789.50"))
    split = max(1, len(names) // 2)
    pots = [(f"pot-{place}", part) for place, part in enumerate((names[:split], names[split:]))]
    funding = f"{{from: 省, share: {half}%}}, {{from: 市, share: {100 - half}%}}"
    lottery = "lottery: {seed: 双色球第2024030期, draw_on: 2024-07-02}"
    reservation = "reservation: {prove_within_days: 45, lapsed: to_pool}"
    policies = (
        f"allocation: {{{luck.choice((lottery, reservation))}}}",
        "quotas: [{per: model, max: 20}, {per: day, max: 300}]",
        "payout: {as: cash}",
        "priority: [income_yearly]",
    )
    return [
        "money:",
        "  pots:",
        *(
            f"    - {{id: {name}, amount: {amount}, pays: [{', '.join(part)}]}}"
            for name, part in pots
            if part
        ),
        f"  funding: [{funding}]",
        f"  commit_on: {COMMITTED[window]}",
        f"  order_by: {ORDERED[window]}",
        f"  last_yuan: {luck.choice(('refuse', 'part', 'overspend'))}",
        f"  rounding: {{to: {luck.choice(UNITS)}, mode: {luck.choice(MODES)}}}",
        *(f"  {policy}" for policy in luck.sample(policies, luck.randint(0, 2))),
    ]


UNITS = ("1 fen", "1 yuan", "10 元")
MODES = ("down", "half_up", "up")
LAST = (
    "limits: [{per: buyer, max: 1, within: calendar_year}, {per: vin, max: 1, within: lifetime}]",
    "identity: [name, id_number, plate]",
    "excludes: [other-programme]",
    "holding: {months: 12, clawback: pro_rata}",
)


def main() -> None:
    for seed in range(1, COUNT + 1):
        (HERE / f"made-{seed:02}.yaml").write_text(campaign(seed), encoding="utf-8")


if __name__ == "__main__":
    main()
