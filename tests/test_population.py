"""The waterfall of a population adds up, and agrees with counting cell by cell."""

import operator

import polars as pl
import pytest

from promo.policy.rules import compile_rules
from promo.population import explain_population
from promo.simulation import offers

TWO = """\
  base: {bands: {on: price, closed: lower, steps: [[50000, 1000], [100000, 3000]]}}
  electric: {when: "energy IN ('BEV', 'PHEV')", pay: 2000}"""
BOTH = {
    "benefits": TWO,
    "combine": "{sum: [base, electric], cap: {per_car: 4000}}",
    "pots": "    - {id: main, amount: 600000, pays: [base, electric]}",
}


def expected_cars(study):
    """Cars by (day, type, vehicle): the forecast, each vehicle's buyers by type."""
    setting = study.stage.setting
    first, last = setting.window
    return [
        (number, kind, vehicle, setting.daily[number, vehicle] * share)
        for number in range(first, last + 1)
        for kind, shares in enumerate(setting.type_of_vehicle)
        for vehicle, share in enumerate(shares)
    ]


def test_cars_and_money_lost_at_a_rule(tiny):
    """Firms, and cars above 200,000 yuan; 3,000 yuan for everyone else, and so for the lost."""
    study = tiny(who="buyer_kind = 'individual' AND price <= 200000")
    prices, kinds = study.market.vehicles["price"], study.market.types["buyer_kind"]
    everything = sum(cars for *_, cars in expected_cars(study))
    lost = sum(
        cars
        for _, kind, vehicle, cars in expected_cars(study)
        if kinds[kind] == "firm" or prices[vehicle] > 20_000_000
    )
    found = explain_population(study)
    row = found.row(by_predicate=pl.col("rule") == "who", named=True)
    assert row["kind"] == "rule"
    assert row["cars_before"] == pytest.approx(everything)
    assert 0 < row["cars_lost"] == pytest.approx(lost)
    assert row["cars_left"] == pytest.approx(everything - lost)
    assert row["money_lost_fen"] == pytest.approx(lost * 300_000)
    assert row["money_left_fen"] == pytest.approx((everything - lost) * 300_000)


def test_each_rule_starts_where_the_one_before_ended(tiny):
    found = explain_population(tiny()).filter(pl.col("kind") != "benefit")
    assert found["rule"].to_list() == ["window-invoice", "who", "limit-vin", "no-benefit"]
    assert found["cars_before"].to_list()[1:] == found["cars_left"].to_list()[:-1]
    assert (found["cars_before"] - found["cars_lost"]).to_list() == pytest.approx(
        found["cars_left"].to_list()
    )


def test_how_far_each_benefit_reaches_and_what_it_pays_under_the_cap(tiny):
    """By hand: 60,000 electric 1,000 + 2,000; 70,000 and 90,000 petrol 1,000; 110,000 and 220,000
    petrol 3,000; the 150,000 plug-in 3,000 and, up to 4,000, 1,000 of the 2,000.
    """
    study = tiny(who="buyer_kind = 'individual' AND price >= 50000", **BOTH)
    base = {60_000: 1_000, 70_000: 1_000, 90_000: 1_000, 110_000: 3_000, 150_000: 3_000}
    base[220_000] = 3_000
    electric = {60_000: 2_000, 150_000: 1_000}
    kinds = study.market.types["buyer_kind"]
    cars = dict.fromkeys(base, 0.0)
    for _, kind, vehicle, number in expected_cars(study):
        if kinds[kind] == "individual":
            cars[study.market.vehicles["price"][vehicle] // 100] += number
    found = explain_population(study)
    for name, pays in (("base", base), ("electric", electric)):
        row = found.row(by_predicate=pl.col("rule") == name, named=True)
        assert row["kind"] == "benefit"
        assert row["cars_before"] == pytest.approx(sum(cars.values()))
        assert row["cars_left"] == pytest.approx(sum(cars[price] for price in pays))
        assert row["money_left_fen"] == pytest.approx(
            sum(100 * pays[price] * cars[price] for price in pays)
        )


@pytest.mark.parametrize("changes", [{}, BOTH, {"policy_until": "2022-11-15"}])
def test_the_money_left_is_what_the_simulation_offers(tiny, changes):
    study = tiny(**changes)
    rules = compile_rules(study.campaign)
    setting = study.stage.setting
    first, last = setting.window
    cells = offers.cells(setting.days[first : last + 1], study.market.types, study.market.vehicles)
    fen = offers.amounts(cells, rules, frozenset(offers.pot_names(rules))).sum(axis=1)
    found = explain_population(study)
    left = found.row(by_predicate=pl.col("rule") == "no-benefit", named=True)
    paid = found.filter(pl.col("kind") == "benefit")["money_left_fen"].sum()
    assert left["money_left_fen"] == pytest.approx(paid)
    if "policy_until" not in changes:  # the policy moves purchases in time
        cars = [number for *_, number in expected_cars(study)]
        assert paid == pytest.approx(sum(map(operator.mul, cars, fen.tolist())))


def test_purchases_that_keep_every_rule_may_still_get_nothing(tiny):
    study = tiny(benefits="  base: {when: \"energy = 'ICE'\", pay: 3000}", who="price >= 50000")
    row = explain_population(study).row(by_predicate=pl.col("rule") == "no-benefit", named=True)
    names = study.market.vehicles["energy"]
    others = sum(cars for *_, v, cars in expected_cars(study) if names[v] != "ICE")
    assert row["cars_lost"] == pytest.approx(others)
    assert row["money_lost_fen"] == 0


def test_facts_that_no_file_tells_are_taken_as_fulfilled_and_named(tiny):
    study = tiny(who="electric_range_km >= 400 OR first_car = TRUE OR price >= 90000")
    found = explain_population(study).filter(pl.col("kind").is_in(["rule", "limit"]))
    assert found["cars_lost"].to_list() == [0, 0]
    assert found["assumed"].to_list() == [["electric_range_km", "first_car"], ["paid_for_vin"]]


def test_buyers_from_elsewhere_are_not_counted(tiny):
    outside = "outside:\n  cars_per_month: {assumed: 200, range: [100, 400], why: made up}\n"
    outside += "  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}\n"
    outside += "  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}\n"
    with_them = explain_population(tiny(outside=outside))
    assert with_them.equals(explain_population(tiny()))
