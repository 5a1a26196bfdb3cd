"""Campaign and stability measures, two by two: sums that must come out, and no trace elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from promo.appraisal import appraise
from promo.errors import InputError
from promo.report.contract import appraisal_object
from promo.report.tables import plant_weeks, two_by_two
from promo.study import load_study

TROUBLE = """\
suppliers:
  - {id: wheels, parts: {zh: 车轮, en: wheels}, place: 外地,
     buffer_days: {assumed: 2, range: [1, 4], why: made up}}
scenarios:
  - {id: shut, kind: lockdown, from: 2022-11-05, to: 2022-11-25}
  - {id: short, kind: part_shortage, from: 2022-11-20, to: 2022-12-10,
     factor: {assumed: 20%, range: [0%, 40%], why: made up}}
"""
MEASURES = """\
measures:
  - {id: loop, kind: closed_loop, relaxes: availability, from: 2022-11-05, to: 2022-11-25,
     restores: {assumed: 60%, range: [40%, 80%], why: made up}}
  - {id: told, kind: told_beforehand, relaxes: announced_share, from: 2022-10-28, to: 2022-10-28,
     restores: {assumed: 80%, range: [60%, 100%], why: made up}}
"""


def troubled(tiny, more, **changes):
    path = Path(tiny(**changes).path)
    plant = path.parent / "plant.yaml"
    plant.write_text(plant.read_text(encoding="utf-8") + more, encoding="utf-8")
    return load_study(str(path))


@pytest.fixture(scope="module")
def appraised(tiny):
    return appraise(troubled(tiny, TROUBLE + MEASURES), seed=1, draws=32)


def test_effects_and_interaction_are_sums_of_the_four_worlds(appraised):
    rows = {row["term"]: row for row in appraised.two_by_two.to_dicts()}
    for days in ("window", "horizon"):
        built = {term: row[days] for term, row in rows.items()}
        assert built["campaign_with_measures"] == pytest.approx(built["both"] - built["measures"])
        assert built["measures_without_campaign"] == pytest.approx(
            built["measures"] - built["neither"]
        )
        assert built["interaction"] == pytest.approx(
            built["campaign_with_measures"] - built["campaign_without_measures"]
        )
        assert all(row[f"{days}_p05"] <= row[f"{days}_p95"] for row in rows.values())
    assert rows["measures_with_campaign"]["window"] > 0
    measured = appraised.measure("built_in_horizon").mean
    assert rows["campaign_with_measures"]["horizon"] == pytest.approx(measured)


def test_each_week_says_what_bound_output_with_and_without_measures(appraised):
    weeks = appraised.plant_weeks
    assert weeks["built_with"].sum() == pytest.approx(appraised.plants["built_with"].sum())
    shut = weeks.filter(week=weeks["week"][2])
    assert shut["binding_bare_en"].to_list() == ["availability (scenario)"]
    assert "parts: wheels" in weeks["binding_bare_en"].to_list()
    assert weeks["binding_bare_en"].to_list()[-1] in {"orders", "frozen plan"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_report_and_json_hold_both_tables(appraised, language):
    assert two_by_two(appraised, language).frame.height == 9
    assert "binding" in plant_weeks(appraised, language).frame.columns
    content = appraisal_object(appraised, language)
    assert [row["term"] for row in content["two_by_two"]][-1] == "interaction"
    assert {row["binding"] for row in content["plant_weeks"]} & {"orders", "订单"}


def test_a_file_that_tells_of_no_measures_has_nothing_to_cross_them_with(tiny):
    appraised = appraise(tiny(), seed=1, draws=16)
    assert appraised.two_by_two.height == 0
    assert "two_by_two" not in appraisal_object(appraised, "en")
    assert not [name for name in appraised.plant_weeks.columns if "bare" in name]
    assert "binding_bare" not in [c.name for c in plant_weeks(appraised, "en").columns]


def test_weeks_hold_all_the_cars_of_the_horizon_in_both_worlds(tiny):
    """Sold and built by week add up to the months; the trough is the least of the net weeks."""
    appraised = appraise(tiny(), seed=1, draws=16)
    weeks, months = appraised.plant_weeks, appraised.plants
    for world in ("without", "with"):
        assert weeks[f"built_{world}"].sum() == pytest.approx(months[f"built_{world}"].sum())
        last = months[f"dealer_stock_{world}"].to_list()[-1]
        assert weeks[f"dealer_stock_{world}"].to_list()[-1] == pytest.approx(last)
    more = weeks["sold_with"].sum() - weeks["sold_without"].sum()
    sold = appraised.measure("additional_local_cars_in_horizon").mean
    assert more == pytest.approx(sold, abs=1)  # but for the few who wait for their car at the end
    least = weeks.sort("extra").row(0, named=True)
    for language in ("zh", "en"):
        assert str(least["week"]) in plant_weeks(appraised, language).note


def test_measures_that_meet_trouble_that_binds_nothing_change_no_car(tiny):
    """The road is closed for a day, and the parts last four."""
    harmless = """\
suppliers:
  - {id: wheels, parts: {zh: 车轮, en: wheels}, place: 外地, buffer_days: 4, source: made up}
scenarios:
  - {id: road, kind: road_closed, delay_days: 1, from: 2022-11-07, to: 2022-11-20, source: made up}
measures:
  - {id: passes, kind: logistics_green_channel, relaxes: logistics, restores: 50%, source: made up,
     from: 2022-11-07, to: 2022-11-20}
"""
    appraised = appraise(troubled(tiny, harmless), seed=1, draws=32)
    rows = {row["term"]: row for row in appraised.two_by_two.to_dicts()}
    for term in ("measures_without_campaign", "measures_with_campaign", "interaction"):
        found = [rows[term][name] for name in ("window", "window_p05", "window_p95", "horizon")]
        assert np.array_equal(found, [0, 0, 0, 0])


def test_dates_outside_the_horizon_are_a_warning_at_their_place(tiny):
    late = TROUBLE.replace("2022-11-05, to: 2022-11-25", "2025-11-05, to: 2025-11-25")
    found = troubled(tiny, late).findings
    late_ones = [each for each in found if each.code == "R425"]
    assert [each.text.strip()[:10] for each in late_ones] == ["- {id: shu"]


def test_a_model_that_is_made_here_and_nowhere_is_refused(tiny):
    path = Path(tiny().path)
    plant = path.parent / "plant.yaml"
    text = plant.read_text(encoding="utf-8").replace("models: all", "models: [别的]")
    plant.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_study(str(path))
    errors = [each.code for each in refused.value.diagnostics if each.severity == "error"]
    assert errors == ["R406"]


def test_a_line_for_a_model_that_nobody_sells_is_a_warning_at_its_place(tiny):
    path = Path(tiny().path)
    plant = path.parent / "plant.yaml"
    text = plant.read_text(encoding="utf-8").replace("models: all", "models: [本地, 本地二]")
    plant.write_text(text, encoding="utf-8")
    (found,) = [each for each in load_study(str(path)).findings if each.code == "R426"]
    assert found.text.strip() == "models: [本地, 本地二]"
    assert "'本地二'" in found.message


def test_a_car_that_two_enterprises_build_would_count_twice(tiny):
    path = Path(tiny(manufacturers="plant.yaml, second.yaml").path)
    second = path.parent / "second.yaml"
    first = (path.parent / "plant.yaml").read_text(encoding="utf-8")
    second.write_text(first.replace("id: bing", "id: jia"), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_study(str(path))
    (found,) = [each for each in refused.value.diagnostics if each.severity == "error"]
    assert (found.code, found.text.strip()) == ("R410", "maker: 丙厂")
    assert "'bing'" in found.message
