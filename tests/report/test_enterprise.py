"""An enterprise's file as a page: nothing left out, all Chinese for a Chinese reader."""

import json
import re
from pathlib import Path

import pytest

from promo.appraisal import appraise
from promo.cli import app
from promo.production.manufacturer import load_manufacturer
from promo.report import tables
from promo.report.notice.enterprise import enterprise_outline
from promo.report.notice.outline import Grid
from promo.study import load_study

FILE = Path(__file__).parents[2] / "campaigns/kaifeng/manufacturers/chery-henan-closed-loop.yaml"
LATIN = re.compile(r"[A-Za-z]")


def grids(plant, language):
    sections = enterprise_outline(plant, language).sections
    return [block for each in sections for block in each.blocks if isinstance(block, Grid)]


@pytest.fixture(scope="module")
def plant():
    return load_manufacturer(str(FILE)).required()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_number_of_the_file_stands_on_the_page(plant, language):
    rows = [row for grid in grids(plant, language) for row in grid.rows if len(grid.headings) == 5]
    numbers = [row for row in rows if not row[-1].startswith("2022-11-")]
    assert len(numbers) == len(plant.assumptions())
    assert len({row[0] for row in numbers}) == len(numbers)  # each says of what it is
    share = [row for row in numbers if "排产的比例" in row[0] or "planned for" in row[0]]
    assert [row[1:3] for row in share] == [("50%", "0%–100%")]


def test_headings_and_titles_are_chinese_for_a_chinese_reader(plant):
    outline = enterprise_outline(plant, "zh")
    found = [outline.title, *(section.title for section in outline.sections)]
    for grid in grids(plant, "zh"):
        found += [grid.title, *grid.headings]
    assert not [text for text in found if LATIN.search(text)]


def test_numbers_are_called_what_the_trade_calls_them(plant):
    """The words of the vocabulary in the reference (domain facts, section 5)."""
    text = " ".join(row[0] for grid in grids(plant, "zh") for row in grid.rows)
    trade = ("生产节拍", "班次", "库存系数", "本地配套率", "闭环管理", "绿色通道", "增加值率")
    assert not [word for word in trade if word not in text]


def test_the_command_prints_the_page_or_the_object(capsys):
    assert app.run(["explain", str(FILE), "--lang", "zh"]) == 0
    assert "企业档案：奇瑞汽车河南有限公司" in capsys.readouterr().out
    assert app.run(["explain", str(FILE), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "promo/enterprise/1"
    # two lines of 30 an hour, 95 %, two shifts, six days: (10 + 8) x 2 x 28.5 x 6 x 30.4 / 7
    assert found["capacity_per_month"] == pytest.approx(18 * 2 * 28.5 * 6 * 30.4 / 7)


def test_a_purchase_has_no_place_in_an_enterprise_file(capsys):
    assert app.run(["explain", str(FILE), "--facts", "price=1"]) != 0
    assert "is a manufacturer file, not a campaign" in capsys.readouterr().err


def test_tables_of_plants_have_chinese_headings(tiny):
    path = Path(tiny(manufacturers="plant.yaml, second.yaml").path)
    plant = path.parent / "plant.yaml"
    more = (
        "target: {year: 2022, cars: 1, built_so_far: 1, up_to: 2022-10-31, source: made up}\n"
        "scenarios:\n  - {id: shut, kind: lockdown, from: 2022-11-05, to: 2022-11-25}\n"
        "measures:\n  - {id: loop, kind: closed_loop, relaxes: availability, from: 2022-11-05,\n"
        "     to: 2022-11-25, restores: {assumed: 60%, range: [40%, 80%], why: made up}}\n"
    )
    plant.write_text(plant.read_text(encoding="utf-8") + more, encoding="utf-8")
    appraised = appraise(load_study(str(path)), seed=1, draws=16)
    of_plants = (
        tables.plants,
        tables.two_by_two,
        tables.plant_weeks,
        tables.conquest,
        tables.targets,
        tables.accounts,
    )
    for make in of_plants:
        made = make(appraised, "zh")
        assert made.frame.height
        headings = [made.title, *(column.heading for column in made.columns)]
        assert not [text for text in headings if LATIN.search(text)], made.name
        rows = made.frame.select([c.name for c in made.columns if c.form == "text"])
        texts = [str(text) for row in rows.iter_rows() for text in row]
        assert not [text for text in texts if LATIN.search(text)], made.name
