"""Does a report stop where buyers respond as nobody ever did, and only there?"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from promo.appraisal import appraise, live
from promo.cli.app import run
from promo.crew import crew
from promo.demand.published import LEVERS
from promo.errors import InputError
from promo.plausibility import beside_published, catalogue, refuse_absurd, warnings
from promo.pull_through import pull_through
from promo.results import Worlds, totals
from promo.simulation.draws import draw_parameters
from promo.study import load_study

CAMPAIGNS = Path(__file__).parents[1] / "campaigns"
AMPLE = "    - {id: main, amount: 900000000, pays: [base]}"
EMPTY = "    - {id: main, amount: 0, pays: [base]}"


def assumed(**values):
    """The part of a market file that sets these assumptions."""
    lines = [
        f"  {name}: {{assumed: {value}, range: [{low}, {high}], why: made up}}\n"
        for name, (value, low, high) in values.items()
    ]
    return "behaviour:\n" + "".join(lines)


# --- the catalogue ------------------------------------------------------------------------------


def test_what_cars_sold_more_by_hand():
    """2,255,800 cars were sold in July and August 2009, 677,842 of them for a voucher. With
    540,000 more than otherwise, 1,715,800 would have been sold: 31.5 %. 4,170 of 26,915 USD."""
    found = {
        (row["lever"], row["study_en"]): row
        for row in catalogue().iter_rows(named=True)
        if row["benefit_share"]
    }
    by_hand = {"Green et al. 2014": (0.3147, 0.7966), "Mian & Sufi 2012": (0.1899, 0.5311)}
    for study, values in by_hand.items():
        for lever, value in zip(("sales_response", "additional_per_car"), values, strict=True):
            row = found[lever, f"CARS 2009: {study}"]
            assert row["low"] == row["high"] == pytest.approx(value, abs=5e-5)
            assert row["benefit_share"] == pytest.approx(0.1549, abs=5e-5)
            assert row["status"] == "derived"


def test_every_line_has_a_source_and_a_range():
    rows = catalogue()
    assert (rows["low"] <= rows["high"]).all()
    assert (rows["low"] > 0).all()
    assert rows["source"].str.contains(r"^literature [A-D]\d\.\d+").all()


@pytest.mark.parametrize(
    ("lever", "value", "benefit", "verdict"),
    [
        ("model", 0.99, 0.0, "absurd"),  # a higher price would earn its maker more
        ("model", 1.01, 0.0, "below"),  # weaker than the 2.1 of Muehlegger and Rapson
        ("model", 6.8, 0.0, "within"),
        ("model", 10.19, 0.0, "above"),  # 1.5 x 6.8 = 10.2
        ("model", 10.21, 0.0, "absurd"),
        ("market", 1.49, 0.0, "above"),
        ("market", 1.51, 0.0, "absurd"),
        ("sales_response", 0.0, 0.0, "below"),
        ("sales_response", 0.31, 0.05, "within"),
        ("sales_response", 0.48, 0.05, "absurd"),  # 1.5 x 0.3147 = 0.472
        ("sales_response", 0.48, 0.31, "within"),  # twice the benefit of CARS: up to 0.63
        ("additional_per_car", 1.0, 0.5, "above"),  # a larger benefit buys no more per car
        ("additional_per_car", 1.2, 0.5, "absurd"),
    ],
)
def test_where_a_response_stands(lever, value, benefit, verdict):
    assert LEVERS[lever].verdict(value, benefit) == verdict


# --- levers of a study --------------------------------------------------------------------------


def test_what_was_judged_is_what_stands_beside_the_catalogue(tiny):
    """A market that says only the elasticity: the model's lever is that elasticity itself."""
    study = tiny(outside=assumed(own_price_elasticity=(-4.2, -4.3, -4.1)))
    drawn = draw_parameters(study.assumptions, seed=1, draws=16, shapes=study.shapes())
    levers = study.stage.levers(drawn)
    assert levers["model"] == pytest.approx(-drawn["own_price_elasticity"])
    # The two trims of one model take buyers from each other too, the market's lose some for good.
    assert (levers["version"] > levers["model"]).all()
    assert (levers["market"] < levers["model"]).all()


@pytest.mark.parametrize(
    ("said", "lever"),
    [
        ({"own_price_elasticity": (-0.8, -0.9, -0.7)}, "one model"),
        ({"own_price_elasticity": (-12, -13, -11)}, "one model"),
        ({"correlation_trim": (0.98, 0.97, 0.985)}, "one version"),
        ({"diversion_not_bought": (0.6, 0.55, 0.65)}, "all cars"),
    ],
)
def test_a_market_whose_buyers_respond_absurdly_is_not_simulated(tiny, said, lever):
    """The finding stands where the assumption is, and names the line of the catalogue."""
    with pytest.raises(InputError) as stopped:
        tiny(outside=assumed(**said))
    (name,) = said
    (mine,) = [each for each in stopped.value.diagnostics if lever in each.message]
    assert mine.code == "G751"
    assert mine.message.startswith(name)
    assert "literature D1." in mine.help
    assert name in mine.text
    assert Path(mine.file).name == "market.yaml"


def test_unusual_but_not_absurd_is_simulated_with_a_warning(tiny):
    study = tiny(outside=assumed(own_price_elasticity=(-7.2, -7.4, -7)))
    found = appraise(study, seed=1, draws=16)
    row = found.beside_published.row(by_predicate=pl.col("lever") == "model", named=True)
    assert row["verdict"] == "above"
    assert 7 <= row["p05"] <= row["p50"] <= row["p95"] <= 7.4
    assert any("largest published response (6.8)" in each.en for each in found.warnings)


# --- the result ---------------------------------------------------------------------------------


def lived(study, *, draws=16):
    drawn = draw_parameters(study.assumptions, seed=1, draws=draws, shapes=study.shapes())
    with crew([study], workers=1) as hands:
        outcome = live(study, hands, drawn, lambda share, what: None)
    return Worlds(study, outcome, pull_through(study, drawn, outcome)), drawn


def row_of(beside, lever):
    return beside.row(by_predicate=pl.col("lever") == lever, named=True)


def test_a_month_counts_as_two(tiny):
    """The window is November: 30 days of sales count as 62, and one car a day more is 30 / 62."""
    worlds, drawn = lived(tiny())
    beside = beside_published(worlds, drawn)
    more = worlds.difference[:, worlds.window].sum(axis=(1, 2))
    usual = worlds.outcome.without_campaign[:, worlds.window].sum(axis=(1, 2))
    middle = np.sort(more / usual)[7] * 30 / 62  # the eighth of sixteen
    assert row_of(beside, "sales_response")["p50"] == pytest.approx(middle)
    bought = worlds.outcome.bought.sum(axis=(1, 2))
    assert row_of(beside, "additional_per_car")["p50"] == pytest.approx(np.sort(more / bought)[7])


def test_buyers_from_elsewhere_are_no_response_of_the_city(tiny):
    """As many come as the city itself buys, and stop nothing; the city's own rise stays below."""
    outside = (
        "outside:\n  cars_per_month: {assumed: 900, range: [800, 1000], why: made up}\n"
        "  travel_cost: {assumed: 300, range: [200, 400], why: made up}\n"
        "  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}\n"
    )
    worlds, drawn = lived(tiny(pots=AMPLE, outside=outside))
    of_own = row_of(beside_published(worlds, drawn), "sales_response")
    found = totals(worlds)
    usual = worlds.outcome.without_campaign[:, worlds.window].sum(axis=(1, 2)) * 62 / 30
    own = (found["additional_cars_in_window"] - found["came_from_outside"]) / usual
    assert of_own["p50"] == pytest.approx(np.sort(own)[7])
    assert of_own["p50"] < np.sort(found["additional_cars_in_window"] / usual)[7] / 2


def test_nobody_subsidised_has_no_response_per_car(tiny):
    beside = beside_published(*lived(tiny(pots=EMPTY)))
    assert "additional_per_car" not in beside["lever"].to_list()
    assert row_of(beside, "sales_response")["p50"] == 0.0
    assert warnings(beside) == ()


EAGER = assumed(
    moving_cost_earlier=(0.0003, 0.0002, 0.0004),
    aware_public=(0.99, 0.98, 1),
    landing_days=(1, 0.9, 1.1),
)
"""Everybody knows, and buys a car months early for a few yuan."""


def test_a_result_beyond_what_any_programme_did_stops_the_report(tiny, capsys):
    study = tiny(pots=AMPLE, outside=EAGER)
    assert run(["simulate", study.path, "--draws", "16", "--lang", "en", "--workers", "1"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    said = " ".join(shown.err.split())
    assert "G752" in said
    assert "sales to buyers of the city rise by (net)" in said
    assert "CARS 2009: Green et al. 2014; literature A2.9, A4" in said
    # The three that this market puts outside their built-in ranges, in the order of docs/model.md.
    assert "first at aware_public (0.99), moving_cost_earlier (0.0003), landing_days (1)" in said
    assert run(["simulate", study.path, "--draws", "16", "--lang", "zh", "--workers", "1"]) == 1
    said = "".join(capsys.readouterr().err.split())
    assert "已公布的反应都解释不了：活动期本市购车人的销量净增" in said
    assert "（美国CARS2009：Greenetal.2014，文献A2.9,A4）" in said


def test_among_usual_assumptions_the_finding_names_what_moves_additional_cars_most(tiny):
    beside = pl.DataFrame(
        {"lever": ["sales_response"], "p50": [0.9], "published_low": [0.06]}
        | {"published_high": [0.31], "verdict": ["absurd"]}
    )
    moving = pl.DataFrame(
        {
            "assumption": ["aware_public", "moving_cost_earlier", "landing_days"],
            "measure": ["additional_cars_in_horizon"] * 2 + ["spend"],
            "at_low": [5.0, 90.0, 1e6],
            "at_high": [10.0, 20.0, 0.0],
        }
    )
    study = tiny()
    with pytest.raises(InputError) as stopped:
        refuse_absurd(study, beside, moving)
    (found,) = stopped.value.diagnostics
    assert found.help.endswith("look first at moving_cost_earlier (0.02)")
    assert found.message.endswith("= 0.9, beyond 0.465")  # 1.5 x 0.31
    refuse_absurd(study, beside.with_columns(verdict=pl.lit("above")), moving)


@pytest.mark.parametrize(
    "file", ["kaifeng/2022-q4.yaml", "us/cars-2009-as-it-ran.yaml", "zhengzhou/2022-09.yaml"]
)
def test_the_campaigns_that_ship_are_not_stopped(file):
    beside = beside_published(*lived(load_study(str(CAMPAIGNS / file))))
    assert beside["lever"].to_list() == list(LEVERS)
    assert "absurd" not in beside["verdict"].to_list()
