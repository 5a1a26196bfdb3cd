"""A plant's weeks in characters: within the page, a letter a week, and none where none can be."""

import sys
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from rich.cells import cell_len

from promo.report.plant_plots import plant_weeks


def weeks(count, binding=("订单", "orders")):
    rng = np.random.default_rng(1)
    names = ("sold", "ordered", "built", "dealer_stock")
    cars = {
        f"{name}_{world}": rng.poisson(900, count).astype(float)
        for name in names
        for world in ("without", "with")
    }
    extra = rng.normal(0, 20, count)
    return pl.DataFrame(
        {
            "week": [date(2022, 10, 28) + timedelta(weeks=each) for each in range(count)],
            **cars,
            "extra": extra,
            "extra_p05": extra - 10,
            "extra_p95": extra + 10,
            "binding_zh": [binding[0]] * (count - 3) + ["零部件:车轮"] * 3,
            "binding_en": [binding[1]] * (count - 3) + ["parts: wheels"] * 3,
        }
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_panels_stay_on_the_page(language, width):
    lines = plant_weeks(weeks(40), language, width=width)
    assert len(lines) > 25  # two rows of panels and one below
    drawn = [line for line in lines if set(line) & set("│┤└┌")]
    assert max(map(cell_len, drawn)) <= width


@pytest.mark.parametrize(("language", "names"), [("zh", "订单"), ("en", "orders")])
def test_there_is_a_letter_for_every_whole_week_and_what_it_means(language, names):
    """Of 40 weeks the last may be short: 37 of orders, two of parts."""
    *_, strip, legend = plant_weeks(weeks(40), language, width=80)
    assert strip.endswith("A" * 37 + "B" * 2)
    assert legend.startswith(f"A {names}, B ")


def test_nothing_is_drawn_of_one_week_or_without_the_library(monkeypatch):
    assert plant_weeks(weeks(4).head(2), "en", width=80) == []
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert plant_weeks(weeks(40), "en", width=80) == []
