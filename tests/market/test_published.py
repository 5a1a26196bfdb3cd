"""Markets whose monthly totals are published; old cars and calendars in the market file."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from promo.market import calendar
from promo.market.market import load_market
from promo.market.opening import open_market
from promo.market.totals import load_totals, shared_out

US = str(Path(__file__).parents[2] / "campaigns" / "us" / "market.yaml")

CATALOGUE = """\
vehicle,made_in,energy,price,share,vehicle_category,miles_per_gallon
small,here,ICE,20000,0.25,passenger,30
large,there,ICE,40000,0.75,category 2,15
"""
MARKET = """\
id: published
place: here
title: {{zh: 市场, en: a market}}
calendar: US
sales: {{published: {{totals: sales.csv, catalogue: vehicles.csv, source: made up}}}}
buyers:
  - {{id: everybody, share: 100%{more}}}
"""


@pytest.fixture
def market(tmp_path):
    """A function that writes a market with published totals and returns its path."""

    def write(totals="month,cars\n2009-04,100\n2009-05,201\n2009-06,98\n", more=""):
        (tmp_path / "sales.csv").write_text(totals, encoding="utf-8")
        (tmp_path / "vehicles.csv").write_text(CATALOGUE, encoding="utf-8")
        (tmp_path / "market.yaml").write_text(MARKET.format(more=more), encoding="utf-8")
        return str(tmp_path / "market.yaml")

    return write


def test_totals_are_shared_out_and_no_car_is_lost(market):
    opened = open_market(load_market(market()).required(), market())
    by_month = opened.sales.group_by("month", maintain_order=True).agg(pl.col("units").sum())
    assert by_month["units"].to_list() == [100, 201, 98]
    # 25, 50.25 and 24.5 small cars; a half goes to the even number.
    small = opened.sales.filter(pl.col("vehicle") == "small")
    assert small["units"].to_list() == [25, 50, 24]


def test_a_catalogue_tells_facts_that_rules_ask_for(market):
    opened = open_market(load_market(market()).required(), market())
    assert opened.vehicles["miles_per_gallon"].to_list() == [30.0, 15.0]
    assert opened.vehicles["vehicle_category"].to_list() == ["passenger", "category 2"]
    assert "list_price" not in opened.vehicles.columns


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("2009-04,100\n2009-06,98\n", "D903"),
        ("2009-05,100\n2009-04,98\n", "D903"),
        ("2009-13,100\n", "V201"),
        ("2009-04,-3\n", "D902"),
    ],
)
def test_wrong_totals_are_found_where_they_stand(market, rows, code):
    loaded = load_market(market("month,cars\n" + rows))
    assert loaded.value is None
    assert [each.code for each in loaded.diagnostics] == [code]


def test_an_old_car_needs_the_fact_that_it_is_given_up(market):
    old = ", old_car: {value: 1500}"
    assert [d.code for d in load_market(market(more=old)).diagnostics] == ["K102"]
    given = ", facts: {trade_in: scrapped}" + old
    assert load_market(market(more=given)).diagnostics == ()


def test_types_stand_in_equal_parts_by_the_value_of_their_old_car(market):
    """Thirds of a lognormal: their middles lie at exp(-0.6745 x 1.434) ... by 1/6, 1/2 and 5/6."""
    more = ", facts: {trade_in: scrapped}, old_car: {value: 1500, dispersion: 0.7}"
    types = open_market(load_market(market(more=more)).required(), market(more=more)).types
    assert types["share"].to_list() == pytest.approx([1 / 3] * 3)
    # The normal quantile of 5/6 is 0.96742.
    assert types["old_car_multiple"].to_list() == pytest.approx(
        [2.718281828 ** (-0.7 * 0.96742), 1.0, 2.718281828 ** (0.7 * 0.96742)], rel=1e-4
    )


def test_an_american_calendar_has_american_holidays():
    assert calendar.is_public_holiday(date(2009, 11, 26), "US")  # Thanksgiving
    assert not calendar.is_public_holiday(date(2009, 10, 1), "US")  # China's national day
    worked = calendar.plant_days(
        date(2009, 9, 28), date(2009, 10, 4), days_per_week=5, country="US"
    )
    assert worked.tolist() == [1, 1, 1, 1, 1, 0, 0]
    weights = calendar.CALENDARS["US"]
    assert calendar.day_shares(
        date(2009, 8, 1), date(2009, 8, 31), weights
    ).sum() == pytest.approx(1)


def test_american_plants_close_in_july_as_they_did_before_2009(data_folder):
    """July against June and August, 2003 to 2008: 0.66 of the output, by 0.03 of working days."""
    source = f"{data_folder}/us_auto_monthly_1993_2010.csv"
    series = pl.read_csv(source)  # noqa: TID251 - the series that the shutdown was read from
    built = dict(series.select("month", "DAUPNSA").iter_rows())
    july = sum(built[f"{year}-07"] for year in range(2003, 2009))
    around = sum(
        built[f"{year}-{month}"] / 2 for year in range(2003, 2009) for month in ("06", "08")
    )

    def worked(month, last):
        ends = ((date(y, month, 1), date(y, month, last)) for y in range(2003, 2009))
        return sum(
            calendar.plant_days(*each, days_per_week=5, country="US").sum() for each in ends
        )

    days = worked(7, 31) / ((worked(6, 30) + worked(8, 31)) / 2)
    assert days == pytest.approx(july / around, abs=0.03)


def test_the_american_market_returns_its_sources():
    """Mean price 26,915 USD (Edmunds, August 2009), 21.8 mpg (Edmunds, May and June 2009); Reuters
    for January to June 2009: 2,553,727 cars and 3,503,852 domestic vehicles of 4,785,158."""
    loaded = load_market(US)
    opened = open_market(loaded.required(), US)
    cars = opened.sales.group_by("vehicle").agg(pl.col("units").sum())
    sold = opened.vehicles.join(cars, on="vehicle")
    weight = sold["units"] / sold["units"].sum()
    assert (weight * sold["price"]).sum() / 100 == pytest.approx(26_915, rel=0.01)
    assert (weight * sold["miles_per_gallon"]).sum() == pytest.approx(21.8, rel=0.03)
    passenger = weight.filter(sold["vehicle_category"] == "passenger").sum()
    domestic = weight.filter(sold["made_in"] != "overseas").sum()
    assert passenger == pytest.approx(2_553_727 / 4_785_158, abs=0.005)
    assert domestic == pytest.approx(3_503_852 / 4_785_158, abs=0.005)


def test_the_american_totals_are_those_of_the_series(data_folder):
    totals, findings = load_totals(str(Path(US).parent / "sales.csv"))
    assert totals is not None
    assert findings == ()
    source = f"{data_folder}/us_auto_monthly_1993_2010.csv"
    series = pl.read_csv(source).filter(  # noqa: TID251 - the series the table was typed from
        pl.col("month").is_between(pl.lit("2003-07"), pl.lit("2009-06"))
    )
    assert totals.monthly["cars"].to_list() == (
        (series["TOTALNSA"] * 1000).round().cast(pl.Int64).to_list()
    )


def test_nothing_is_lost_where_shares_are_odd():
    totals = pl.DataFrame({"month": [date(2009, 6, 1)], "cars": [7]})
    vehicles = pl.DataFrame({"vehicle": ["a", "b", "c"]})
    third = pl.Series([1 / 3, 1 / 3, 1 / 3])
    assert shared_out(totals, vehicles, third)["units"].to_list() == [2, 3, 2]
