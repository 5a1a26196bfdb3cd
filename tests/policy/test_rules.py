"""Amounts come out to the fen, and decisions say why."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.policy.campaign import Campaign, load_campaign
from promo.policy.money import Payer, split
from promo.policy.rules import Rules, compile_rules
from promo.textfile import parse

SAMPLE = Path(__file__).parent / "sample.yaml"
TEXT = SAMPLE.read_text(encoding="utf-8")
BANDS = "bands: {on: price, closed: lower, steps: [[50000, 2000], [100000, 3000], [200000, 5000]]}"
ALL_POTS = frozenset({"main", "second"})


def rules(text: str = TEXT) -> Rules:
    loaded = parse("sample.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return compile_rules(loaded.value)


def purchase(**changes: object) -> dict[str, object]:
    ordinary: dict[str, object] = {
        "buyer_kind": "individual",
        "invoice_date": date(2022, 11, 20),
        "registration_date": date(2022, 12, 5),
        "registered_in": "开封",
        "energy": "ICE",
        "price": 8_000_000,
        "price_ex_vat": 7_079_646,
    }
    return ordinary | changes


def decided(found: Rules, *cases: dict[str, object], left: dict[str, int] | None = None):
    return found.decide(pl.DataFrame(list(cases)), left)


def with_base(form: str) -> str:
    """The sample, its base benefit in another form and the other one worth nothing."""
    return TEXT.replace(BANDS, form).replace("pay: 1000", "pay: 0").replace("6000}", "900000}")


def amounts(text: str, *prices: int, column: str = "price") -> list[int]:
    found = decided(rules(text), *(purchase(**{column: price}) for price in prices))
    return found["amount_fen"].to_list()


def test_bands_closed_below_and_above():
    bounds = (5_000_000, 9_999_999, 10_000_000, 10_000_001, 20_000_000)
    assert amounts(TEXT, *bounds) == [200_000, 200_000, 300_000, 300_000, 500_000]
    upper = TEXT.replace("closed: lower", "closed: upper")
    assert amounts(upper, *bounds) == [0, 200_000, 200_000, 300_000, 300_000]


def test_share_with_cap_and_floor_by_hand():
    share = "share: {of: price_ex_vat, rate: 5%, cap: 10000, floor: 3000}"
    # 5 % of 70,796.46 is 3,539.823; of 50,000 is 2,500, so 3,000; of 300,000 is 15,000, so 10,000
    found = amounts(with_base(share), 7_079_646, 5_000_000, 30_000_000, column="price_ex_vat")
    assert found == [353_900, 300_000, 1_000_000]


@pytest.mark.parametrize(
    ("to", "mode", "fen"),
    [
        ("1 fen", "down", 353_982),
        ("1 fen", "half_up", 353_982),
        ("1 fen", "up", 353_983),
        ("1 yuan", "half_up", 354_000),
        ("10 yuan", "down", 353_000),
        ("100 yuan", "up", 360_000),
    ],
)
def test_rounding_is_declared(to, mode, fen):
    text = with_base("share: {of: price_ex_vat, rate: 5%}")
    text = text.replace("{to: 1 yuan, mode: down}", f"{{to: {to}, mode: {mode}}}")
    assert amounts(text, 7_079_646, column="price_ex_vat") == [fen]


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(5_000_000, 10**10), rate=st.integers(0, 10_000), cap=st.integers(0, 10**7)
)
def test_a_share_is_integer_arithmetic(price, rate, cap):
    text = with_base(f"share: {{of: price, rate: {rate / 100:.2f}%, cap: {cap / 100:.2f}}}")
    text = text.replace("{to: 1 yuan, mode: down}", "{to: 1 fen, mode: down}")
    text = text.replace("per_car: 900000}", "per_car: 9000000000}")
    assert amounts(text, price) == [min(price * rate // 10_000, cap)]


def test_a_table_pays_by_name_and_nothing_outside():
    text = with_base("table: {on: model, amounts: {瑞虎8: 3000, 艾瑞泽5: 1500.50}}")
    found = decided(
        rules(text),
        purchase(model="瑞虎8"),
        purchase(model="艾瑞泽5"),
        purchase(model="秦"),
        purchase(model=None),
    )
    assert found["amount_fen"].to_list() == [300_000, 150_000, 0, 0]
    assert found["decision"].to_list() == ["approved", "approved", "refused", "incomplete"]
    assert found["reasons"].to_list()[2:] == [["no-benefit"], ["benefit-base"]]


def combined(words: str, base: int, extra: int) -> list[int]:
    text = TEXT.replace(BANDS, f"pay: {base}").replace("pay: 1000", f"pay: {extra}")
    text = text.replace("combine: {sum: [base, new-energy], cap: {per_car: 6000}}", words)
    found = decided(rules(text), purchase(energy="BEV"))
    return found.select("amount_fen", "benefit.base", "benefit.new-energy").row(0)


def test_sum_best_of_and_caps_by_hand():
    assert combined("combine: {sum: [base, new-energy]}", 2000, 700) == (270_000, 200_000, 70_000)
    assert combined("combine: {best_of: [base, new-energy]}", 700, 2000) == (200_000, 0, 200_000)
    assert combined("combine: {best_of: [base, new-energy]}", 700, 700) == (70_000, 70_000, 0)
    cap = "combine: {sum: [base, new-energy], cap: {per_car: 2500}}"
    assert combined(cap, 2000, 700) == (250_000, 200_000, 50_000)
    share = "combine: {sum: [base, new-energy], cap: {share_of: price, rate: 3%}}"
    assert combined(share, 2000, 700) == (240_000, 200_000, 40_000)  # 3 % of 80,000
    nested = "combine: {sum: [base, {best_of: [new-energy], cap: {per_car: 100}}]}"
    assert combined(nested, 2000, 700) == (210_000, 200_000, 10_000)


def test_a_missing_paper_makes_a_claim_incomplete_and_a_failed_test_refuses_it():
    found = decided(
        rules(),
        purchase(registered_in=None),
        purchase(registered_in=None, buyer_kind="firm"),
        purchase(price=None),
        purchase(price=4_999_999, buyer_kind="firm"),
    )
    assert found["decision"].to_list() == ["incomplete", "refused", "incomplete", "refused"]
    assert found["reasons"].to_list() == [
        ["plate"],
        ["individual"],
        ["price-floor", "benefit-base"],
        ["individual", "price-floor"],
    ]
    assert found["missing"].to_list() == [["registered_in"], [], ["price"], []]
    assert found["amount_fen"].to_list() == [0, 0, 0, 0]


def test_a_missing_fact_that_no_rule_reads_does_not_matter():
    assert decided(rules(), purchase(seats=None))["decision"].to_list() == ["approved"]


def test_windows_end_with_their_last_day():
    days = [date(2022, 10, 31), date(2022, 11, 1), date(2023, 2, 28), date(2023, 3, 1)]
    found = decided(rules(), *(purchase(invoice_date=day) for day in days))
    assert found["decision"].to_list() == ["refused", "approved", "approved", "refused"]
    before = TEXT.replace("to: 2023-02-28}", "before: 2023-02-28}")
    found = decided(rules(before), *(purchase(invoice_date=day) for day in days))
    assert found["decision"].to_list() == ["refused", "approved", "refused", "refused"]
    assert rules().first_day == date(2022, 11, 1)
    assert rules().last_day == date(2023, 2, 28)
    assert rules(before).last_day == date(2023, 2, 27)


@pytest.mark.parametrize(
    ("policy", "fen"), [("refuse", 0), ("part", 150_000), ("overspend", 200_000)]
)
def test_the_last_yuan_is_a_declared_policy(policy, fen):
    text = TEXT.replace("last_yuan: refuse", f"last_yuan: {policy}")
    found = decided(rules(text), purchase(), left={"main": 150_000})
    assert found["amount_fen"].to_list() == [fen]


def test_decisions_do_not_depend_on_the_order_of_rows():
    cases = [purchase(price=5_000_000 + 997 * step, energy="BEV") for step in range(50)]
    forward = decided(rules(), *cases)
    backward = decided(rules(), *reversed(cases))
    assert forward.equals(backward.reverse())


# --- what the simulation asks -----------------------------------------------------------------


def test_offers_equal_decisions_where_all_facts_are_known():
    cases = [
        purchase(price=price, energy=energy, registered_in=place)
        for price in (4_000_000, 8_000_000, 12_345_678, 25_000_000)
        for energy in ("ICE", "BEV")
        for place in ("开封", "郑州")
    ]
    frame = pl.DataFrame(cases)
    offers = rules().offers(frame, ALL_POTS)
    assert offers.columns == ["pot.main"]
    assert offers["pot.main"].dtype == pl.Int64
    assert offers["pot.main"].to_list() == rules().decide(frame)["amount_fen"].to_list()


def test_a_closed_pot_pays_nothing_and_a_second_pot_takes_over():
    frame = pl.DataFrame([purchase(energy="BEV")])
    assert rules().offers(frame, frozenset())["pot.main"].to_list() == [0]
    second = TEXT.replace(
        "  funding:", "    - {id: second, amount: 5000000, pays: [new-energy]}\n  funding:"
    ).replace("pays: [base, new-energy]\n", "pays: [base, new-energy]\n")
    both = rules(second)
    assert both.offers(frame, ALL_POTS).row(0) == (300_000, 0)
    assert both.offers(frame, frozenset({"second"})).row(0) == (0, 100_000)


def test_a_scale_multiplies_before_rounding_and_caps():
    frame = pl.DataFrame([purchase(energy="BEV")]).with_columns(
        pl.lit(1.23456).alias("scale.base")
    )
    # 2,000 x 1.23456 = 2,469.12, rounded down to 2,469; plus 1,000
    assert rules().offers(frame, ALL_POTS)["pot.main"].to_list() == [346_900]
    doubled = frame.with_columns(pl.lit(9.0).alias("scale.base"))
    assert rules().offers(doubled, ALL_POTS)["pot.main"].to_list() == [600_000]


def test_facts_that_cells_do_not_carry_are_taken_as_fulfilled_and_nulls_are_not():
    cells = pl.DataFrame({"price": [8_000_000], "energy": ["ICE"]})
    assert rules().offers(cells, ALL_POTS)["pot.main"].to_list() == [200_000]
    unknown = cells.with_columns(registered_in=pl.lit(None, dtype=pl.String))
    assert rules().offers(unknown, ALL_POTS)["pot.main"].to_list() == [0]


@settings(max_examples=40, deadline=None)
@given(
    price=st.integers(5_000_000, 40_000_000),
    low=st.integers(0, 9000),
    more=st.integers(0, 9000),
    cap=st.integers(0, 20_000),
)
def test_better_amounts_never_pay_less(price, low, more, cap):
    pots = ALL_POTS
    frame = pl.DataFrame([purchase(price=price, energy="BEV")])
    text = TEXT.replace("per_car: 6000", f"per_car: {cap}").replace(BANDS, "pay: 1234")
    worse = rules(text.replace("pay: 1000", f"pay: {low}")).offers(frame, pots)
    better = rules(text.replace("pay: 1000", f"pay: {low + more}")).offers(frame, pots)
    assert worse["pot.main"].item() <= better["pot.main"].item() <= max(cap * 100, 0)


@settings(max_examples=60, deadline=None)
@given(
    shares=st.lists(st.integers(1, 4000), min_size=1, max_size=5),
    paid=st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
)
def test_the_payers_bear_exactly_what_is_paid(shares, paid):
    payers = [
        Payer.model_validate({"from": f"p{place}", "share": f"{share / 100:.2f}%"})
        for place, share in enumerate((*shares, 0))
    ]
    frame = pl.DataFrame({"paid": paid})
    borne = frame.select(**split(pl.col("paid"), payers))
    assert borne.sum_horizontal().to_list() == paid
    # every payer but the last bears its share rounded down
    for payer in payers[:-1]:
        assert borne[payer.payer].to_list() == [fen * payer.share // 10_000 for fen in paid]


# --- assumptions and schema -------------------------------------------------------------------


def test_assumptions_carry_their_range_in_yuan_and_their_path():
    campaign = load_campaign(str(SAMPLE)).value
    assert campaign is not None
    found = {each.name: each for each in campaign.assumptions()}
    assert set(found) == {"money.pots.main.amount", "benefits.base.amount"}
    pot, base = found["money.pots.main.amount"], found["benefits.base.amount"]
    assert (pot.low, pot.value, pot.high) == (10_000_000, 20_000_000, 40_000_000)
    assert (base.low, base.value, base.high) == (0.5, 1, 1.5)
    assert pot.status == "not published"


def test_the_schema_for_editors_names_every_key_of_the_sample():
    schema = Campaign.model_json_schema(by_alias=True)
    assert schema["additionalProperties"] is False
    assert {"id", "windows", "eligibility", "benefits", "money"} <= set(schema["properties"])
    window = schema["$defs"]["Window"]["properties"]
    assert set(window) == {"from", "to", "before"}
