"""Suppliers, scenarios and measures: what is left on a day, by hand; and what cannot be meant."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from promo.production.manufacturer import Manufacturer, load_manufacturer, plant_lines
from promo.production.manufacturer import plant_parameters as parameters_of
from promo.production.stability import WORDS, Constraint, MeasureKind, ScenarioKind
from promo.schema import Floats
from promo.textfile import Loaded

TEXT = """\
id: plant
name: {zh: 工厂, en: The plant}
place: 开封
maker: 甲
source: a report
lines:
  - {id: one, rate_per_hour: 10, hours_per_shift: 10, shifts: 1, days_per_week: 7,
     availability: 100%, models: all}
base_load_per_month: 1000
stock: {dealers_months: 1.2, target_months: 1.2, dealer_speed_per_month: 50%, plant_months: 0.2}
planning:
  announced_share: 50%
  lead_time_weeks: 6
  overtime_share: 15%
  stock_speed_per_month: 25%
  expectation_speed_per_month: 40%
  shipping_days: 2
suppliers:
  - {id: seats, parts: {zh: 座椅, en: seats}, place: 开封, buffer_days: 1}
  - {id: chips, parts: {zh: 芯片, en: chips}, place: 上海, buffer_days: 5, feeds: units}
  - {id: units, parts: {zh: 控制器, en: control units}, place: 武汉, buffer_days: 2}
scenarios:
  - {id: shut, kind: lockdown, factor: 20%, from: 2022-11-03, to: 2022-11-06}
  - {id: chips-short, kind: part_shortage, of: [chips], factor: 50%, from: 2022-11-01,
     to: 2022-11-10}
  - {id: road, kind: road_closed, delay_days: 2, factor: 60%, from: 2022-11-04, to: 2022-11-08}
measures:
  - {id: loop, kind: closed_loop, relaxes: availability, restores: 75%, from: 2022-11-04,
     to: 2022-11-30}
  - {id: passes, kind: logistics_green_channel, relaxes: logistics, restores: 50%,
     from: 2022-11-05, to: 2022-11-30}
  - {id: told, kind: told_beforehand, relaxes: announced_share, restores: 80%, from: 2022-10-28,
     to: 2022-10-28}
  - {id: weekend, kind: staff_on_site, relaxes: overtime, adds: 5%, from: 2022-11-07,
     to: 2022-11-07}
  - {id: hall, kind: new_line_approval, relaxes: capacity, adds: 20%, from: 2022-11-09,
     to: 2022-11-30}
"""
DAYS = [date(2022, 11, 1) + timedelta(days=each) for each in range(10)]


def load_text(tmp_path: Path, text: str) -> Loaded[Manufacturer]:
    path = tmp_path / "plant.yaml"
    path.write_text(text, encoding="utf-8")
    return load_manufacturer(str(path))


@pytest.fixture
def plant(tmp_path: Path) -> Manufacturer:
    return load_text(tmp_path, TEXT).required()


def left(plant: Manufacturer, **drawn: float) -> tuple[Floats, Floats]:
    """Cars a day that the line can build, and the share of parts that comes, of two draws."""
    values = {
        f"plant.{name.replace('__', '.')}": np.full(2, value) for name, value in drawn.items()
    }
    lines = plant_lines(plant, days=DAYS, models=["乙"], drawn=values, draws=2)
    assert lines.trouble is not None
    return lines.trouble.capacity[1, :, 0], lines.trouble.supply[1]


def test_a_measure_gives_back_a_share_of_what_the_scenario_takes_while_both_last(
    plant: Manufacturer,
) -> None:
    """Of 100 cars 20 are left on day 3; from day 4 on 75 % of the lost 80 come back: 80.

    From 9 November on a fifth more capacity stands.
    """
    capacity, _ = left(plant)
    assert capacity.tolist() == pytest.approx([100, 100, 20, 80, 80, 80, 100, 100, 120, 120])
    worse, _ = left(plant, scenarios__shut__factor=0.0, measures__loop__restores=0.5)
    assert worse.tolist() == pytest.approx([100, 100, 0, 50, 50, 50, 100, 100, 120, 120])
    bare, _ = left(plant.without_measures())
    assert bare.tolist() == pytest.approx([100, 100, 20, 20, 20, 20, 100, 100, 100, 100])


def test_parts_of_the_second_tier_last_for_their_buffer_and_then_bind(plant: Manufacturer) -> None:
    """Chips come at half a day a day; with five days of stock units are made in full nine days.

    The road is shut for all from elsewhere: nothing on the 4th and 5th, then 60 %; passes give
    back half from the 5th on. Chips at hand in the morning, with what came: 5.5, 5, 4.5, 3.5 (none
    came), 3, 2.5, 2, 1.5, 1, 0.5.
    """
    _, supply = left(plant)
    seats, units = supply.T.tolist()
    assert seats == [1.0] * 10
    assert units == pytest.approx([1, 1, 1, 0, 0.5, 0.8, 0.8, 0.8, 1, 0.5])
    # with one day of chips and no passes, chips at hand: 1.5, 1, 0.5, none, none, then 0.5 a day
    _, bare = left(plant.without_measures(), suppliers__chips__buffer_days=1.0)
    assert bare[:, 1].tolist() == pytest.approx([1, 1, 0.5, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5])


def test_a_plant_that_is_told_plans_for_more_of_what_is_announced(plant: Manufacturer) -> None:
    def share(day: date | None) -> float:
        return float(parameters_of(plant, {}, 1, announced=day).announced_share.item())

    assert share(date(2022, 10, 28)) == pytest.approx(0.9)  # half, and 80 % of the other half
    assert share(date(2022, 10, 27)) == share(None) == 0.5


def test_overtime_is_added_on_the_days_of_the_measure(plant: Manufacturer) -> None:
    lines = plant_lines(plant, days=DAYS, models=["乙"], drawn={}, draws=2)
    assert lines.more_overtime is not None
    assert lines.more_overtime[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 0, 0.05, 0, 0, 0])


def test_every_number_is_an_assumption_that_says_of_what(plant: Manufacturer) -> None:
    named = {each.name: each for each in plant.assumptions()}
    assert named["plant.scenarios.shut.factor"].words.zh == "工厂: 封控停产 剩余比例"
    assert (
        named["plant.suppliers.chips.buffer_days"].words.en
        == "The plant: chips days the parts last"
    )
    assert named["plant.measures.loop.restores"].value == 0.75


def test_a_scenario_without_a_number_takes_what_was_seen_elsewhere(tmp_path: Path) -> None:
    text = TEXT.replace("kind: lockdown, factor: 20%", "kind: closed_loop_early")
    plant = load_text(tmp_path, text).required()
    assumption = next(a for a in plant.assumptions() if a.name == "plant.scenarios.shut.factor")
    assert (assumption.value, assumption.low, assumption.high) == (0.45, 0.30, 0.50)
    assert "2022" in assumption.source
    capacity, _ = left(plant.without_measures())
    assert capacity[2] == pytest.approx(45)


def test_every_coded_word_has_its_chinese() -> None:
    coded = {*get_args(ScenarioKind), *get_args(MeasureKind), *get_args(Constraint)}
    assert coded == set(WORDS)


BAD = [
    (
        "from: 2022-11-04,\n     to: 2022-11-30}",
        "from: 2022-12-01, to: 2022-12-09}",
        "id: loop",
        "R425",
    ),
    ("buffer_days: 1}", "buffer_days: -1}", "-1}", "V211"),
    ("feeds: units}", "feeds: unit}", "unit}", "R406"),
    (
        "place: 武汉, buffer_days: 2}",
        "place: 武汉, buffer_days: 2, feeds: chips}",
        "chips}\nsc",
        "R401",
    ),
    ("id: units,", "id: seats,", "seats, parts: {zh: 控", "R410"),
    ("restores: 75%", "restores: 120%", "120%", "V203"),
    ("restores: 75%", "adds: 75%", "id: loop", "K102"),
    ("factor: 20%, ", "factor: 20%, of: [two], ", "[two]", "R406"),
    ("to: 2022-11-06}", "to: 2022-11-02}", "2022-11-02}", "V204"),
    ("delay_days: 2, factor: 60%, ", "", "id: road", "K102"),
    (
        "relaxes: availability, restores",
        "relaxes: supply, against: [shut], restores",
        "id: loop",
        "R425",
    ),
    ("relaxes: logistics,", "relaxes: logistic,", "logistic,", "V206"),
    ("kind: closed_loop,", "kind: close_loop,", "close_loop,", "V206"),
    ("to: 2022-11-10}", "to: 2022-11-10, against: [x]}", "against: [x]", "K101"),
]


@pytest.mark.parametrize(("old", "new", "at", "code"), BAD)
def test_what_cannot_be_meant_is_found_where_it_stands(
    tmp_path: Path, old: str, new: str, at: str, code: str
) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    before = text[: text.index(at)]
    line = before.count("\n") + 1
    findings = load_text(tmp_path, text).diagnostics
    assert (line, code) in [(each.line, each.code) for each in findings]


def test_the_example_of_this_page_holds_no_findings(tmp_path: Path) -> None:
    assert load_text(tmp_path, TEXT).diagnostics == ()
