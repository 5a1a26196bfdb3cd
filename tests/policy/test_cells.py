"""Cells say what can hold, as a search over every purchase would."""

import random
from datetime import date, timedelta
from itertools import pairwise, product

import polars as pl
import pytest

from promo.policy.cells import Cells, can_hold, fact_row, refuses_someone
from promo.policy.conditions import POLARS_TYPES, All, FactValue, Missing, Not, Some
from promo.policy.eligibility import read_condition
from promo.schema import FACTS

# A world so small that every purchase can be tried: all constants lie inside these ranges.
WORLD = {
    "seats": [number / 2 for number in range(17)],
    "price": list(range(99_998, 100_305)),
    "energy": list(FACTS["energy"].choices),
    "first_car": [True, False],
}


def every_purchase() -> pl.DataFrame:
    rows = list(product(*WORLD.values()))
    schema = {name: POLARS_TYPES[FACTS[name].type] for name in WORLD}
    return pl.DataFrame(rows, schema=schema, orient="row")


EVERY_PURCHASE = every_purchase()


def tree(text: str):
    return read_condition(text).tree


def random_condition(luck: random.Random, depth: int) -> str:
    if depth > 0 and luck.random() < 0.7:
        left, right = random_condition(luck, depth - 1), random_condition(luck, depth - 1)
        return f"({left} {luck.choice(('AND', 'OR'))} {right})"
    sign = luck.choice(("=", "<>", "<", "<=", ">", ">="))
    return luck.choice(
        (
            f"seats {sign} {luck.choice((2, 5, 7))}",
            f"NOT seats + 1 {sign} {luck.choice((3, 6))}",
            f"price {sign} {luck.choice(('1000', '1001', '1002.99', '1003'))}",
            f"price - 1 {sign} 1000",
            f"energy {luck.choice(('=', '<>'))} '{luck.choice(('BEV', 'ICE'))}'",
            "energy IN ('BEV', 'PHEV')",
            "first_car",
            "NOT first_car",
        )
    )


@pytest.mark.parametrize("seed", range(60))
def test_can_hold_agrees_with_trying_every_purchase(seed):
    luck = random.Random(seed)
    conditions = [random_condition(luck, 2) for _ in range(luck.randint(1, 4))]
    expressions = [read_condition(text).expression() for text in conditions]
    tried = EVERY_PURCHASE.select(pl.all_horizontal(expressions).any()).item()
    assert can_hold([tree(text) for text in conditions]) is tried, conditions


@pytest.mark.parametrize("seed", range(30))
def test_decisions_are_those_that_some_purchase_gets(seed):
    luck = random.Random(seed)
    written = [random_condition(luck, 1) for _ in range(3)]
    missing = luck.choice((None, "energy", "seats"))
    tests = [tree(text) for text in written]
    tests += [Missing(FactValue(missing))] if missing else []
    given = tree(random_condition(luck, 1))
    columns = {f"{place}": test.expression() for place, test in enumerate(tests)}
    world = EVERY_PURCHASE.filter(pl.col("price").is_between(99_998, 100_302))
    if missing:
        unknown = world.with_columns(pl.lit(None, world.schema[missing]).alias(missing))
        world = pl.concat([world, unknown])
    expected = world.filter(given.expression()).select(**columns).unique().rows()
    found = dict(Cells([*tests, given]).decisions(tests, [given]))
    assert set(found) == set(expected)
    for answers, purchase in found.items():
        row = fact_row({"seats": 5.0, "price": 0, "energy": "ICE", "first_car": True} | purchase)
        assert row.select(**columns).row(0) == answers


def test_a_comparison_that_was_not_given_is_cut_anew():
    cells = Cells([tree("price > 50000")])
    assert cells.can_hold([tree("price > 50000"), tree("seats = 5")]) is True
    assert cells.witness([tree("seats = 5")]) == {"seats": 5.0}
    assert cells.can_hold([tree("seats < 5"), tree("seats > 5")]) is False


def test_nothing_asked_holds_and_no_choice_does_not():
    assert can_hold([]) is True
    assert can_hold([All(())]) is True
    assert can_hold([Some(())]) is False
    assert can_hold([Not(Some(())), tree("price > 50000")]) is True


def test_prices_between_two_neighbouring_fen_do_not_exist():
    assert can_hold([tree("price > 50000"), tree("price < 50000.01")]) is False
    assert can_hold([tree("price > 50000"), tree("price < 50000.02")]) is True


def test_a_condition_that_every_car_passes_refuses_no_one():
    assert refuses_someone(tree("price >= 0"), []) is False
    assert refuses_someone(tree("price >= 50000"), []) is True
    assert refuses_someone(tree("price >= 40000"), [tree("price >= 50000")]) is False
    all_energies = "energy IN ('ICE','HEV','PHEV','EREV','BEV','FCEV')"
    assert refuses_someone(tree(all_energies), []) is False


def test_intervals_move_days_by_the_calendar():
    a_year_old = tree("trade_in_registered <= DATE '2023-03-01' - INTERVAL '1 year'")
    assert can_hold([a_year_old, tree("trade_in_registered >= DATE '2022-03-01'")]) is True
    assert can_hold([a_year_old, tree("trade_in_registered > DATE '2022-03-01'")]) is False


# Months: every pair of days in a window around the end of a leap February.
WINDOW = [date(2019, 12, 20) + timedelta(days=step) for step in range(450)]
PAIRS = pl.DataFrame({"invoice_date": WINDOW}).join(
    pl.DataFrame({"trade_in_registered": WINDOW}), how="cross"
)
IN_WINDOW = [
    tree(f"{name} BETWEEN DATE '{WINDOW[0]}' AND DATE '{WINDOW[-1]}'") for name in PAIRS.columns
]


def random_months(luck: random.Random) -> str:
    one, two = luck.sample(PAIRS.columns, 2)
    sign = luck.choice(("=", "<>", "<", "<=", ">", ">="))
    months, days = luck.choice((1, 2, 3, 12, 13)), luck.choice((28, 29, 30, 31, 59, 60, 365, 366))
    day = date(2020, 2, 27) + timedelta(days=luck.randint(0, 3))
    return luck.choice(
        (
            f"{one} + INTERVAL '{months} months' {sign} {two}",
            f"{one} {sign} {two} - INTERVAL '{months} months'",
            f"{one} - {two} {sign} {days}",
            f"{one} + INTERVAL '1 month' {sign} DATE '{day}'",
            f"{one} {sign} DATE '{day}'",
        )
    )


@pytest.mark.parametrize("seed", range(60))
def test_months_between_two_facts_agree_with_trying_every_pair_of_days(seed):
    luck = random.Random(seed)
    conditions = [tree(random_months(luck)) for _ in range(luck.randint(2, 4))]
    tried = PAIRS.select(pl.all_horizontal([each.expression() for each in conditions]).any())
    assert can_hold([*IN_WINDOW, *conditions]) is tried.item(), conditions


@pytest.mark.parametrize(
    ("months", "days", "possible"),
    [
        *[(1, 27, False), (1, 28, True), (1, 29, True), (1, 31, True), (1, 32, False)],
        *[(2, 58, False), (2, 59, True), (2, 60, True), (2, 62, True), (2, 63, False)],
        *[(12, 364, False), (12, 365, True), (12, 366, True), (12, 367, False)],
    ],
)
def test_months_are_as_long_as_some_month_is(months, days, possible):
    later = tree(f"trade_in_registered + INTERVAL '{months} months' = invoice_date")
    between = tree(f"invoice_date - trade_in_registered = {days}")
    assert can_hold([later, between]) is possible


def test_numbers_are_tried_where_whole_days_leave_room():
    whole = [tree("invoice_date - order_date + seats = 2.5"), tree("seats < 0.9")]
    assert Cells(whole).witness([*whole, tree("seats > 0.4")])["seats"] == 0.5
    assert can_hold([*whole, tree("seats < 0.4"), tree("seats > 0.1")]) is False


def test_facts_are_crossed_only_where_conditions_tie_them():
    apart = [
        f"{fact} = {number}"
        for fact in ("seats", "battery_kwh", "co2_g_km")
        for number in range(99)
    ]
    assert can_hold([Not(tree(text)) for text in apart]) is True


def test_above_a_million_cells_nobody_looks():
    facts = ("seats", "displacement_l", "electric_range_km", "battery_kwh")
    apart = [" OR ".join(f"{fact} = {number}" for number in range(40)) for fact in facts]
    chain = [
        Some(tuple(All((tree(f"{one} = {n}"), tree(f"{two} = {n + 1}"))) for n in range(39)))
        for one, two in pairwise(facts)
    ]
    assert can_hold([tree(" OR ".join(f"({text})" for text in apart[:3]))]) is True
    assert can_hold([Some(tuple(map(tree, apart)))]) is None
    assert can_hold(chain) is True


def test_a_pattern_is_never_called_a_contradiction():
    assert can_hold([tree("brand LIKE 'a%'"), tree("brand LIKE '%b'"), tree("brand <> 'ab'")]) in (
        True,
        None,
    )


def test_missing_counts_only_where_a_condition_asks_for_it():
    assert can_hold([tree("brand IS NULL")]) is True
    assert can_hold([tree("brand IS NULL"), tree("brand = 'a'")]) is False
