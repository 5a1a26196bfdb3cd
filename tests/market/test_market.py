"""Market files: what they say, what is wrong with them, and the frames they open into."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from promo.errors import InputError, PromoError
from promo.market.market import load_market, market_schema
from promo.market.opening import open_market
from promo.market.vehicles import (
    complete,
    group_slow_sellers,
    load_catalogue,
    price_band,
    without_vat,
)
from promo.schema import SALES_COLUMNS, VEHICLE_COLUMNS

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"
MARKET = """\
id: test-market
place: 开封
title: {zh: 测试, en: test}
sales:
  generated:
    seed: 1
    months: 30
    until: 2022-10
    cars_per_year: {assumed: 40000, range: [25000, 68000], why: not published}
    trend_per_year: {assumed: 0%, range: [-8%, 8%], why: not published}
    catalogue: vehicles.csv
buyers:
  - {id: one, share: 60%, income_monthly: 4500.50, facts: {buyer_kind: individual, first_car: yes}}
  - {id: two, share: 40%, facts: {buyer_kind: firm, trade_in_registered: 2012-05-01}}
outside:
  cars_per_month: 1500
  facts: {residence: 郑州}
  travel_cost: {assumed: 8000, range: [4000, 16000], why: a judgement}
plate_quota:
  - {from: 2023-01-01, cars_per_month: 2000}
"""
CATALOGUE = """\
vehicle,model,made_in,energy,price,displacement_l,seats,share
甲 1.5L,甲,开封,ICE,80000,1.5,5,0.6
乙,,外地,BEV,147800,,5,0.4
"""


@pytest.fixture
def write(tmp_path):
    """Write a market and its catalogue; the path of the market file."""
    folder = tmp_path / "campaigns" / "开封"
    folder.mkdir(parents=True)

    def _write(market: str = MARKET, catalogue: str = CATALOGUE) -> str:
        (folder / "vehicles.csv").write_text(catalogue, encoding="utf-8-sig")
        (folder / "market.yaml").write_text(market, encoding="utf-8")
        return str(folder / "market.yaml")

    return _write


def test_a_market_opens_into_typed_frames(write):
    path = write()
    loaded = load_market(path)
    assert loaded.diagnostics == ()
    opened = open_market(loaded.required(), path)
    assert tuple(opened.vehicles.columns) == tuple(VEHICLE_COLUMNS)
    assert tuple(opened.sales.columns) == tuple(SALES_COLUMNS)
    # 147,800 with tax of 13 %: 130,796.46 without (by hand)
    assert opened.vehicles["price_ex_vat"].to_list() == [7_079_646, 13_079_646]
    assert opened.vehicles["model"].to_list() == ["甲", "乙"]
    assert opened.vehicles["segment"].to_list() == ["8-12万元", "12-18万元"]
    types = opened.types.rows(named=True)
    assert types[0]["income_monthly"] == 4500.5
    assert types[1]["income_monthly"] is None
    assert types[0]["first_car"] is True
    assert types[1]["first_car"] is None
    assert types[1]["trade_in_registered"] == date(2012, 5, 1)
    assert opened.outside is not None
    assert opened.outside["residence"].to_list() == ["郑州"]
    assert set(opened.files) == {str(Path(path).parent / "vehicles.csv")}


def test_its_baseline_is_capped_by_its_own_plate_quota_and_judged(write):
    path = write()
    opened = open_market(load_market(path).required(), path)
    found = opened.baseline(date(2022, 11, 1), date(2023, 1, 31))
    assert found.daily.shape == (92, 2)
    assert found.monthly["cars"][2] == pytest.approx(2000)
    assert found.monthly["cars"][0] > 2000
    assert found.level_error.status == "judgement"  # generated sales measure nothing


def test_the_assumptions_are_named_by_their_place_in_the_file(write):
    found = {each.name: each for each in load_market(write()).required().assumptions()}
    assert list(found) == [
        "sales.generated.cars_per_year",
        "sales.generated.trend_per_year",
        "outside.cars_per_month",
        "outside.travel_cost",
        "plate_quota.0.cars_per_month",
    ]
    trend = found["sales.generated.trend_per_year"]
    assert (trend.low, trend.value, trend.high) == (-0.08, 0.0, 0.08)
    assert found["outside.travel_cost"].high == 16_000  # yuan, not fen


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "code"),
    [
        ("share: 60%", "share: 50%", 12, 1, "R412"),
        ("id: two", "id: one", 14, 10, "R410"),
        ("first_car: yes", "first_care: yes", 13, 84, "C303"),
        ("first_car: yes", "first_car: perhaps", 13, 95, "V201"),
        ("first_car: yes", "price: 80000", 13, 84, "C303"),
        ("buyer_kind: firm", "buyer_kind: company", 14, 47, "V206"),
        ("until: 2022-10", "until: 2022-13", 8, 12, "V202"),
        ("until: 2022-10", "until: 2022/10", 8, 12, "V201"),
        ("months: 30", "months: 0", 7, 13, "D903"),
        ("[-8%, 8%]", "[2%, 8%]", 10, 42, "V209"),
        ("catalogue: vehicles.csv", "catalogue: vehicle.csv", 11, 16, "P801"),
        ("catalogue: vehicles.csv", "catalogue: ../../../etc.csv", 11, 16, "P802"),
        ("place: 开封", "plaice: 开封", 2, 1, "K101"),
        ("  - {from: 2023-01-01,", "  - {from: 2023-01-01, to: 2022-01-01,", 20, 28, "V204"),
    ],
)
def test_a_slip_is_found_at_its_place(write, old, new, line, column, code):
    assert old in MARKET
    found = load_market(write(MARKET.replace(old, new))).diagnostics
    assert (line, column, code) in [(each.line, each.column, each.code) for each in found]


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("ICE", "ECI", 2, "V206"),
        ("乙,,", "甲 1.5L,,", 3, "R410"),
        ("0.4\n", "0.3\n", 2, "R412"),
        ("147800", "14万", 3, "D902"),
        ("made_in", "made", 1, "D901"),
    ],
)
def test_a_slip_in_the_catalogue_is_found_in_the_catalogue(write, old, new, line, code):
    found = load_market(write(catalogue=CATALOGUE.replace(old, new))).diagnostics
    assert (line, code) in [(each.line, each.code) for each in found]
    assert all(each.file.endswith("vehicles.csv") for each in found)


def test_two_kinds_of_sales_are_one_too_many(write):
    both = MARKET.replace(
        "  generated:", "  imported: {file: a.parquet, map: b.yaml}\n  generated:"
    )
    assert [each.code for each in load_market(write(both)).diagnostics] == ["K102"]


IMPORTED = MARKET[: MARKET.index("  generated")] + (
    "  imported: {file: data/sales.parquet, map: sales-map.yaml, keep_vehicles: 2}\n"
    + MARKET[MARKET.index("buyers:") :]
)


def test_sales_not_yet_imported_are_a_warning_with_the_command(write):
    path = write(IMPORTED)
    (Path(path).parent / "sales-map.yaml").write_text("x: y\n", encoding="utf-8")
    loaded = load_market(path)
    assert [each.code for each in loaded.diagnostics] == ["P803"]
    assert "promo import FILE --map" in loaded.diagnostics[0].help
    market = loaded.required()  # a warning stops no one
    with pytest.raises(PromoError, match="not imported yet"):
        open_market(market, path)


def history(*cells: tuple[str, str, int, str, int]) -> pl.DataFrame:
    """Rows of an imported history: vehicle, maker, price in yuan, made in, cars a month."""
    months = [date(2022, month, 1) for month in range(1, 7)]
    return pl.DataFrame(
        [
            {
                "month": month,
                "vehicle": vehicle,
                "units": units,
                "model": vehicle,
                "brand": None,
                "maker": maker,
                "made_in": place,
                "segment": None,
                "energy": "ICE",
                "price": price * 100,
                "price_ex_vat": None,
                "displacement_l": 1.5,
                "seats": None,
            }
            for vehicle, maker, price, place, units in cells
            for month in months
        ],
        schema_overrides={"brand": pl.String, "segment": pl.String, "seats": pl.Float64}
        | {"price_ex_vat": pl.Int64, "month": pl.Date},
    )


def test_imported_sales_open_with_the_best_sellers_and_no_car_lost(write):
    path = write(IMPORTED)
    rows = history(
        ("A", "M", 100_000, "外地", 90),
        ("B", "M", 120_000, "外地", 80),
        ("C", "L1", 90_000, "开封", 10),
        ("D", "L2", 90_000, "开封", 9),
        ("E", "N", 60_000, "外地", 1),
    )
    folder = Path(path).parent / "data"
    folder.mkdir()
    rows.write_parquet(folder / "sales.parquet")
    (folder.parent / "sales-map.yaml").write_text("x: y\n", encoding="utf-8")
    opened = open_market(load_market(path).required(), path)
    assert opened.sales["units"].sum() == rows["units"].sum()
    # the two best sellers stay; the others become one row a place, maker (if local), price fifth
    names = opened.vehicles["vehicle"].to_list()
    assert {"A", "B"} < set(names)
    assert len(names) == 5
    local = opened.vehicles.filter(pl.col("made_in") == "开封")
    assert sorted(local["maker"]) == ["L1", "L2"]  # their plants still find them
    assert opened.vehicles.null_count().select(pl.exclude("seats")).sum_horizontal().item() == 0


def test_before_a_day_nothing_later_is_known(write):
    path = write()
    market = load_market(path).required()
    opened = open_market(market, path, date(2022, 6, 20))
    assert opened.sales["month"].max() == date(2022, 5, 1)
    with pytest.raises(PromoError, match="no sales before"):
        open_market(market, path, date(2015, 1, 1))


def test_a_group_has_the_mean_price_of_its_cars():
    rows = history(
        ("A", "M", 100_000, "外地", 50),
        ("X", "M", 60_000, "外地", 3),
        ("Y", "N", 90_000, "外地", 1),
    )
    vehicles = complete(rows.unique("vehicle").select(*VEHICLE_COLUMNS))
    catalogue, sales = group_slow_sellers(
        vehicles, rows.select(*SALES_COLUMNS), keep=1, place="开封"
    )
    # X's 18 cars fill the fifths up to the middle at 9 of 24: fifth 2; Y's middle 21 of 24: 5
    names = sorted(catalogue["vehicle"])
    assert names == ["A", "其他·外地·ICE·价格2档", "其他·外地·ICE·价格5档"]
    assert dict(sales.group_by("vehicle").agg(pl.col("units").sum()).rows())["A"] == 300


@pytest.mark.parametrize(
    ("price", "net"),
    [(550_000_00, 486_725_66), (147_800_00, 130_796_46), (339_000_00, 300_000_00)],
)
def test_price_without_vat_as_on_real_invoices(price, net):
    # 550,000 -> 486,725.66 is a printed invoice of 13 %; 339,000 -> 300,000 the tax-cut's ceiling
    assert pl.select(without_vat(pl.lit(price))).item() == net


def test_price_bands_begin_at_their_name():
    prices = pl.DataFrame({"p": [49_999_99, 50_000_00, 350_000_00]})
    assert prices.select(price_band(pl.col("p"))).to_series().to_list() == [
        "5万元以下",
        "5-8万元",
        "35万元以上",
    ]


def test_a_missing_catalogue_is_an_input_error(write):
    path = write()
    market = load_market(path).required()
    (Path(path).parent / "vehicles.csv").unlink()
    with pytest.raises(InputError):
        open_market(market, path)


def test_the_schema_for_editors_knows_every_key():
    properties = market_schema()["properties"]
    for key in ("sales", "buyers", "outside", "without", "plate_quota", "behaviour"):
        assert key in properties


def test_the_markets_of_the_campaigns_are_right():
    kaifeng = load_market(str(CAMPAIGNS / "kaifeng" / "market.yaml"))
    assert kaifeng.diagnostics == ()
    opened = open_market(kaifeng.required(), kaifeng.path)
    assert 35_000 < opened.sales.tail(12 * opened.vehicles.height)["units"].sum() < 45_000
    tianjin = load_market(str(CAMPAIGNS / "tianjin" / "market.yaml"))
    assert [each.code for each in tianjin.diagnostics if each.code != "P803"] == []
    catalogue, findings = load_catalogue(str(CAMPAIGNS / "kaifeng" / "vehicles.csv"))
    assert findings == ()
    assert catalogue is not None
    assert catalogue.shares.sum() == pytest.approx(1.0)
