"""Numbers that the model is not made for are findings, not answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from promo.demand.assumptions import BEHAVIOUR, BOUNDS
from promo.report import checkup

Spoilt = Callable[[str, str, str], list[str]]


def test_every_assumption_on_buyers_has_bounds_that_hold_its_range() -> None:
    assert set(BOUNDS) == {each.name for each in BEHAVIOUR}
    for each in BEHAVIOUR:
        least, most = BOUNDS[each.name]
        assert least <= each.low <= each.high <= most


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_behaviour_beyond_its_bounds_is_a_finding_at_its_value(kaifeng: Path, name: str) -> None:
    least, most = BOUNDS[name]
    market = kaifeng / "market.yaml"
    text = market.read_text(encoding="utf-8")
    line = text.count("\n") + 2
    for beyond in (least - 1, most + 1):
        written = f"behaviour:\n  {name}: {beyond}\n"
        market.write_text(text + written, encoding="utf-8")
        found = checkup.check([str(market)]).findings
        assert [(each.line, each.column, each.code) for each in found] == [
            (line, len(name) + 5, "V211")
        ]


PLANT = "manufacturers/chery-henan.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("2022-q4.yaml", "2022-10-28", "0001-01-01"),
        ("2022-q4.yaml", "2023-02-28", "9999-12-31"),
        ("market.yaml", "2022-10 ", "9999-12 "),
        ("market.yaml", "40000", "0.5"),
        ("market.yaml", "500, 4000", "-77, 4000"),
        ("market.yaml", "8                 ", "600                 "),
        (PLANT, "30 ", "-31 "),
        (PLANT, "2, range: [2, 2]", "9, range: [2, 9]"),
        (PLANT, "10]", "99]"),
    ],
)
def test_an_impossible_number_is_a_finding_where_it_stands(
    kaifeng: Path, spoilt: Spoilt, file: str, old: str, new: str
) -> None:
    found = spoilt(file, old, new)
    before, _, _ = (kaifeng / file).read_text(encoding="utf-8").partition(new)
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert f"{Path(file).name}:{line}:{column} V211" in found


@pytest.mark.parametrize(
    "cells", [",368,,4,", ",9999999999999,,4,", ",36800,,4000,", ",36800,99,4,"]
)
def test_a_vehicle_that_cannot_be_is_a_finding_in_its_row(spoilt: Spoilt, cells: str) -> None:
    assert spoilt("vehicles.csv", ",36800,,4,", cells) == ["vehicles.csv:2:1 D903"]


def test_a_cell_without_end_is_a_finding(spoilt: Spoilt) -> None:
    assert spoilt("vehicles.csv", "微型电动甲", "长" * 200_000) == ["vehicles.csv:1:1 D902"]


def test_a_day_has_24_hours(spoilt: Spoilt) -> None:
    found = spoilt(
        PLANT, "shifts: {assumed: 2, range: [2, 2]", "shifts: {assumed: 4, range: [4, 4]"
    )
    assert [each.split()[1] for each in found] == ["V211"]
