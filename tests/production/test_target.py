"""Output of the year against a target: what is counted once, and what nobody counts."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from promo.appraisal import appraise
from promo.errors import InputError
from promo.production.target import Target
from promo.report.contract import appraisal_object
from promo.report.tables import targets
from promo.study import load_study

DAYS = [date(2022, 10, 28) + timedelta(days=day) for day in range(90)]
TARGET = """\
target:
  year: 2022
  cars: {cars}
  built_so_far: {{assumed: 3000, range: [2900, 3100], why: made up}}
  up_to: {up_to}
"""


def aiming(tiny, *, cars=3650, up_to="2022-10-31", **changes):
    path = Path(tiny(**changes).path)
    plant = path.parent / "plant.yaml"
    text = plant.read_text(encoding="utf-8") + TARGET.format(cars=cars, up_to=up_to)
    plant.write_text(text, encoding="utf-8")
    return load_study(str(path))


def test_days_already_counted_and_days_of_the_next_year_are_left_out():
    """Two vehicles, one car each a day: 61 days of November and December are 122 cars."""
    target = Target.model_validate(
        {
            "year": "2022",
            "cars": "200",
            "built_so_far": "100",
            "up_to": "2022-10-31",
            "source": "x",
        }
    )
    built = np.ones((3, len(DAYS), 2), dtype=np.int64)
    output = target.year_output(np.array([100.0, 90.4, 109.6]), built, DAYS)
    assert output.tolist() == [222.0, 212.0, 232.0]  # cars are whole


def test_the_chance_is_the_share_of_draws_and_the_difference_that_of_the_worlds(tiny):
    middle = appraise(aiming(tiny), seed=1, draws=64).targets.filter(term="with")["cars"].item()
    appraised = appraise(aiming(tiny, cars=round(middle)), seed=1, draws=64)
    rows = {row["term"]: row for row in appraised.targets.to_dicts()}
    assert list(rows) == ["without", "with", "difference"]
    for name in ("cars", "reached"):
        gap = rows["with"][name] - rows["without"][name]
        assert rows["difference"][name] == pytest.approx(gap, abs=1e-9)
    assert 0 < rows["with"]["reached"] < 1  # the mean lies between the draws
    assert (rows["with"]["reached"] * 64) % 1 == 0
    for row in rows.values():
        assert row["p05"] <= row["p95"]
        assert row["reached_p05"] <= row["reached"] <= row["reached_p95"]
    # 300 cars a month of base load and about 150 of the city over two months, besides 3,000.
    assert 3000 + 2 * 200 < rows["without"]["cars"] < 3000 + 2 * 700


@pytest.mark.parametrize(("cars", "chance"), [(1, 1.0), (1_000_000, 0.0)])
def test_a_target_below_what_stands_built_is_reached_and_one_beyond_capacity_never(
    tiny, cars, chance
):
    rows = appraise(aiming(tiny, cars=cars), seed=1, draws=16).targets
    assert rows.filter(term="with")["reached"].to_list() == [chance]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_table_and_the_json_object_say_it_in_both_languages(tiny, language):
    appraised = appraise(aiming(tiny), seed=1, draws=16)
    table = targets(appraised, language)
    first = {"zh": "没有活动", "en": "without the campaign"}[language]
    assert table.frame["term"].to_list()[0] == first
    assert appraisal_object(appraised, language)["targets"][0]["label"] == first


def test_without_a_target_there_is_no_such_table(tiny):
    appraised = appraise(tiny(), seed=1, draws=16)
    assert appraised.targets.height == 0
    assert "targets" not in appraisal_object(appraised, "en")


@pytest.mark.parametrize(
    ("up_to", "changes", "key", "said"),
    [
        (
            "2022-10-20",
            {},
            "up_to",
            "cars built from 2022-10-21 to 2022-10-27 are counted nowhere",
        ),
        ("2023-01-01", {}, "up_to", "2023-01-01 is not in the year of the target, 2022"),
        ("2022-10-31", {"horizon_months": 0}, "year", "the year ends on 2022-12-31"),
    ],
)
def test_days_that_nobody_counts_are_findings_with_their_place(tiny, up_to, changes, key, said):
    with pytest.raises(InputError) as caught:
        aiming(tiny, up_to=up_to, **changes)
    (found,) = [each for each in caught.value.diagnostics if each.severity == "error"]
    assert found.message.startswith(said)
    line = Path(found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert line.strip().startswith(key)
