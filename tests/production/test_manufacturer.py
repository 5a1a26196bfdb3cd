"""The file of an enterprise: what it gives, and which senseless entries are found, and where."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from promo.production.accounts import CityMultiplier, LocalisedTable
from promo.production.manufacturer import (
    Manufacturer,
    built_here,
    load_manufacturer,
    manufacturer_schema,
    plant_lines,
    plant_parameters,
    plant_rates,
    usual_capacity_per_month,
)
from promo.textfile import Loaded

EXAMPLES = (
    "kaifeng/manufacturers/chery-henan.yaml",
    "tianjin/manufacturers/faw-toyota-tianjin.yaml",
    "tianjin/manufacturers/faw-xiali.yaml",
)
CAMPAIGNS = Path(__file__).parents[2] / "campaigns"

TEXT = """\
id: plant
name: {zh: 工厂, en: The plant}
place: 开封
maker: 甲
source: a report
lines:
  - {id: one, rate_per_hour: 30, hours_per_shift: 10, shifts: 2, days_per_week: 6,
     availability: 90%, models: all}
  - {id: two, rate_per_hour: 20, hours_per_shift: 8, shifts: 1, days_per_week: 5,
     availability: 50%, models: [乙, 丙]}
base_load_per_month: 9000
stock: {dealers_months: 1.2, target_months: 1.2, dealer_speed_per_month: 50%, plant_months: 0.2}
planning:
  announced_share: {assumed: 50%, range: [0%, 100%], why: nobody said}
  lead_time_weeks: 6
  overtime_share: 15%
  stock_speed_per_month: 25%
  expectation_speed_per_month: 40%
  shipping_days: 2
accounts: {value_added_rate: 22%}
"""


def load_text(tmp_path: Path, text: str) -> Loaded[Manufacturer]:
    path = tmp_path / "plant.yaml"
    path.write_text(text, encoding="utf-8")
    return load_manufacturer(str(path))


@pytest.fixture
def plant(tmp_path: Path) -> Manufacturer:
    return load_text(tmp_path, TEXT).required()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_shipped_enterprises_hold_no_findings(name: str) -> None:
    loaded = load_manufacturer(str(CAMPAIGNS / name))
    assert loaded.diagnostics == ()
    assert all(
        each.name.startswith(f"{loaded.required().id}.")
        for each in loaded.required().assumptions()
    )


def test_capacity_is_rate_by_hours_by_shifts_by_availability(plant: Manufacturer) -> None:
    # (30 x 10 x 2 x 0.9 x 6 + 20 x 8 x 1 x 0.5 x 5) x 30.4 / 7
    assert usual_capacity_per_month(plant) == pytest.approx((3240 + 400) * 30.4 / 7)


def test_lines_work_their_days_and_pool_by_models(plant: Manufacturer) -> None:
    monday = date(2022, 11, 7)
    days = [monday + timedelta(days=each) for each in range(7)]
    lines = plant_lines(plant, days=days, models=["丁", "乙"], drawn={}, draws=2)
    assert lines.capacity[1, :, 0].tolist() == pytest.approx([540.0] * 6 + [0.0])
    assert lines.capacity[1, :, 1].tolist() == pytest.approx([80.0] * 5 + [0.0] * 2)
    assert lines.line_of.tolist() == [0, 1]


def test_a_drawn_assumption_replaces_the_value_of_the_file(plant: Manufacturer) -> None:
    drawn = {
        "plant.planning.announced_share": np.array([0.0, 1.0]),
        "plant.planning.lead_time_weeks": np.array([4.4, 7.6]),
        "plant.lines.one.availability": np.array([0.5, 1.0]),
    }
    parameters = plant_parameters(plant, drawn, 2)
    assert parameters.announced_share.tolist() == [0.0, 1.0]
    assert parameters.lead_time_weeks.tolist() == [4, 8]
    assert parameters.base_load_per_month.tolist() == [9000.0, 9000.0]
    days = [date(2022, 11, 7)]
    lines = plant_lines(plant, days=days, models=["丁"], drawn=drawn, draws=2)
    assert lines.capacity[:, 0, 0].tolist() == pytest.approx([300.0, 600.0])


def test_the_files_own_accounts_come_before_the_defaults(plant: Manufacturer) -> None:
    rates = plant_rates(plant, {}, 1)
    assert rates.value_added_rate.item() == pytest.approx(0.22)
    # the table's own, for a fifth of the parts bought in the city: (0.292 - 0.2204) / 0.196
    assert rates.supplier_value_added_rate.item() == pytest.approx(0.3675, abs=1e-3)


def test_direct_inputs_have_the_rates_of_the_parts_industry(tmp_path: Path) -> None:
    text = TEXT.replace("value_added_rate: 22%", "local_input_share: 20%")
    plant = load_text(tmp_path, text).required()
    assert plant_rates(plant, {}, 1).supplier_value_added_rate.item() == pytest.approx(0.1924)
    assert not any("local_parts_share" in each.name for each in plant.assumptions())


def test_without_a_word_on_suppliers_the_national_table_is_localised(plant: Manufacturer) -> None:
    drawn = {
        "plant.accounts.local_parts_share": np.array([0.35]),
        "plant.accounts.local_goods_share": np.array([0.15]),
    }
    upstream = plant_rates(plant, drawn, 1).upstream
    assert isinstance(upstream, LocalisedTable)
    assert upstream.output(np.array([100.0]), np.array([0.2])).item() == pytest.approx(
        27.0, abs=0.1
    )
    names = {each.name for each in plant.assumptions()}
    assert {"plant.accounts.local_parts_share", "plant.accounts.local_services_share"} <= names
    assert "plant.accounts.supplier_value_added_rate" not in names


def test_a_city_multiplier_takes_the_place_of_local_inputs(tmp_path: Path) -> None:
    text = TEXT.replace("value_added_rate: 22%", "city_multiplier: 1.3")
    plant = load_text(tmp_path, text).required()
    assert plant_rates(plant, {}, 1).upstream == CityMultiplier(np.array([1.3]))
    assert not any("local_input_share" in each.name for each in plant.assumptions())


@pytest.mark.parametrize(
    ("old", "new", "at", "code"),
    [
        ("base_load_per_month: 9000", "base_load_per_month: 90000", "90000", "R415"),
        ("id: two", "id: one", "one, rate_per_hour: 20", "R410"),
        ("days_per_week: 5,", "days_per_week: 8,", "8,\n", "V205"),
        ("value_added_rate: 22%", "city_multiplier: 2.954", "2.954", "R414"),
        (
            "value_added_rate: 22%",
            "local_input_share: 20%, city_multiplier: 1.3",
            "city_multiplier",
            "R413",
        ),
        ("announced_share:", "anounced_share:", "anounced_share", "K101"),
        ("availability: 90%", "availability: 900%", "900%", "V203"),
        ("shifts: 1,", "shifts: 1.5,", "1.5", "V201"),
    ],
)
def test_a_senseless_entry_is_found_where_it_stands(
    tmp_path: Path, old: str, new: str, at: str, code: str
) -> None:
    text = TEXT.replace(old, new, 1)
    before = text[: text.index(at)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    findings = load_text(tmp_path, text).diagnostics
    assert (line, column, code) in [(each.line, each.column, each.code) for each in findings]


def test_published_numbers_without_a_source_draw_a_warning(tmp_path: Path) -> None:
    findings = load_text(tmp_path, TEXT.replace("source: a report\n", "")).diagnostics
    assert {each.code for each in findings} == {"S701"}
    assert all("announced_share" not in each.message for each in findings)


def test_a_model_cannot_stand_on_two_different_groups(tmp_path: Path) -> None:
    text = TEXT.replace("models: all", "models: [乙]")
    assert "R401" in {each.code for each in load_text(tmp_path, text).diagnostics}


def test_only_this_makers_cars_of_this_place_are_built_here(plant: Manufacturer) -> None:
    vehicles = pl.DataFrame(
        {
            "model": ["乙", "丁", "丁", "丁"],
            "maker": ["甲", "甲", "别家", None],
            "made_in": ["开封", "开封", "开封", "开封"],
        }
    )
    assert built_here(plant, vehicles).tolist() == [True, True, False, False]


def test_editors_get_a_schema_that_names_every_section() -> None:
    assert {"lines", "stock", "planning", "accounts"} <= set(manufacturer_schema()["properties"])
