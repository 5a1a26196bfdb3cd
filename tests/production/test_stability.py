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


def test_half_days_use_and_keep_half_of_the_parts_of_the_second_tier(tmp_path: Path) -> None:
    """Tuesday 1 to Thursday 10 November 2022; Saturday the 5th is half a day, the 6th is free.

    Gearboxes have no stock. With engines for half a full day, closed from Saturday on, these are
    all that Saturday needs. With engines for 0.8 days, closed on Saturday alone, 0.3 are left for
    Monday the 7th, whose own come in full; closed on Monday too, the 0.3 are all that Monday has.
    With 0.2 days, Saturday has 0.2 of the 0.5 it needs. With half a day and engines coming at
    60 %, Saturday gets 0.3 and takes 0.2 from stock; Monday has the other 0.3 and its own 0.6.
    """

    def supply(engines: float, factor: str, last_day: int) -> list[float]:
        text = BASE.replace("days_per_week: 7", "days_per_week: 5.5") + (
            "suppliers:\n"
            "  - {id: gearbox, parts: {zh: 变速箱, en: gearbox}, place: 开封, buffer_days: 0}\n"
            "  - {id: engine, parts: {zh: 发动机, en: engines}, place: 开封,"
            f" buffer_days: {engines}, feeds: gearbox}}\n"
            "scenarios:\n"
            "  - {id: shut, kind: supplier_closed, of: [engine],"
            f" factor: {factor}, from: 2022-11-05, to: 2022-11-{last_day:02}}}\n"
        )
        by_day: list[float] = left(load_text(tmp_path, text).required())[1][:, 0].tolist()
        return by_day[4:5] + by_day[6:8]  # Saturday, Monday, Tuesday

    assert supply(0.5, "0%", 30) == pytest.approx([1, 0, 0])
    assert supply(0.8, "0%", 5) == pytest.approx([1, 1, 1])
    assert supply(0.8, "0%", 7) == pytest.approx([1, 0.3, 1])
    assert supply(0.2, "0%", 30) == pytest.approx([0.4, 0, 0])
    assert supply(0.5, "60%", 30) == pytest.approx([1, 0.9, 0.6])


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


# --- one part from several suppliers -------------------------------------------------------------

TWO = """\
suppliers:
  - {id: near, parts: {zh: 线束, en: harness}, place: 开封, buffer_days: 1,
     sourcing: {part: harness, share: 60%}}
  - {id: far, parts: {zh: 线束, en: harness}, place: 上海, buffer_days: 6,
     sourcing: {part: harness, share: 40%}}
  - {id: seats, parts: {zh: 座椅, en: seats}, place: 开封, buffer_days: 2}
scenarios:
  - {id: shut, kind: supplier_closed, of: [near], factor: 10%, from: 2022-11-03, to: 2022-11-06}
"""
BASE = TEXT[: TEXT.index("suppliers:")]


def test_two_suppliers_of_a_part_deliver_their_shares_and_pool_their_stock(
    tmp_path: Path,
) -> None:
    """Six tenths come at a tenth, four tenths in full: 0.06 + 0.4 a day. The stock of harnesses
    lasts 0.6 x 1 + 0.4 x 6 = 3 days, that of seats 2."""
    plant = load_text(tmp_path, BASE + TWO).required()
    lines = plant_lines(plant, days=DAYS, models=["乙"], drawn={}, draws=2)
    assert lines.trouble is not None
    harness, seats = lines.trouble.supply[0].T.tolist()
    assert harness == pytest.approx([1, 1, 0.46, 0.46, 0.46, 0.46, 1, 1, 1, 1])
    assert seats == [1.0] * 10
    assert lines.trouble.buffer_days[0].tolist() == pytest.approx([3, 2])


def test_drawn_shares_of_a_part_are_made_to_add_up(tmp_path: Path) -> None:
    """Drawn 0.9 and 0.3 are three quarters and one: 0.75 x 0.1 + 0.25 = 0.325."""
    plant = load_text(tmp_path, BASE + TWO).required()
    _, supply = left(plant, suppliers__near__share=0.9, suppliers__far__share=0.3)
    assert supply[2, 0] == pytest.approx(0.325)
    named = {each.name: each.value for each in plant.assumptions()}
    assert named["plant.suppliers.far.share"] == 0.4


def test_one_supplier_with_all_of_a_part_is_one_without_sourcing(tmp_path: Path) -> None:
    alone = TEXT.replace(
        "place: 开封, buffer_days: 1}",
        "place: 开封, buffer_days: 1,\n     sourcing: {part: seats, share: 100%}}",
    )
    one, other = (load_text(tmp_path, text).required() for text in (TEXT, alone))
    for found, expected in zip(left(one), left(other), strict=True):
        assert (found == expected).all()


def test_a_second_tier_may_have_two_suppliers_of_a_part(tmp_path: Path) -> None:
    """Half the chips come in full, half at nothing: with no stock units are made by half."""
    text = BASE + (
        "suppliers:\n"
        "  - {id: a, parts: {zh: 芯片, en: chips}, place: 开封, buffer_days: 0, feeds: units,\n"
        "     sourcing: {part: chips, share: 50%}}\n"
        "  - {id: b, parts: {zh: 芯片, en: chips}, place: 上海, buffer_days: 0, feeds: units,\n"
        "     sourcing: {part: chips, share: 50%}}\n"
        "  - {id: units, parts: {zh: 控制器, en: units}, place: 开封, buffer_days: 0}\n"
        "scenarios:\n"
        "  - {id: shut, kind: supplier_closed, of: [b], factor: 0%, from: 2022-11-01,"
        " to: 2022-11-02}\n"
    )
    _, supply = left(load_text(tmp_path, text).required())
    assert supply[:, 0].tolist() == pytest.approx([0.5, 0.5, *([1.0] * 8)])


BAD_SOURCING = [
    ("share: 60%", "share: 70%", "share: 70%", "R412", "add up to 110.0%"),
    ("share: 60%", "share: 160%", "share: 160%", "V203", "160%"),
    ("share: 60%", "share: -60%", "share: -60%", "V203", "-60%"),
    (
        "buffer_days: 6,",
        "buffer_days: 6, feeds: seats,",
        "share: 40%",
        "R401",
        "goes to the plant",
    ),
    (
        "place: 开封, buffer_days: 2}",
        "place: 开封, buffer_days: 2, feeds: near}",
        None,
        None,
        None,
    ),
    (
        "place: 开封, buffer_days: 1,",
        "place: 开封, buffer_days: 1, feeds: near,",
        "place: 开封, buffer_days: 1, feeds: near",
        "R401",
        "supply goes in a circle: near > near",
    ),
]


@pytest.mark.parametrize(("old", "new", "at", "code", "said"), BAD_SOURCING)
def test_sourcing_that_cannot_be_meant_is_found_where_it_stands(
    tmp_path: Path, old: str, new: str, at: str | None, code: str | None, said: str | None
) -> None:
    text = (BASE + TWO).replace(old, new, 1)
    assert text != BASE + TWO
    findings = load_text(tmp_path, text).diagnostics
    if at is None or said is None:  # a second tier below one of two suppliers is no fault
        assert findings == ()
        return
    line = text[: text.index(at)].count("\n") + 1
    assert any(
        each.line == line and each.code == code and said in each.message for each in findings
    )


def test_a_plant_whose_suppliers_nobody_names_can_be_shut_all_the_same(tmp_path: Path) -> None:
    text = BASE + (
        "scenarios:\n"
        "  - {id: shut, kind: lockdown, factor: 20%, from: 2022-11-03, to: 2022-11-06}\n"
    )
    capacity, supply = left(load_text(tmp_path, text).required())
    assert capacity.tolist() == pytest.approx([100, 100, 20, 20, 20, 20, 100, 100, 100, 100])
    assert supply.shape == (10, 0)
