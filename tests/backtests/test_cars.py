"""The comparison with CARS stays what it says: its bands, what was fitted, what CARS supplied."""

from __future__ import annotations

import importlib
import pkgutil
import re
import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import promo
from promo.demand.assumptions import BEHAVIOUR
from promo.schema import Assumption
from promo.study import load_study

CARS = runpy.run_path(str(Path(__file__).with_name("cars.py")))
DEFAULTS = {each.name: each for each in BEHAVIOUR}


@pytest.fixture(scope="module")
def study():
    return load_study(CARS["CAMPAIGN"])


def test_nothing_but_the_declared_numbers_differs_from_the_defaults(study):
    """The design allows the eligible share, the median and the spread of moving costs, and D."""
    here = {each.name: each for each in study.assumptions}
    changed = {
        name
        for name, default in DEFAULTS.items()
        if (here[name].value, here[name].low, here[name].high)
        != (default.value, default.low, default.high)
    }
    assert changed == set(CARS["FITTED"])
    assert changed <= {"moving_cost_earlier", "moving_cost_dispersion", "landing_days"}


def test_every_fitted_number_says_so_where_it_stands(study):
    fitted = study.market.market.behaviour
    assert set(fitted) == set(CARS["FITTED"])
    assert all("fitted to CARS" in each.why for each in fitted.values())
    file = Path(study.path).with_name("market.yaml").read_text(encoding="utf-8")
    assert "FITTED to\n# CARS" in file


def test_every_default_that_cars_supplied_is_replaced_or_declared(study):
    """Rows of the literature that come from CARS: the lag of claims (A1.17), the speed at which
    stock is rebuilt (F1.10), production per additional sale (F1.9). The 5 to 8 months of the
    papers on it (A2) stand in the note of the moving cost, which is fitted."""
    said = CARS["SUPPLIED"]
    for name in CARS["FITTED"]:
        assert said[f"`{name}`"][1] == "fitted, declared"
    assert "F1.10" in said["`stock_speed_per_month`, `dealer_speed_per_month` of plants"][0]
    speeds = {
        (each.value, each.low, each.high, each.source)
        for each in study.assumptions
        if each.name.endswith((".stock_speed_per_month", ".dealer_speed_per_month"))
    }
    assert speeds == {(0.3, 0.2, 0.4, "AUINSA, October 2001 to April 2002")}
    outcomes = ("additional", "payback", "bunching", "built_per")
    assert not [a.name for a in study.assumptions if any(each in a.name for each in outcomes)]


OF_CARS = re.compile(
    r"\bCARS\b|[Cc]lunkers|旧车换现金|United States|美国|Copeland|Mian|Sufi|Li, Linn|Spiller"
    r"|Hoekstra|Puller|Melzer|Gayer|Cooper|McAlinden|Busse"
)
"""The programme, its country and the authors of the studies of it (reference/literature.md A2, A3
and D3.8): a source with one of these words is a number that CARS may have supplied."""


def built_in():
    """Every assumption that a module of the program holds, wherever it stands in it."""
    found = {}
    for module in pkgutil.walk_packages(promo.__path__, "promo."):
        for value in vars(importlib.import_module(module.name)).values():
            parts = value.values() if isinstance(value, dict) else [value]
            for part in parts:
                each = part if isinstance(part, tuple | list) else [part]
                found |= {one.name: one for one in each if isinstance(one, Assumption)}
    return found


def from_cars(assumptions):
    """Those whose source names CARS or the studies of it."""
    return {each.name for each in assumptions if OF_CARS.search(each.source)}


def undeclared(assumptions, said):
    """Defaults with a source in CARS of which the page says nothing by their name."""
    named = {name for row in said for name in re.findall(r"`(\w+)`", row)}
    return from_cars(assumptions) - named


def test_the_page_names_every_default_that_has_a_source_in_cars():
    """And what was done about it: replaced, fitted and declared, or not used in the comparison."""
    defaults = built_in()
    assert {a.name for a in BEHAVIOUR} < set(defaults)
    assert from_cars(defaults.values()) == {
        "moving_cost_earlier",
        "days_to_claim",
        "voucher_fulfilment",
    }
    assert not undeclared(defaults.values(), CARS["SUPPLIED"])
    page = (CARS["ROOT"] / "docs" / "cars.md").read_text(encoding="utf-8")
    for row, (source, done) in CARS["SUPPLIED"].items():
        assert f"| {row} | {source} | {done} |" in page


@pytest.mark.parametrize("file", ["cars-2009.yaml", "cars-2009-as-it-ran.yaml"])
def test_no_default_that_cars_supplied_is_used_for_cars_and_passed_over(file):
    """In the study each such number is replaced by the market file, or the page keeps its name."""
    here = load_study(str(Path(CARS["CAMPAIGN"]).with_name(file))).assumptions
    defaults = built_in()
    kept = [a for a in here if a.name in defaults and a.source == defaults[a.name].source]
    assert from_cars(kept) == ({"days_to_claim"} if file == "cars-2009.yaml" else set())
    assert "declared" in CARS["SUPPLIED"]["`days_to_claim`"][1]


def test_a_default_taken_from_cars_in_silence_is_found():
    """The control: somebody adds one and says nothing."""
    source = "judgement after Mian & Sufi 2012 / 判断"
    secret = replace(DEFAULTS["landing_days"], name="days_to_hurry", source=source)
    assert undeclared([*built_in().values(), secret], CARS["SUPPLIED"]) == {"days_to_hurry"}


def test_no_sale_of_the_programme_is_known_to_the_market(study):
    assert str(study.market.sales["month"].max()) == "2009-05-01"  # the law is of 24 June


def test_the_stock_that_october_2001_emptied_was_filled_at_that_speed(data_folder):
    """1,121.5 thousand in September 2001, 925.1 in October; 54 % and 82 % were back in January and
    February. At 30 % a month of what is missing 1 - 0.7^3 = 66 % and 1 - 0.7^4 = 76 % would be; 20
    and 40 % a month give 49 to 78 % after three months and 59 to 87 % after four."""
    lines = Path(f"{data_folder}/us_auto_monthly_1993_2010.csv").read_text().splitlines()
    place = lines[0].split(",").index("AUINSA")
    stock = {line[:7]: float(line.split(",")[place]) for line in lines[1:]}
    missing = stock["2001-09"] - stock["2001-10"]
    back = [(stock[month] - stock["2001-10"]) / missing for month in ("2002-01", "2002-02")]
    assert back == pytest.approx([0.54, 0.82], abs=0.01)
    for months, share in zip((3, 4), back, strict=True):
        assert 1 - 0.8**months < share < 1 - 0.6**months


def test_domestic_cars_were_there_or_came_and_went_or_are_left_in_every_draw():
    """Inflow from Canada and Mexico in it; whole cars, so exactly."""
    run = CARS["the_run"](16)
    for which in (lambda output: output.without, lambda output: output.with_campaign):
        terms = CARS["balance"](run, which)
        there, built, brought, borrowed, sold, sent, left = terms.values()
        assert (there + built + brought + borrowed == sold + sent + left).all()
        assert brought.min() > 0


def test_a_plant_that_is_told_more_builds_more_of_it_in_time():
    """At every lead time, in the mean of 16 draws; without announcement it learns from orders."""
    run, august = CARS["the_run"](16), date(2009, 8, 31)
    for weeks in (1, 6):
        built = [
            CARS["produced"](run, lead_time=weeks, share=share)
            .pull.built[:, run.until(august)]
            .sum(axis=1)
            .mean()
            for share in (0.0, 0.5, 1.0)
        ]
        assert built == sorted(built)
        assert built[0] < built[-1]


BANDS = {
    "money spent, bn USD": (2.6e9, 3.0e9),
    "last money": (19, float("inf")),  # 12 August is the 20th day from 24 July
    "mean voucher, USD": (4100, 4250),
    "first billion gone, days from 24 July": (4, 10),
    "additional, July and August, thousand": (300_000, 550_000),
    "of which July, thousand": (60_000, 180_000),
    "additional per subsidised car": (0.40, 0.75),
    "shortfall September to April, % of it": (0.80, 1.00),
    "deepest month, % of it": (-float("inf"), 0.45),
    "shortfall of September, thousand": (20_000, 170_000),
    "domestic cars built by end of August / additional domestic": (0.25, 0.65),
    "the same by end of September, above that of August by": (0.0, float("inf")),
    "stock of domestic cars, June to August, %": (-35, -15),
    "of which due to the campaign, points": (-float("inf"), -4),
}
"""The list of the design, model.md 13, typed a second time."""


def test_the_bands_are_those_of_the_design_and_the_page_tells_hits_from_misses():
    """On 16 draws, for the shape of the list alone: what the draws say is on the page."""
    rows = CARS["compared"](CARS["the_run"](16))
    assert {row.output: (row.low, row.high) for row in rows} == BANDS
    for row in rows:
        verdict = "yes" if row.low <= row.median <= row.high else "**no**"
        assert row.cells()[-1] == verdict
