"""Each word of the rule language means what a notice would mean by it; amounts worked by hand."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml

from promo.errors import Diagnostic
from promo.policy.campaign import Campaign, load_campaign
from promo.policy.checking import check_campaign
from promo.policy.rules import compile_rules, fact_frame
from promo.textfile import Loaded, parse

BASE = """
id: words
title: {zh: 词, en: words}
issuers: [市商务局]
currency: CNY
source: a notice
windows:
  invoice: {from: 2022-11-01, to: 2022-11-30}
eligibility: []
benefits:
  base: {pay: 1000}
money:
  pots: [{id: main, amount: 1000000, pays: [base]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {to: 1 fen, mode: down}
examples:
  ordinary: {invoice_date: 2022-11-10}
"""
IN_TIME = {"invoice_date": date(2022, 11, 10)}


def loaded(**changes) -> Loaded[Campaign]:
    """The base file with some top-level keys replaced; values as YAML text."""
    content = yaml.load(BASE, Loader=yaml.BaseLoader)
    for key, text in changes.items():
        content[key] = yaml.load(text, Loader=yaml.BaseLoader)
    return parse("words.yaml", yaml.safe_dump(content, allow_unicode=True).encode(), Campaign)


def decide(facts, money_left=None, **changes):
    campaign = loaded(**changes)
    assert campaign.value is not None, campaign.diagnostics
    frame = fact_frame([IN_TIME | facts])
    return compile_rules(campaign.value).decide(frame, money_left).row(0, named=True)


def found(**changes) -> list[str]:
    campaign = loaded(**changes)
    findings: tuple[Diagnostic, ...] = (*campaign.diagnostics, *check_campaign(campaign))
    return [each.code for each in findings]


def pots(*pots: str, pays: str = "base", more: str = "") -> str:
    listed = ", ".join(f"{{{pot}, pays: [{pays}]}}" for pot in pots)
    return (
        f"{{pots: [{listed}], commit_on: invoice, order_by: invoice_time, last_yuan: refuse, "
        f"rounding: {{to: 1 fen, mode: down}}{more}}}"
    )


# --- windows ----------------------------------------------------------------------------------

BY_THE_HOUR = (
    "{invoice: {from: 2022-11-01, to: 2022-11-30}, "
    "claim: {from: 2022-11-24T11:00, to: 2022-11-30T18:00}}"
)


@pytest.mark.parametrize(
    ("time", "decision"),
    [
        ("2022-11-24T10:59:59", "waiting"),
        ("2022-11-24T11:00:00", "approved"),
        ("2022-11-30T18:00:59", "approved"),  # the minute written belongs to the window
        ("2022-11-30T18:01:00", "refused"),
    ],
)
def test_a_window_may_open_and_close_at_an_hour(time, decision):
    row = decide({"claim_time": datetime.fromisoformat(time)}, windows=BY_THE_HOUR)
    assert row["decision"] == decision


def test_a_window_by_the_hour_needs_the_hour():
    row = decide({"claim_date": date(2022, 11, 25)}, windows=BY_THE_HOUR)
    assert (row["decision"], row["missing"]) == ("incomplete", ["claim_time"])


@pytest.mark.parametrize(
    ("end", "last_day"),
    [
        ("to: 2022-11-30", date(2022, 11, 30)),
        ("to: 2022-11-30T24:00", date(2022, 11, 30)),
        ("to: 2022-11-30T23:59", date(2022, 11, 30)),
        ("before: 2022-11-30", date(2022, 11, 29)),
    ],
)
def test_the_last_day_of_a_window_as_notices_write_it(end, last_day):
    windows = f"{{invoice: {{from: 2022-11-01, {end}}}}}"
    following = last_day.replace(day=last_day.day + 1) if last_day.day < 30 else date(2022, 12, 1)
    assert decide({"invoice_date": last_day}, windows=windows)["decision"] == "approved"
    assert decide({"invoice_date": following}, windows=windows)["decision"] == "refused"


def test_a_window_may_stay_open():
    windows = "{invoice: {from: 2022-11-01, to: open}}"
    assert decide({"invoice_date": date(2031, 1, 1)}, windows=windows)["decision"] == "approved"


# --- benefits ---------------------------------------------------------------------------------


def test_an_uplift_is_a_share_of_other_benefits():
    # 25 % of 11,000 is 2,750, for incomes under 30,000 only.
    changes = {
        "benefits": "{base: {pay: 11000}, low: {when: 'household_income < 30000', "
        "uplift: {of: [base], rate: 25%}}}",
        "combine": "{sum: [base, low]}",
        "money": pots("id: main, amount: 1000000", pays="base, low"),
    }
    assert decide({"household_income": 29_999_00}, **changes)["amount_fen"] == 13_750_00
    assert decide({"household_income": 30_000_00}, **changes)["amount_fen"] == 11_000_00
    row = decide({}, **changes)
    assert (row["decision"], row["missing"]) == ("incomplete", ["household_income"])


def test_points_add_up_and_decide_the_amount():
    points = (
        "{base: {points: {of: [{when: 'electric_range_km >= 400', points: 3}, "
        "{when: 'battery_kwh >= 50', points: 2}], steps: [[2, 500], [5, 2000]]}}}"
    )
    amount = {
        (400, 50): 2000_00,  # 3 + 2
        (400, 49): 500_00,  # 3
        (399, 50): 500_00,  # 2
        (399, 49): 0,
    }
    for (reach, energy), fen in amount.items():
        row = decide({"electric_range_km": reach, "battery_kwh": energy}, benefits=points)
        assert row["amount_fen"] == fen
        assert row["decision"] == ("approved" if fen else "refused")


def test_what_a_maker_gives_is_listed_beside_and_costs_no_public_money():
    changes = {
        "benefits": "{base: {pay: 4500}, maker: {payer: 车企, uplift: {of: [base], rate: 50%}}}"
    }
    row = decide({}, **changes)
    assert (row["amount_fen"], row["benefit.base"], row["beside.maker"]) == (
        450000,
        450000,
        225000,
    )
    assert found(**changes) == []


def test_exclusive_routes_must_not_meet():
    changes = {
        "benefits": "{scrap: {when: \"trade_in = 'scrapped'\", pay: 2000}, "
        "sell: {when: \"trade_in = 'sold'\", pay: 1500}}",
        "combine": "{exclusive: [scrap, sell]}",
        "money": pots("id: main, amount: 1000000", pays="scrap, sell"),
        "examples": "{ordinary: {invoice_date: 2022-11-10, trade_in: sold}}",
    }
    assert found(**changes) == []
    assert decide({"trade_in": "sold"}, **changes)["amount_fen"] == 1500_00
    meeting = changes["benefits"].replace("= 'sold'", "<> 'none'")
    assert found(**(changes | {"benefits": meeting})) == ["R416"]


# --- money ------------------------------------------------------------------------------------

FACES = {
    "benefits": "{base: {bands: {on: price, closed: lower, "
    "steps: [[50000, 3000], [150000, 5000]]}}}",
    "eligibility": "[{id: floor, when: 'price >= 50000'}]",
    "examples": "{ordinary: {invoice_date: 2022-11-10, price: 80000}}",
}


def test_a_stock_of_one_face_serves_only_that_face():
    money = pots("id: low, face: 3000, count: 10", "id: high, face: 5000, count: 2")
    assert found(**FACES, money=money) == []
    assert decide({"price": 80_000_00}, {"high": 0}, **FACES, money=money)["amount_fen"] == 3000_00
    row = decide({"price": 200_000_00}, {"high": 0}, **FACES, money=money)
    assert (row["decision"], row["reasons"]) == ("refused", ["no-money"])


def test_a_stock_holds_count_times_face():
    campaign = loaded(**FACES, money=pots("id: low, face: 3000, count: 10")).value
    assert campaign is not None
    assert campaign.money.pots[0].amount.value == 30_000_00


def test_a_face_that_no_benefit_has_is_found():
    stocks = [f"id: face-{face}, face: {face}, count: 10" for face in (3000, 5000, 4000)]
    assert found(**FACES, money=pots(*stocks)) == ["R408"]


def test_what_the_notice_leaves_open_decides_nothing():
    money = pots("id: main, amount: 1000000").replace("refuse", "not_declared")
    assert decide({}, {"main": 1000_00}, money=money)["decision"] == "approved"
    assert decide({}, {"main": 0}, money=money)["reasons"] == ["no-money"]
    row = decide({}, {"main": 999_99}, money=money)
    assert (row["decision"], row["reasons"], row["amount_fen"]) == ("undeclared", ["last-yuan"], 0)
    assert found(money=money) == ["S703"]


def test_rounding_that_is_not_declared_matters_only_where_something_is_rounded():
    changes = {
        "benefits": "{base: {share: {of: price, rate: 5%}}}",
        "money": pots("id: main, amount: 1000000").replace(
            "{to: 1 fen, mode: down}", "not_declared"
        ),
    }
    assert decide({"price": 100_000_00}, **changes)["amount_fen"] == 5000_00
    row = decide({"price": 100_000_01}, **changes)  # 5 % of one fen is no fen
    assert (row["decision"], row["reasons"]) == ("undeclared", ["rounding"])


def test_a_voucher_must_be_of_the_band():
    money = pots("id: main, amount: 1000000").replace(
        "last_yuan",
        "allocation: {voucher: {must_match: true, lapsed: to_pool, lapsed_holder: locked_out}}, "
        "last_yuan",
    )
    changes = FACES | {"money": money}
    assert decide({"price": 80_000_00, "voucher_face": 3000_00}, **changes)["amount_fen"] == 300000
    for price, face in ((80_000_00, 5000_00), (150_000_00, 3000_00)):
        row = decide({"price": price, "voucher_face": face}, **changes)
        assert (row["decision"], row["reasons"]) == ("refused", ["voucher-face"])
    share = changes | {"benefits": "{base: {share: {of: price, rate: 5%}}}"}
    assert "R424" in found(**share)


# --- limits -----------------------------------------------------------------------------------


def test_a_limit_counts_what_the_ledger_knows():
    limits = "[{per: buyer, max: 3, within: calendar_year, identity: [id_number, phone]}]"
    assert decide({}, limits=limits)["decision"] == "approved"
    assert decide({"paid_to_buyer": 2}, limits=limits)["decision"] == "approved"
    row = decide({"paid_to_buyer": 3}, limits=limits)
    assert (row["decision"], row["reasons"]) == ("refused", ["limit-buyer"])


def test_programmes_exclude_each_other():
    assert decide({"paid_elsewhere": True}, excludes="[other]")["reasons"] == ["excluded"]
    assert decide({"paid_elsewhere": False}, excludes="[other]")["decision"] == "approved"


# --- lists ------------------------------------------------------------------------------------


def with_list(tmp_path: Path, rows: str) -> Loaded[Campaign]:
    (tmp_path / "dealers.csv").write_text("name,from,to\n" + rows, encoding="utf-8")
    file = tmp_path / "words.yaml"
    rule = "  - {id: dealer, listed: {fact: dealer, file: dealers.csv, on: invoice_date}}\n"
    text = BASE.replace("eligibility: []\n", "eligibility:\n" + rule)
    file.write_text(
        text.replace("{invoice_date: 2022-11-10}", "{invoice_date: 2022-11-10, dealer: A}")
    )
    return load_campaign(str(file))


def test_a_dealer_counts_on_the_days_it_is_listed(tmp_path):
    campaign = with_list(tmp_path, "A,,\nB,2022-11-10,\nC,,2022-11-10\n")
    assert campaign.value is not None
    rules = compile_rules(campaign.value)
    days = (date(2022, 11, 9), date(2022, 11, 10), date(2022, 11, 11))
    frame = fact_frame([{"dealer": d, "invoice_date": day} for d in "ABCD" for day in days])
    approved = rules.decide(frame)["decision"].to_list()
    listed = {"A": (1, 1, 1), "B": (0, 1, 1), "C": (1, 1, 0), "D": (0, 0, 0)}
    assert approved == [
        "approved" if yes else "refused" for dealer in "ABCD" for yes in listed[dealer]
    ]
    assert check_campaign(campaign) == ()


def test_faults_of_a_list_are_found_in_the_list(tmp_path):
    campaign = with_list(tmp_path, "A,2022-13-01,\nB,2022-11-10,2022-11-09\n")
    found = [(each.file[-11:], each.line, each.column, each.code) for each in campaign.diagnostics]
    assert found == [
        ("dealers.csv", 2, 3, "V202"),  # under the day it comes
        ("dealers.csv", 3, 14, "V204"),  # under the day it leaves
    ]


def test_a_list_that_is_not_there_is_found_where_it_is_named(tmp_path):
    with_list(tmp_path, "A,,\n")
    (tmp_path / "dealers.csv").unlink()
    finding = load_campaign(str(tmp_path / "words.yaml")).diagnostics[0]
    assert (finding.code, finding.text[finding.column - 1 :][:11]) == ("P801", "dealers.csv")


# --- amendments -------------------------------------------------------------------------------

RAISED = """
- id: raised
  announced: 2022-11-20
  by: claim
  from: 2022-11-05
  unless: "order_date < DATE '2022-10-01'"
  paid_claims: top_up
  benefits: {base: {pay: 2500}}
  eligibility: [{id: individual, when: "buyer_kind = 'individual'"}]
"""
NEW = {
    "claim_date": date(2022, 11, 5),
    "order_date": date(2022, 10, 20),
    "buyer_kind": "individual",
}


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        ({}, 2500_00),
        ({"claim_date": date(2022, 11, 4)}, 1000_00),  # before the amendment governs
        ({"order_date": date(2022, 9, 30)}, 1000_00),  # stays under the older text
        ({"already_paid": 1000_00}, 1500_00),  # topped up
    ],
)
def test_an_amendment_governs_from_its_day_and_tops_up_paid_claims(change, amount):
    row = decide(NEW | change, amendments=RAISED)
    assert (row["decision"], row["amount_fen"]) == ("approved", amount)


def test_a_rule_brought_by_an_amendment_binds_only_those_it_governs():
    firm = NEW | {"buyer_kind": "firm"}
    assert decide(firm, amendments=RAISED)["reasons"] == ["individual"]
    older = firm | {"claim_date": date(2022, 11, 4)}
    assert decide(older, amendments=RAISED)["decision"] == "approved"


@pytest.mark.parametrize(
    ("policy", "decision", "reason"),
    [("keep", "refused", "already-paid"), ("not_declared", "undeclared", "paid-claims")],
)
def test_paid_claims_are_treated_as_the_amendment_says(policy, decision, reason):
    amendments = RAISED.replace("top_up", policy)
    row = decide(NEW | {"already_paid": 1000_00}, amendments=amendments)
    assert (row["decision"], row["reasons"]) == (decision, [reason])


def test_which_text_governs_must_be_known():
    row = decide(NEW | {"claim_date": None}, amendments=RAISED)
    assert (row["decision"], row["missing"]) == ("incomplete", ["claim_date"])


def test_an_amount_that_nobody_published_is_said():
    benefits = "{base: {pay: 1000, amount: {assumed: true, range: 50%..150%, why: unknown}}}"
    assert decide({}, benefits=benefits)["amount_published"] is False
    assert decide({})["amount_published"] is True


# --- findings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"benefits": "{base: {when: 'price >= 0', pay: 1000}}"}, "R419"),
        ({"examples": "{ordinary: {invoice_date: 2022-11-10, energy: BEV}}"}, "R418"),
        ({"amendments": "[{id: a, by: invoice, from: 2022-11-05, paid_claims: keep}]"}, "R422"),
        ({"benefits": "{base: {uplift: {of: [base], rate: 5%}}}"}, "R406"),
        ({"holding": "{months: 12, clawback: not_declared}"}, "S703"),
        ({"limits": "[{per: buyer, max: 1}, {per: buyer, max: 2}]"}, "R410"),
    ],
)
def test_the_checker_finds(changes, code):
    if code == "R419":
        changes = changes | {"examples": "{ordinary: {invoice_date: 2022-11-10, price: 1}}"}
    assert code in found(**changes)


def test_a_claim_window_without_an_end_still_opens():
    windows = "{invoice: {from: 2022-11-01, to: open}, claim: {from: 2022-11-24T11:00, to: open}}"
    early, late = datetime(2022, 11, 24, 10), datetime(2022, 12, 24, 10)
    assert decide({"claim_time": early}, windows=windows)["decision"] == "waiting"
    assert decide({"claim_time": late}, windows=windows)["decision"] == "approved"
    ordinary = "{ordinary: {invoice_date: 2022-11-10, claim_time: 2022-11-25T12:00}}"
    assert found(windows=windows, examples=ordinary) == []


def test_an_uplift_pays_only_where_what_it_lifts_pays():
    changes = {
        "benefits": "{scrap: {when: \"trade_in = 'scrapped'\", pay: 2000}, "
        "sell: {when: \"trade_in = 'sold'\", pay: 1500}, "
        "more: {uplift: {of: [scrap], rate: 50%}}}",
        "combine": "{exclusive: [{sum: [scrap, more]}, sell]}",
        "money": pots("id: main, amount: 1000000", pays="scrap, sell, more"),
        "examples": "{ordinary: {invoice_date: 2022-11-10, trade_in: sold}}",
    }
    assert found(**changes) == []
    assert decide({"trade_in": "scrapped"}, **changes)["amount_fen"] == 3000_00


def test_a_ceiling_on_a_price_needs_the_price():
    changes = {"combine": "{sum: [base], cap: {share_of: price, rate: 1%}}"}
    assert decide({"price": 50_000_00}, **changes)["amount_fen"] == 500_00
    row = decide({}, **changes)
    assert (row["decision"], row["reasons"], row["missing"]) == (
        "incomplete",
        ["cap-price"],
        ["price"],
    )


def test_a_ceiling_needs_the_price_even_where_another_benefit_reads_it():
    changes = {
        "benefits": "{green: {when: \"energy = 'BEV'\", bands: {on: price, closed: lower, "
        "steps: [[0, 9000]]}}, base: {pay: 5000}}",
        "combine": "{sum: [green, base], cap: {share_of: price, rate: 3%}}",
        "money": pots("id: main, amount: 1000000", pays="green, base"),
    }
    petrol = {"energy": "ICE"}
    assert decide(petrol | {"price": 100_000_00}, **changes)["amount_fen"] == 3000_00
    assert decide(petrol, **changes)["decision"] == "incomplete"


def test_a_ceiling_whose_rounding_is_open_decides_nothing_where_it_binds():
    changes = {
        "benefits": "{base: {pay: 5000.01}}",
        "combine": "{sum: [base], cap: {share_of: price, rate: 3%}}",
        "money": pots("id: main, amount: 1000000").replace(
            "{to: 1 fen, mode: down}", "not_declared"
        ),
    }
    assert decide({"price": 100_000_00}, **changes)["amount_fen"] == 3000_00
    row = decide({"price": 100_000_01}, **changes)  # 3 % of one fen is no fen
    assert (row["decision"], row["reasons"]) == ("undeclared", ["rounding"])
    assert decide({"price": 900_000_01}, **changes)["amount_fen"] == 5000_01  # it does not bind


@pytest.mark.parametrize("policy", ["refuse", "part"])
def test_a_top_up_needs_only_what_is_added(policy):
    """1,000 paid, raised to 2,500: 1,500 are due, and the pot holds 2,000."""
    money = pots("id: main, amount: 1000000").replace("refuse", policy)
    paid = NEW | {"already_paid": 1000_00}
    row = decide(paid, {"main": 2000_00}, amendments=RAISED, money=money)
    assert (row["decision"], row["amount_fen"]) == ("approved", 1500_00)
    assert decide(paid, {"main": 0}, amendments=RAISED, money=money)["reasons"] == ["no-money"]


def test_a_voucher_of_the_old_face_does_not_match_the_new_amount():
    allocation = "{voucher: {must_match: true, lapsed: lost, lapsed_holder: locked_out}}"
    changes = {
        "money": pots("id: main, amount: 1000000", more=f", allocation: {allocation}"),
        "amendments": RAISED,
    }
    old, new = {"voucher_face": 1000_00}, {"voucher_face": 2500_00}
    assert decide(NEW | old, **changes)["reasons"] == ["voucher-face"]
    assert decide(NEW | new, **changes)["amount_fen"] == 2500_00
    before = NEW | {"claim_date": date(2022, 11, 4)}
    assert decide(before | old, **changes)["amount_fen"] == 1000_00


def test_amounts_that_an_amendment_assumes_are_assumptions_and_published_ones_stay():
    guess = "{pay: 2500, amount: {assumed: true, range: 50%..150%, why: unknown}}"
    campaign = loaded(amendments=RAISED.replace("{pay: 2500}", guess)).value
    assert campaign is not None
    (assumption,) = campaign.assumptions()
    assert assumption.name == "amendments.raised.benefits.base.amount"
    frame = fact_frame([IN_TIME | NEW, IN_TIME | NEW | {"claim_date": date(2022, 11, 4)}])
    scaled = frame.with_columns(pl.lit(1.5).alias("scale.raised base"))
    amounts = compile_rules(campaign).decide(scaled)["amount_fen"].to_list()
    assert amounts == [3750_00, 1000_00]  # the first text was published


def test_a_share_of_an_open_amount_is_open_not_incomplete():
    changes = {
        "benefits": "{base: {share: {of: price, rate: 5%}}, "
        "more: {uplift: {of: [base], rate: 50%}}}",
        "combine": "{sum: [base, more]}",
        "money": pots("id: main, amount: 1000000", pays="base, more").replace(
            "{to: 1 fen, mode: down}", "not_declared"
        ),
    }
    row = decide({"price": 100_000_01}, **changes)
    assert (row["decision"], row["reasons"]) == ("undeclared", ["rounding"])


def test_public_money_does_not_wait_for_what_a_maker_needs_to_know():
    benefits = "{base: {pay: 1000}, gift: {payer: 车企, when: \"energy = 'BEV'\", pay: 500}}"
    row = decide({}, benefits=benefits)
    assert (row["decision"], row["amount_fen"], row["beside.gift"]) == ("approved", 100000, None)


def test_routes_exclude_each_other_under_the_text_that_governs():
    changes = {
        "benefits": "{scrap: {when: \"trade_in = 'scrapped'\", pay: 2000}, "
        "sell: {when: \"trade_in = 'sold'\", pay: 1500}}",
        "combine": "{exclusive: [scrap, sell]}",
        "money": pots("id: main, amount: 1000000", pays="scrap, sell"),
        "amendments": "[{id: one-route, by: invoice, from: 2022-11-15, paid_claims: keep, "
        "withdraws: [scrap], benefits: {sell: {when: \"trade_in <> 'none'\", pay: 1500}}}]",
        "examples": "{ordinary: {invoice_date: 2022-11-10, trade_in: sold}}",
    }
    assert found(**changes) == []


def test_amendments_stand_in_the_order_of_their_days():
    late = (
        "{id: %s, by: invoice, from: 2022-11-%d, paid_claims: keep, benefits: {base: {pay: %d}}}"
    )
    in_order = f"[{late % ('a', 10, 900)}, {late % ('b', 20, 800)}]"
    reversed_order = f"[{late % ('b', 20, 800)}, {late % ('a', 10, 900)}]"
    assert "R421" not in found(amendments=in_order)
    assert "R421" in found(amendments=reversed_order)
    assert decide({"invoice_date": date(2022, 11, 25)}, amendments=in_order)["amount_fen"] == 80000


def test_a_link_leads_to_no_other_file_of_the_machine(tmp_path):
    (tmp_path / "place").mkdir()
    file = tmp_path / "place" / "words.yaml"
    file.write_text(BASE.replace("windows:", "manufacturers: [../secret]\nwindows:"))
    (tmp_path / "secret").write_text("root:x:0:0")
    campaign = load_campaign(str(file))
    findings = [*campaign.diagnostics, *check_campaign(campaign)]
    assert [each.code for each in findings] == ["P801"]
    assert "root:x" not in str(findings)


def test_private_money_is_neither_combined_nor_paid_from_a_pot():
    changes = {
        "benefits": "{base: {pay: 1000}, gift: {payer: 车企, pay: 500}}",
        "combine": "{sum: [base, gift]}",
        "money": pots("id: main, amount: 1000000", pays="base, gift"),
    }
    assert found(**changes) == ["R406", "R406"]


def test_an_amount_without_a_stock_of_its_face_is_found():
    lacking = pots("id: low, face: 3000, count: 10")  # nothing pays 5,000
    assert found(**FACES, money=lacking) == ["R411"]
    whole = pots("id: low, face: 3000, count: 10", "id: rest, amount: 1000000")
    assert found(**FACES, money=whole) == []


def test_rounds_are_in_turn_within_each_face():
    rounds = [
        f"id: {face}-{n}, face: {face}, count: 9, opens: 2022-11-{day:02}"
        for face in (3000, 5000)
        for n, day in enumerate((1, 11))
    ]
    assert found(**FACES, money=pots(*rounds)) == []
    assert "R421" in found(**FACES, money=pots(rounds[1], rounds[0], *rounds[2:]))
