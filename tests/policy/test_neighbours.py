"""The purchases next to one hold its smallest change, as a search over all would find it."""

import random
from datetime import date
from itertools import product

import polars as pl
import pytest

from promo.policy.cells import neighbours
from promo.policy.conditions import POLARS_TYPES
from promo.policy.eligibility import read_condition
from promo.policy.texts import ANOTHER
from promo.schema import FACTS

MONEY = ("price", "price_ex_vat", "list_price")
MIDDLE = 5_000_000
WORLD = pl.DataFrame(
    list(product(range(MIDDLE - 13, MIDDLE + 14), repeat=3)),
    schema={name: POLARS_TYPES[FACTS[name].type] for name in MONEY},
    orient="row",
)


def tree(text: str):
    return read_condition(text).tree


def yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def random_condition(luck: random.Random) -> str:
    one, two, three = luck.sample(MONEY, 3)
    sign = luck.choice(("=", "<>", "<", "<=", ">", ">="))
    near, small = MIDDLE + luck.randint(-4, 4), luck.randint(-4, 4)
    return luck.choice(
        (
            f"{one} {sign} {yuan(near)}",
            f"{one} - {two} {sign} {yuan(small)}",
            f"{one} {sign} {two}",
            f"{one} - {two} + {three} {sign} {yuan(near)}",
            f"({one} < {yuan(near)} OR {two} - {one} {sign} {yuan(small)})",
        )
    )


def least_change(frame: pl.DataFrame, tests, own) -> tuple[int | None, int | None]:
    """Among the rows that fulfil all tests: how few facts change, and how many fen at least."""
    fulfilling = frame.filter([test.expression() for test in tests])
    changes = [(pl.col(name) - own[name]).abs() for name in MONEY]
    found = fulfilling.select(
        few=pl.sum_horizontal([change > 0 for change in changes]),
        fen=pl.sum_horizontal(changes),
    )
    return found["few"].min(), found["fen"].min()


@pytest.mark.parametrize("seed", range(120))
def test_the_smallest_change_is_among_the_neighbours(seed):
    luck = random.Random(seed)
    tests = [tree(random_condition(luck)) for _ in range(luck.randint(1, 3))]
    own = {name: MIDDLE + luck.randint(-3, 3) for name in MONEY}
    vary = luck.sample(MONEY, luck.randint(1, 3))
    frame = neighbours(tests, own, vary)
    assert frame is not None
    assert frame.row(0, named=True) == own
    kept = [pl.col(name) == own[name] for name in MONEY if name not in vary]
    assert least_change(frame, tests, own) == least_change(
        WORLD.filter(pl.lit(value=True), *kept), tests, own
    )


def test_a_number_moves_by_its_least_step_beyond_a_bound():
    tests = [tree("displacement_l < 1.6"), tree("seats > 5")]
    frame = neighbours(tests, {"displacement_l": 2.0, "seats": 5.0}, ["displacement_l", "seats"])
    assert frame is not None
    # the nearest first; zero, below which no number lies, is a bound too
    fulfilling = frame.filter([test.expression() for test in tests])
    assert fulfilling.rows() == [(1.5, 6.0), (0.0, 6.0)]


def test_a_day_follows_the_new_value_of_the_day_it_is_compared_with():
    tests = [
        tree("invoice_date >= DATE '2022-11-01'"),
        tree("trade_in_registered + INTERVAL '1 year' <= invoice_date"),
        tree("registration_date - invoice_date <= 30"),
        tree("registration_date >= invoice_date"),
    ]
    own = {
        "invoice_date": date(2022, 10, 20),
        "trade_in_registered": date(2021, 11, 5),
        "registration_date": date(2022, 10, 25),
    }
    frame = neighbours(tests, own, ["invoice_date", "registration_date"])
    assert frame is not None
    fulfilling = frame.filter([test.expression() for test in tests]).sort("invoice_date")
    assert fulfilling.row(0, named=True) == {
        "invoice_date": date(2022, 11, 5),
        "trade_in_registered": date(2021, 11, 5),
        "registration_date": date(2022, 11, 5),
    }


def test_texts_take_the_value_they_are_compared_with():
    tests = [tree("residence = registered_in"), tree("registered_in <> '郑州'")]
    own = {"residence": "开封", "registered_in": "郑州"}
    frame = neighbours(tests, own, ["registered_in"])
    assert frame is not None
    assert frame["registered_in"].to_list() == ["郑州", "开封", ANOTHER]


def test_a_missing_fact_takes_one_value_of_each_cell():
    frame = neighbours([tree("price >= 50000")], {"price": None}, ["price"])
    assert frame is not None
    assert frame["price"].to_list() == [None, 4_999_999, 5_000_000]


def test_facts_that_no_condition_reads_stay():
    frame = neighbours([tree("price >= 50000")], {"price": 1, "seats": 5.0}, ["seats"])
    assert frame is not None
    assert frame.rows() == [(1, 5.0)]
