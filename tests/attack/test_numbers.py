"""Numbers that the model is not made for are findings, not answers."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from promo.demand.assumptions import BEHAVIOUR, BOUNDS, CLAIMING, POOL, RUSH, WON
from promo.errors import InputError, PromoError
from promo.report import checkup
from promo.study import load_study

Spoilt = Callable[[str, str, str], list[str]]


def test_every_assumption_on_buyers_has_bounds_that_hold_its_range() -> None:
    every = (*BEHAVIOUR, *POOL, *CLAIMING.values(), RUSH, *WON.values())
    assert set(BOUNDS) == {each.name for each in every}
    for each in every:
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


POT = """\
      amount:
        assumed: 20000000
        range: [10000000, 40000000]
        why: 资金总额从未公布,活动页面只显示剩余名额 / the budget was never published
"""


@pytest.mark.parametrize(
    ("old", "new", "value", "code"),
    [
        ("100000, 3000]", "100000, 10000000000000]", "10000000000000]", "V205"),
        ("pay: 1000", "pay: 10000000000000", "10000000000000", "V205"),
        ("    price: 80000", "    price: 9999999999999", "9999999999999", "V205"),
        ("range: 50%..150%", "range: 50%..100000%", "50%..100000%", "V211"),
        ("announced: 2022-10-28", "announced: 2024-10-28", "2024-10-28", "V204"),
        ("to: 2023-02-28", "to: 2042-02-28", "2042-02-28", "V211"),
    ],
)
def test_a_campaign_that_cannot_be_is_a_finding_where_it_stands(
    kaifeng: Path, spoilt: Spoilt, old: str, new: str, value: str, code: str
) -> None:
    found = spoilt("2022-q4.yaml", old, new)
    before = (kaifeng / "2022-q4.yaml").read_text(encoding="utf-8").partition(value)[0]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert f"2022-q4.yaml:{line}:{column} {code}" in found


def test_a_hundred_pots_are_too_many(spoilt: Spoilt) -> None:
    pots = "".join(
        f"    - {{id: p{n}, amount: 1, pays: [base, new-energy]}}\n" for n in range(100)
    )
    found = spoilt("2022-q4.yaml", "    - id: main\n" + POT, pots + "    - id: main\n" + POT)
    assert [each.split()[1] for each in found] == ["K103"]


def test_a_benefit_above_the_price_of_a_car_is_refused(kaifeng: Path) -> None:
    file = kaifeng / "2022-q4.yaml"
    text = file.read_text(encoding="utf-8").partition("  cases:")[0] + "  cases: []\n"
    text = text.replace("[50000, 2000]", "[50000, 60000]").replace(
        "{per_car: 6000}", "{per_car: 99000}"
    )
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PromoError, match="the benefits pay up to"):
        load_study(str(file))


@pytest.mark.parametrize("quota", ["0", "{assumed: 0, range: [0, 5], why: a ban}"])
def test_a_market_without_expected_sales_is_refused(kaifeng: Path, quota: str) -> None:
    market = kaifeng / "market.yaml"
    line = f"plate_quota: [{{from: 2022-01-01, cars_per_month: {quota}}}]\n"
    market.write_text(market.read_text(encoding="utf-8") + line, encoding="utf-8")
    with pytest.raises(PromoError, match="no sales can be expected"):
        load_study(str(kaifeng / "2022-q4.yaml"))


@pytest.mark.filterwarnings("error")
def test_a_history_without_cars_is_refused_without_a_murmur(kaifeng: Path) -> None:
    market = kaifeng / "market.yaml"
    text = market.read_text(encoding="utf-8")
    text = text.replace("40000\n      range: [25000, 68000]", "1\n      range: [1, 1]")
    market.write_text(text, encoding="utf-8")
    with pytest.raises(PromoError, match="no sales can be expected"):
        load_study(str(kaifeng / "2022-q4.yaml"))


def test_buyers_without_facts_still_buy(kaifeng: Path) -> None:
    market = kaifeng / "market.yaml"
    text = market.read_text(encoding="utf-8")
    market.write_text(re.sub(r"facts: \{.*\}", "facts: {}", text), encoding="utf-8")
    assert load_study(str(kaifeng / "2022-q4.yaml")).stage.setting.daily.sum() > 0


@pytest.mark.parametrize("old", [": market.yaml", "[manufacturers/chery-henan.yaml"])
def test_a_linked_file_that_went_is_a_finding_not_a_fault_of_the_program(
    kaifeng: Path, old: str
) -> None:
    file = kaifeng / "2022-q4.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, old.replace(".yaml", "-gone.yaml"), 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_study(str(file))
    (found,) = refused.value.diagnostics
    line = text.splitlines()[found.line - 1]
    assert found.code == "P801"
    assert line[found.column - 1 :].startswith(old[1:].strip())


def test_a_late_announcement_is_said(kaifeng: Path) -> None:
    file = kaifeng / "2022-q4.yaml"
    text = file.read_text(encoding="utf-8").replace("2022-10-28", "2022-12-15")
    file.write_text(text, encoding="utf-8")
    assert any("2022-12-15" in each.en for each in load_study(str(file)).warnings())
