"""Made-up sales and invoices: their margins, their check digits, the same bytes every time."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from stdnum.cn import ric, uscc

from promo.market import synthetic
from promo.market.synthetic import BLOCK_ROWS, Margins, Trade, generate_sales

MARGINS = Margins(cars_per_year=40_000, trend_per_year=0.1, months=36, until=date(2022, 10, 1))
VEHICLES = pl.DataFrame(
    {
        "vehicle": ["甲", "乙", "丙"],
        "maker": ["一", "二", "二"],
        "made_in": ["开封", "外地", "外地"],
        "energy": ["ICE", "BEV", "PHEV"],
        "displacement_l": [1.5, None, 1.5],
        "price": [8_000_000, 12_000_000, 20_000_000],
    }
)
SHARES = pl.Series([0.5, 0.3, 0.2])


@pytest.fixture(scope="module")
def trade() -> Trade:
    days = tuple(date(2022, 1, 1) + timedelta(days=number) for number in range(365))
    return Trade(VEHICLES, SHARES, days)


@pytest.fixture(scope="module")
def block(trade) -> pl.DataFrame:
    return synthetic.invoices(trade, synthetic.pools(7), range(5_000), seed=7)


def test_expected_sales_keep_the_published_margins():
    totals = synthetic.expected_totals(MARGINS)
    assert totals.shape == (36,)
    assert totals[-12:].sum() == pytest.approx(40_000)  # cars a year, as published
    assert totals.argmax() == 25  # December 2021, counted from November 2019
    # October 2022 over October 2021: a tenth more, but for the calendar of the two months
    weights = [synthetic.calendar.month_weight(date(year, 10, 1)) for year in (2021, 2022)]
    assert totals[-1] / totals[-13] == pytest.approx(1.1 * weights[1] / weights[0])


def test_generated_counts_are_poisson_around_shares():
    sales = generate_sales(VEHICLES, SHARES, MARGINS, seed=1)
    assert sales.height == 36 * 3
    by_vehicle = dict(sales.group_by("vehicle").agg(pl.col("units").sum()).rows())
    total = sum(by_vehicle.values())
    # a share of n cars has a standard error of sqrt(p (1 - p) / n), n about 100,000: 0.0016
    assert by_vehicle["甲"] / total == pytest.approx(0.5, abs=5 * 0.0016)


def test_the_same_seed_gives_the_same_sales_and_another_seed_others():
    one, same, other = (generate_sales(VEHICLES, SHARES, MARGINS, seed=seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_identity_cards_pass_the_official_check(block):
    numbers = block["购买方证件号码"].to_list()
    persons = [number for number in numbers if not uscc.is_valid(number)]
    assert 0.88 < len(persons) / len(numbers) < 0.96  # firms are 8 %: five standard errors
    assert all(ric.calc_check_digit(number) == number[-1] for number in persons)
    # the oracle's list of places starts in the 1980s
    young = [number for number in persons if number[6:10] >= "1985"]
    assert len(young) > 500
    assert all(ric.is_valid(number) for number in young)


def test_firm_codes_pass_both_official_checks():
    codes = synthetic.firm_numbers(synthetic.stream(3), 2_000)
    assert all(uscc.is_valid(code) for code in codes)


def check_digit_of(number: str) -> str:
    """GB 16735 by the book, one letter at a time (independent of the code under test)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    total = sum(
        int(values.get(letter, letter)) * weight
        for letter, weight in zip(number, weights, strict=True)
    )
    return "0123456789X"[total % 11]


@pytest.mark.parametrize(
    "number", ["1M8GDM9AXKP042788", "LFV2A1151H3201804", "LBEHDAEB58Y038860", "LTA1278U35X132040"]
)
def test_the_book_agrees_with_real_vehicle_numbers(number):
    assert check_digit_of(number) == number[8]


def test_vehicle_numbers_are_unique_with_right_check_digits():
    serials = np.array([0, 1, 999_999, 1_000_000, 9_999_999, 123_456_789])
    numbers = synthetic.vehicle_numbers(["LVV", "LGX", "LSJ", "LH1", "LJN", "LVV"], "N", serials)
    assert numbers.n_unique() == 6
    assert all(check_digit_of(number) == number[8] for number in numbers)
    assert not numbers.str.contains("[IOQ]").any()


def test_vat_and_price_without_it_add_up_to_the_fen(block):
    fen = block.select((pl.col("价税合计", "不含税价", "增值税税额") * 100).round().cast(pl.Int64))
    whole, net, tax = fen.to_numpy().T
    assert (net + tax == whole).all()
    assert (np.abs(net * 113 - whole * 100) <= 57).all()  # within half a fen of whole / 1.13


def test_a_block_is_the_same_alone_and_after_others(trade):
    rows = BLOCK_ROWS + 300
    blocks = list(synthetic.invoice_blocks(trade, rows=rows, seed=9))
    assert [each.height for each in blocks] == [BLOCK_ROWS, 300]
    alone = synthetic.invoices(trade, synthetic.pools(9), range(BLOCK_ROWS, rows), seed=9)
    assert blocks[1].equals(alone)
    everything = pl.concat(blocks)
    assert everything["发票号码"].n_unique() == rows
    assert everything["车辆识别代号"].n_unique() == rows
