"""The trace of a case says what each rule and each benefit did, and adds up."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from promo.policy.campaign import Campaign, load_campaign
from promo.policy.explaining import CaseTrace, explain_case
from promo.policy.rules import compile_rules, fact_frame
from promo.schema import FACTS
from promo.textfile import parse

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"
CAMPAIGN = """
id: words
title: {zh: 词, en: words}
issuers: [市商务局]
currency: CNY
source: a notice
windows:
  invoice: {from: 2022-11-01, to: 2022-11-30}
eligibility:
  - {id: person, when: "buyer_kind = 'individual'", source: 第三条}
  - {id: seats, when: "seats <= 9"}
benefits:
  base: {bands: {on: price, closed: lower, steps: [[50000, 1000], [100000, 3000]]}, source: 第四条}
  electric: {when: "energy = 'BEV'", pay: 2000}
  trade-in: {when: "trade_in <> 'none'", pay: 2500}
  loyalty: {when: "first_car = FALSE", pay: 700}
  maker: {pay: 9000, payer: 某车企}
combine:
  sum: [{best_of: [electric, trade-in]}, base, loyalty]
  cap: {per_car: 5800}
money:
  pots: [{id: main, amount: 1000000, pays: [base, electric, trade-in, loyalty]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: part
  rounding: {to: 1 yuan, mode: down}
limits: [{per: buyer, max: 1}]
examples:
  ordinary: {invoice_date: 2022-11-10}
"""
ORDINARY = {
    "buyer_kind": "individual",
    "seats": 5.0,
    "price": 12_000_000,
    "energy": "BEV",
    "trade_in": "sold",
    "first_car": False,
    "invoice_date": date(2022, 11, 10),
}


def traced(text: str = CAMPAIGN, left: dict[str, int] | None = None, **facts: Any) -> CaseTrace:
    loaded = parse("words.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return explain_case(compile_rules(loaded.value), ORDINARY | facts, left)


def fates(trace: CaseTrace) -> dict[str, tuple[str, int | None, int]]:
    return {step.id: (step.why, step.alone_fen, step.paid_fen) for step in trace.benefits}


def test_each_rule_in_the_order_of_the_file_with_its_source_and_facts():
    trace = traced(seats=None, buyer_kind="firm")
    steps = [(step.id, step.kind, step.outcome, step.source) for step in trace.steps]
    assert steps == [
        ("window-invoice", "window", True, "a notice"),
        ("person", "rule", False, "第三条"),
        ("seats", "rule", None, "a notice"),
        ("limit-buyer", "limit", True, "a notice"),
    ]
    person = trace.steps[1]
    assert (person.text, person.facts_read) == (
        "buyer_kind = 'individual'",
        {"buyer_kind": "firm"},
    )
    assert (trace.decision, trace.reasons, trace.amount_fen) == ("refused", ("person",), 0)
    assert trace.missing == (("seats", FACTS["seats"].document),)


def test_what_becomes_of_each_benefit():
    """3,000 + 2,500 for the old car, above the 2,000; of the last 700 the cap leaves 300."""
    trace = traced()
    assert trace.amount_fen == 580_000
    assert fates(trace) == {
        "base": ("paid", 300_000, 300_000),
        "electric": ("another-is-better", 200_000, 0),
        "trade-in": ("paid", 250_000, 250_000),
        "loyalty": ("cap", 70_000, 30_000),
        "maker": ("beside", 900_000, 0),
    }
    assert {step.id: step.payer for step in trace.benefits if step.payer} == {"maker": "某车企"}
    assert trace.benefits[0].source == "第四条"


def test_benefits_that_do_not_apply_or_come_to_nothing():
    trace = traced(energy="ICE", price=4_000_000, first_car=None)
    assert trace.decision == "incomplete"
    assert fates(trace) == {
        "base": ("nothing", 0, 0),
        "electric": ("does-not-apply", 0, 0),
        "trade-in": ("not-approved", 250_000, 0),
        "loyalty": ("unknown", None, 0),
        "maker": ("beside", 900_000, 0),
    }
    assert [step.applies for step in trace.benefits] == [True, False, True, None, True]
    assert trace.missing == (("first_car", FACTS["first_car"].document),)


def test_an_exclusive_route_shuts_the_next_one():
    text = CAMPAIGN.replace("{best_of: [electric, trade-in]}", "{exclusive: [electric, trade-in]}")
    found = fates(traced(text))
    assert found["electric"] == ("paid", 200_000, 200_000)
    assert found["trade-in"] == ("another-excludes", 250_000, 0)


def test_money_that_does_not_suffice():
    """The rest of a pot goes to benefits in the order of the file: 3,000, then 1,000 of 2,500."""
    trace = traced(left={"main": 400_000})
    assert (trace.decision, trace.amount_fen) == ("approved", 400_000)
    assert fates(trace)["base"] == ("paid", 300_000, 300_000)
    assert fates(trace)["trade-in"] == ("no-money", 250_000, 100_000)
    gone = traced(left={"main": 0})
    assert (gone.decision, gone.reasons) == ("refused", ("no-money",))
    assert fates(gone)["base"] == ("no-money", 300_000, 0)
    assert gone.no_change is not None
    assert gone.no_change.why == "no-money"


def test_a_later_text_counts_what_was_paid_before():
    amendment = """
amendments:
  - id: later
    by: invoice
    from: 2022-11-05
    paid_claims: top_up
    benefits: {base: {pay: 5000}}
    withdraws: [trade-in]
"""
    trace = traced(CAMPAIGN + amendment, already_paid=300_000, energy="ICE", first_car=True)
    assert trace.amount_fen == 200_000
    assert fates(trace)["base"] == ("paid-before", 500_000, 200_000)
    assert fates(trace)["trade-in"] == ("does-not-apply", 0, 0)
    earlier = traced(CAMPAIGN + amendment, invoice_date=date(2022, 11, 4))
    assert fates(earlier)["trade-in"] == ("paid", 250_000, 250_000)


def test_rounding_that_is_not_declared():
    text = CAMPAIGN.replace("{to: 1 yuan, mode: down}", "not_declared")
    text = text.replace("pay: 700", "share: {of: list_price, rate: 0.01%}")
    trace = traced(text, list_price=12_345_678)
    assert trace.decision == "undeclared"
    assert fates(trace)["loyalty"] == ("undeclared", None, 0)


def test_the_smallest_change_stands_beside_or_why_there_is_none():
    trace = traced(seats=10.0)
    assert trace.smallest_change is not None
    assert [(each.fact, each.new) for each in trace.smallest_change.changes] == [("seats", 9.0)]
    assert (trace.smallest_change.amount_fen, trace.no_change) == (580_000, None)
    assert traced(buyer_kind="firm").smallest_change is None


FILES = [
    path for path in sorted(CAMPAIGNS.rglob("*.yaml")) if "benefits:" in path.read_text("utf-8")
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.parts[-2:]))
def test_the_trace_of_every_example_agrees_with_its_decision(path):
    campaign = load_campaign(str(path)).required()
    rules = compile_rules(campaign)
    for case in campaign.examples.cases:
        facts = campaign.examples.ordinary | case.facts
        decided = rules.decide(fact_frame([facts]), case.pots).row(0, named=True)
        trace = explain_case(rules, facts, case.pots)
        assert trace.decision == decided["decision"]
        assert trace.reasons == tuple(decided["reasons"])
        assert sum(step.paid_fen for step in trace.benefits) == decided["amount_fen"]
        failed = [step.id for step in trace.steps if step.outcome is False]
        if failed:
            assert list(trace.reasons) == failed
        if trace.decision == "incomplete":
            assert {name for name, _ in trace.missing} == set(decided["missing"])
        if trace.decision == "approved":
            assert all(step.outcome for step in trace.steps)
            assert not trace.missing
