"""What an official reads on the screen."""

from dataclasses import replace

import polars as pl
import pytest
from rich.cells import cell_len

from promo.appraisal import Appraisal
from promo.report import answer, grid, tables, terminal
from promo.report.words import Language
from promo.schema import Words


def _shown(
    appraisal: Appraisal, language: Language, width: int = 60, *, plain: bool = False
) -> str:
    return terminal.appraisal_text(appraisal, language, width=width, plain=plain)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 72, 80, 100])
@pytest.mark.parametrize("plain", [False, True])
def test_no_line_is_wider_than_the_screen(
    appraisal: Appraisal, language: Language, width: int, plain: bool
) -> None:
    lines = _shown(appraisal, language, width, plain=plain).splitlines()
    assert max(map(cell_len, lines)) <= width


# Each by hand from the numbers of the fixture: money in 10,000 yuan from a million on.
EXPECTED = [
    "4,012      3,801–4,211",
    "1,930      1,710–2,000",
    "2,000      1,010–3,990",
    "87            86–88",
    "2022-12-04      11-24–12-16",
    "857        613–1,102",
    "454          301–633",
    "97           41–158",
    "62           22–109",
    "48           -7–101",
    "57           12–108",
    "0.014      0.003–0.027",
    "52,100    49,300–55,200",
    "26.99      25.40–28.80",
    "5,900      3,800–8,300",
    "3.06        1.91–4.33",
    "430.0       91.0–810.0",
    "870,000  180,000–960,000",
    "21             4–41",
    "190.0      120.0–270.0",
    "1,620      1,480–1,770",
    "42,500    30,600–64,200",
    "33.8       17.8–160.0",
    "2,604  2,201–2,999",
    "551      401–702",
    "403      251–588",
    "151       61–263",
    "303      187–424",
    "8     -3–21",
    "1,930  1,710–2,000",
    "41,472  39,511–43,491",
    "693    521–877",
    "2,000   1,000–4,000",
]


@pytest.mark.parametrize("numbers", EXPECTED)
def test_every_number_stands_beside_its_interval(appraisal: Appraisal, numbers: str) -> None:
    assert numbers in _shown(appraisal, "zh")


def test_a_number_that_does_not_exist_says_why(appraisal: Appraisal) -> None:
    assert "净增车辆的区间含零" in _shown(appraisal, "zh")
    assert "the interval of additional cars holds zero" in _shown(appraisal, "en", 100)


def test_every_measure_says_whether_it_is_gross_or_net(appraisal: Appraisal) -> None:
    frame = tables.headline(appraisal, "en").frame
    assert set(frame["basis"]) == {"gross", "net"}
    assert set(tables.parts(appraisal, "en").frame["basis"]) == {"part"}


def test_the_answer_comes_first_and_speaks_in_dates(appraisal: Appraisal) -> None:
    text = answer.paragraph(appraisal, "en")
    # 32.6 days after the midnight of 1 November is 3 December; 23.4 -> 24 November; 45.9 -> 16.
    assert text.startswith(
        "The 20 million yuan (assumed) last until about 3 December 2022; "
        "nine times in ten between 24 November and 16 December."
    )
    assert answer.paragraph(appraisal, "zh").startswith(
        "2,000万元（假定）资金大约用到2022年12月3日；十次有九次在11月24日与12月16日之间用完。"
    )
    assert "4,012 (3,801–4,211) cars" in text
    assert '"own price elasticity"' in text


def test_of_several_pots_only_the_first_is_said_to_be_empty(appraisal: Appraisal) -> None:
    """The day of the whole is the first refusal by any pot; the other may still have money."""
    two = replace(appraisal, budget_pots=("main", "green"))
    assert "in 2 pots the first is empty by about 3 December" in answer.money_sentence(two, "en")
    assert "分 2 池，最早用完的一池" in answer.money_sentence(two, "zh")


def _with(appraisal: Appraisal, **changes: dict[str, float | None]) -> Appraisal:
    """The result with some numbers of some measures replaced."""
    measures = tuple(replace(m, **changes.get(m.kind.name, {})) for m in appraisal.measures)
    return replace(appraisal, measures=measures)


def test_a_day_in_another_year_is_said_with_its_year(appraisal: Appraisal) -> None:
    """61.5 days after 1 November 2022 is 1 January 2023."""
    later = _with(appraisal, exhaustion_day={"p95": 61.5})
    assert "24 November and 1 January 2023." in answer.money_sentence(later, "en")
    assert "在11月24日与2023年1月1日之间" in answer.money_sentence(later, "zh")


def test_where_the_interval_reaches_the_end_it_is_said_how_likely_that_is(
    appraisal: Appraisal,
) -> None:
    """The money runs out in 87 % of draws (86-88), so it lasts in 13 % (12-14)."""
    reaching = _with(appraisal, exhaustion_day={"p95": None})
    assert answer.money_sentence(reaching, "en") == (
        "The 20 million yuan (assumed) last until about 3 December 2022; nine times in ten "
        "between 24 November and the end, where money is left with a probability of 13 % (12–14)."
    )
    assert answer.money_sentence(reaching, "zh") == (
        "2,000万元（假定）资金大约用到2022年12月3日；九成区间从11月24日到活动结束，"
        "用到结束仍有余的概率为 13%（12–14）。"
    )
    two = replace(reaching, budget_pots=("main", "green"))
    assert "in 2 pots the first is empty by about 3 December" in answer.money_sentence(two, "en")
    assert "13 % (12–14)" in answer.money_sentence(two, "en")


def test_luck_alone_is_said_beside_the_whole_interval(appraisal: Appraisal) -> None:
    """30.2 days after 1 November is 1 December, 34.9 is 5 December; the money lasts in 13 %."""
    gone, day = (appraisal.measure(f"exhaustion_{name}") for name in ("probability", "day"))
    narrow = replace(day, p05=30.2, p95=34.9)
    lucky = replace(appraisal, luck_alone=(gone, narrow))
    assert answer.luck_sentence(appraisal, "en") == answer.luck_sentence(appraisal, "zh") == ""
    assert "nine times in ten between 1 December and 5 December. 4," in answer.paragraph(
        lucky, "en"
    )
    assert "十次有九次在12月1日与12月5日之间用完。获补贴" in answer.paragraph(lucky, "zh")
    one_day = replace(appraisal, luck_alone=(gone, replace(day, p05=32.1, p50=32.5, p95=32.9)))
    assert answer.luck_sentence(one_day, "en").endswith("nine times in ten on 3 December.")
    assert "十次有九次在12月3日用完" in answer.luck_sentence(one_day, "zh")
    lasting = replace(appraisal, luck_alone=(gone, replace(day, p95=None)))
    assert answer.luck_sentence(lasting, "en").endswith("a probability of 13 % (12–14).")
    assert "用到结束仍有余的概率为 13%（12–14）。" in answer.luck_sentence(lasting, "zh")


def test_money_that_lasts_is_not_given_a_day(appraisal: Appraisal) -> None:
    lasting = _with(
        appraisal,
        exhaustion_day={"p50": None, "p95": None, "never": 0.7},
        exhaustion_probability={"mean": 0.3, "p05": 0.28, "p95": 0.32},
    )
    assert answer.money_sentence(lasting, "en") == (
        "The 20 million yuan (assumed) last to the end with a probability of 70 % (68–72); "
        "in the earliest 5 % of draws they are gone by 24 November 2022."
    )
    assert "到活动结束仍有余的概率为 70%（68–72）" in answer.money_sentence(lasting, "zh")
    assert "11-24–不发生" in _shown(lasting, "zh")


def test_the_calendar_shows_the_weeks_in_which_the_money_may_run_out(
    appraisal: Appraisal,
) -> None:
    """Weeks end on 28 November, 5, 12, 19 and 26 December; before and after nothing changes."""
    text = _shown(appraisal, "en", 80).split("CHANCE THAT")[1].split("\n\n")[0]
    days = [line.split()[0] for line in text.splitlines() if line.startswith("20")]
    assert days == ["2022-11-28", "2022-12-05", "2022-12-12", "2022-12-19", "2022-12-26"]
    assert "The probability that the money lasts to the end is 13 % (12–14)." in text
    assert "用到最后仍有余的概率：13%（12–14）。" in _shown(appraisal, "zh")


def test_each_of_several_pots_has_its_calendar(appraisal: Appraisal) -> None:
    green = appraisal.exhaustion.with_columns(pl.lit("green").alias("pot"), run_out=0.0, p05=0.0)
    two = replace(
        appraisal,
        budget_pots=("main", "green"),
        exhaustion=pl.concat([appraisal.exhaustion, green.with_columns(p95=0.0)]),
    )
    table = tables.exhaustion(two, "en")
    assert table.columns[0].name == "pot"
    assert "the money of the pot green lasts to the end is 100 % (100–100)." in table.note
    assert set(tables.of_change(table).frame["pot"]) == {"main"}


def test_standing_and_its_reasons_are_said(appraisal: Appraisal) -> None:
    assert "依据：示意（资金池未公布）。" in _shown(appraisal, "zh", 100)


def test_a_city_without_a_plant_says_so(appraisal: Appraisal) -> None:
    alone = replace(appraisal, plants=appraisal.plants.head(0))
    assert "没有列出本地企业" in _shown(alone, "zh").replace("\n", "")
    assert "企业逐月生产" not in _shown(alone, "zh")


def test_plain_output_holds_nothing_that_gbk_lacks(appraisal: Appraisal) -> None:
    _shown(appraisal, "zh", plain=True).encode("gbk")
    assert _shown(replace(appraisal, place="K"), "en", plain=True).isascii()


def test_the_strongest_assumption_comes_first(appraisal: Appraisal) -> None:
    frame = tables.sensitivity(appraisal, "en").frame
    assert frame["assumption"].to_list()[::3] == ["own price elasticity"] * 2
    # Equal swings stand in the order of their names: money..., planning...
    assert frame["low_value"].to_list()[:3] == ["-6.00", "10 million yuan", "0.0 %"]


def test_chinese_output_names_units_in_chinese(appraisal: Appraisal) -> None:
    plants_stock = replace(
        appraisal.assumptions[0], name="stock", unit="months", words=Words("库存", "stock")
    )
    speed = replace(plants_stock, name="speed", unit="share/month", words=Words("速度", "speed"))
    text = _shown(replace(appraisal, assumptions=(plants_stock, speed)), "zh")
    assert "库存(个月)" in text
    assert "速度(每月)" in text


def test_a_source_written_twice_is_read_in_the_readers_language(appraisal: Appraisal) -> None:
    twice = replace(appraisal.assumptions[0], source="未公布 / never published")
    of_both = replace(appraisal, assumptions=(twice,))
    assert "never published" not in _shown(of_both, "zh")
    assert "未公布 /" not in _shown(of_both, "en")
    assert "never published" in _shown(of_both, "en")


def test_an_assumption_that_moves_nothing_is_not_among_those_that_move(
    appraisal: Appraisal,
) -> None:
    still = appraisal.sensitivity.with_columns(at_low=pl.col("at_base"), at_high=pl.col("at_base"))
    assert "哪些假设左右结果" not in _shown(replace(appraisal, sensitivity=still), "zh")


def test_designs_beside_each_other_are_written_in_one_unit(appraisal: Appraisal) -> None:
    """One design's 870,000 yuan and another's 1,740,000 both stand in units of 10,000 yuan."""
    measures = tuple(
        replace(m, mean=1_740_000.0, p05=360_000.0, p95=1_920_000.0)
        if m.kind.name == "value_added"
        else m
        for m in appraisal.measures
    )
    other = replace(appraisal, campaign_id="b", measures=measures)
    frame = grid.grid(tables.designs([appraisal, other], "zh"), "zh", width=99)
    rows = [row for row in frame.rows if row[0].startswith("增加值")]
    assert [row[0] for row in rows] == ["增加值(万元)"] * 2
    assert [row[3] for row in rows] == ["87.0", "174.0"]


def test_warnings_stand_before_the_numbers(appraisal: Appraisal) -> None:
    warned = replace(appraisal, warnings=(Words("来不及上牌", "plated too late"),))
    text = _shown(warned, "zh")
    assert text.index("来不及上牌") < text.index("主要结果")


def test_differences_are_marked_only_where_told_apart(appraisal: Appraisal) -> None:
    made = pl.DataFrame(
        {
            "design": ["b", "b"],
            "measure": ["subsidised_cars", "exhaustion_day"],
            "mean": [120.0, -2.5],
            "se": [4.0, 0.2],
            "p05": [80.0, -6.0],
            "p50": [118.0, -2.4],
            "p95": [160.0, 1.0],
            "marked": [True, False],
            "best": [None, None],
        }
    )
    other = replace(appraisal, campaign_id="b", title=Words("乙", "B"))
    text = terminal.comparison_text([appraisal, other], made, "en", width=80, plain=False)
    rows = {
        line.split(" (")[0]: line.rstrip()
        for line in text.split("DIFFERENCES")[1].split("HEADLINE")[0].splitlines()
    }
    assert "b minus kaifeng" in text
    assert rows["subsidised cars"].endswith("yes")
    assert "80–160" in rows["subsidised cars"]
    assert not rows["day the money runs out"].endswith("yes")
    assert "-2.50" in rows["day the money runs out"]


def test_a_warning_of_a_comparison_names_the_designs_it_is_about(appraisal: Appraisal) -> None:
    every, some = Words("都提醒", "of all"), Words("只提醒一个", "of one")
    warned = [
        replace(appraisal, campaign_id="a", warnings=(every,)),
        replace(appraisal, campaign_id="b", warnings=(some, every)),
        replace(appraisal, campaign_id="c", warnings=(some, every)),
    ]
    assert answer.all_warnings(warned) == [every, Words("b、c：只提醒一个", "b, c: of one")]


def test_additional_cars_stand_by_belief_and_are_called_net(appraisal: Appraisal) -> None:
    text = _shown(appraisal, "en", 80).split("BELIEF IN ANOTHER ROUND")[1].split("\n\n")[0]
    rows = [line.split() for line in text.splitlines()]
    assert ["0", "4,100", "943", "451", "0.11"] in rows
    assert ["100", "3,800", "494", "494", "0.13"] in rows
    assert "net, horizon" in text
    assert "assumed" in text
    assert "活动期内净增" in _shown(appraisal, "zh").split("对下一轮的预期")[1].split("【")[0]


def test_the_share_of_variance_stands_beside_the_ends_with_its_interval(
    appraisal: Appraisal,
) -> None:
    """0.61 and 1.645 times 0.02 on either side of it: 58 to 64 %."""
    text = _shown(appraisal, "en", 100)
    row = next(line for line in text.splitlines() if line.startswith("own price elasticity  "))
    assert row.split()[-2:] == ["61", "58–64"]
    assert "方差占比" in _shown(appraisal, "zh", 100)
