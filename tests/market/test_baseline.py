"""The baseline forecast, by hand and on real sales."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from promo.market import baseline, calendar
from promo.market.baseline import ForecastRules, PlateQuota, forecast
from promo.market.columns import load_sales_map
from promo.market.sales import import_sales, vehicles_of
from promo.market.synthetic import past_months


def sales_of(cells: dict[str, list[int]], until: date) -> pl.DataFrame:
    """A sales history: cars a month of each vehicle, up to a month."""
    rows = []
    for vehicle, units in cells.items():
        months = past_months(until, len(units))
        rows += [(month, vehicle, cars) for month, cars in zip(months, units, strict=True)]
    schema = {"month": pl.Date, "vehicle": pl.String, "units": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def vehicles_named(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"vehicle": names})


@pytest.fixture
def ordinary_months(monkeypatch):
    """Every month weighs the same: numbers can then be computed by hand."""
    monkeypatch.setattr(baseline, "calendar_weights", lambda months, _=None: np.ones(len(months)))


def test_level_and_season_by_hand(ordinary_months):
    # Two years at 100 cars a month, except every December at 220. The year's mean is 110, and the
    # centred twelve-month mean is 110 in every month, so December's factor is 2 and the others
    # 100/110. September to November 2022 are ordinary: level 110. December 2022: 220 cars.
    year = [100] * 11 + [220]
    sales = sales_of({"a": [220, *year, *year[:-1]]}, date(2022, 11, 1))
    found = forecast(sales, vehicles_named("a"), date(2022, 12, 1), date(2023, 1, 31))
    assert found.monthly["cars"].to_list() == pytest.approx([220.0, 100.0])
    assert found.daily.shape == (62, 1)
    assert found.daily[:31].sum() == pytest.approx(220.0)
    assert found.daily[31:].sum() == pytest.approx(100.0)


def test_the_level_is_the_mean_of_the_last_three_months(ordinary_months):
    sales = sales_of({"a": [50] * 3 + [90, 100, 110]}, date(2022, 6, 1))  # under a year: no season
    found = forecast(sales, vehicles_named("a"), date(2022, 7, 1), date(2022, 7, 31))
    assert found.monthly["cars"].to_list() == pytest.approx([100.0])
    assert any("6 months" in warning.en for warning in found.warnings)


def test_below_two_years_seasonal_factors_are_damped(ordinary_months):
    # Twelve months, mean 110: December's raw factor is 2; half of two years is known, so
    # 1 + (2 - 1) / 2 = 1.5.
    totals = np.array([100.0] * 11 + [220.0])
    months = past_months(date(2022, 12, 1), 12)
    assert baseline.seasonal_factors(totals, months)[11] == pytest.approx(1.5)


def test_trend_grows_by_half_of_last_years_growth(ordinary_months):
    # 100 a month, then 121: growth 1.21, half of it a year is sqrt(1.21) = 1.1. The factors by
    # ratio to the centred mean are no season here only far from the step, so use level months.
    months = past_months(date(2022, 12, 1), 24)
    totals = np.array([100.0] * 12 + [121.0] * 12)
    ahead = (date(2023, 11, 1),)  # twelve months after the centre of the level, October 2022 + 1
    flat = baseline.level_and_season(totals, months, ahead)
    grown = baseline.level_season_and_trend(totals, months, ahead)
    assert grown[0] / flat[0] == pytest.approx(1.1)


def test_a_calendar_heavy_month_gets_more_cars():
    # A constant rate a weighted day: each month's total is its calendar weight.
    months = past_months(date(2022, 12, 1), 36)
    totals = baseline.calendar_weights(months)
    ahead = (date(2023, 1, 1), date(2023, 2, 1))
    found = baseline.level_and_season(totals, months, ahead)
    expected = [calendar.month_weight(month) for month in ahead]
    assert found.tolist() == pytest.approx(expected, rel=1e-9)


def test_shares_handle_vehicles_that_enter_and_leave():
    # Stays: 60 of the city's 100 a month. Leaves: 40 a month until four months ago. Enters four
    # months ago with 40 a month: since then the city sold 400, it 160.
    stays = [60] * 12
    leaves = [40] * 8 + [0] * 4
    enters = [0] * 8 + [40] * 4
    shares = baseline.vehicle_shares(np.array([stays, leaves, enters], dtype=np.int64).T)
    assert shares.tolist() == pytest.approx([0.6, 0.0, 0.4])


def test_a_plate_quota_caps_the_month_and_no_error_lifts_it(ordinary_months):
    sales = sales_of({"a": [100] * 36}, date(2022, 12, 1))
    quota = (PlateQuota(date(2023, 2, 1), None, 80.0),)
    found = forecast(
        sales,
        vehicles_named("a"),
        date(2023, 1, 1),
        date(2023, 2, 28),
        ForecastRules(quota=quota),
    )
    assert found.monthly["cars"].to_list() == pytest.approx([100.0, 80.0])
    factors = found.level_factors(np.array([1.0, 1.5, 0.5]))
    assert factors[:, 0].tolist() == pytest.approx([1.0, 1.5, 0.5])
    # February: 150 cars are still capped at 80; 50 are below the quota
    assert factors[:, 40].tolist() == pytest.approx([1.0, 1.0, 50 / 80])


def test_sales_of_the_campaign_months_do_not_enter_their_own_baseline(ordinary_months):
    before = sales_of({"a": [100] * 24}, date(2022, 10, 1))
    with_campaign = pl.concat(
        [before, pl.DataFrame({"month": [date(2022, 11, 1)], "vehicle": ["a"], "units": [900]})]
    )
    window = (date(2022, 11, 1), date(2022, 12, 31))
    one = forecast(before, vehicles_named("a"), *window)
    other = forecast(with_campaign, vehicles_named("a"), *window)
    np.testing.assert_array_equal(one.daily, other.daily)


def test_a_break_within_the_last_year_is_said():
    months = past_months(date(2022, 12, 1), 36)
    weights = baseline.calendar_weights(months)
    steady = np.round(100 * weights)
    halved = steady.copy()
    halved[-5:] *= 0.5
    assert baseline.break_in_last_year(steady, months) is None
    warning = baseline.break_in_last_year(halved, months)
    assert warning is not None
    assert "2022-08" in warning.en


def test_a_short_history_gives_a_judged_range_and_says_so():
    sales = sales_of({"a": [100] * 18}, date(2022, 10, 1))
    found = forecast(sales, vehicles_named("a"), date(2022, 11, 1), date(2022, 12, 31))
    assert found.backtest.is_empty()
    assert found.level_error.status == "judgement"
    assert found.level_error.low < 1 < found.level_error.high


def test_the_backtest_measures_a_known_error(ordinary_months):
    # Growth of 10 % a month: the level (mean of three) and the flat season miss it by a known
    # factor. Three months' mean is L = x(1 + 1/1.1 + 1/1.21)/3 = 0.91184 x; the next month 1.1 x.
    totals = 100 * 1.1 ** np.arange(24.0)
    months = past_months(date(2022, 12, 1), 24)
    cast = baseline.hindcasts(totals[:10], months[:10], 1, 5)[0]  # under a year: no season
    assert cast.method == "level_and_season"
    assert cast.level_errors.tolist() == pytest.approx([1.1 / 0.911846] * 5, rel=1e-5)


@pytest.fixture(scope="module")
def shijiazhuang(data_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shijiazhuang")
    loaded = load_sales_map(str(Path(__file__).parent / "shijiazhuang-map.yaml"))
    source = f"{data_folder}/china_cities_model_month.parquet"
    return import_sales(source, loaded, out=str(folder / "sales.parquet")).rows


def test_2010_to_2013_predict_2014_better_than_the_same_month_a_year_earlier(shijiazhuang, capsys):
    vehicles = vehicles_of(shijiazhuang)
    months = past_months(date(2014, 12, 1), 12)
    came = (
        shijiazhuang.filter(pl.col("month").dt.year() == 2014)
        .group_by("month")
        .agg(pl.col("units").sum())
        .sort("month")["units"]
        .to_numpy()
    )
    assert came.sum() == 229_009  # the file's own total for 2014

    def error(method: str) -> float:
        rules = ForecastRules(method=method)
        window = (date(2014, 1, 1), date(2014, 12, 31))
        expected = forecast(shijiazhuang, vehicles, *window, rules).monthly
        assert expected["month"].to_list() == list(months)
        return float(np.mean(np.abs(expected["cars"].to_numpy() - came) / came))

    errors = {method: error(method) for method in baseline.FORECASTERS}
    with capsys.disabled():
        shown = ", ".join(f"{name} {value:.1%}" for name, value in errors.items())
        print(f"\nShijiazhuang, months of 2014 from 2010-2013, mean absolute error: {shown}")  # noqa: T201 - asked for
    assert errors["level_and_season"] < errors["same_month_last_year"]
    assert errors["level_season_and_trend"] < min(
        errors["same_month_last_year"], errors["last_month"]
    )
