"""City sales by month in characters: whole months, within the page, none where none can be."""

import sys
from datetime import date

import polars as pl
import pytest
from rich.cells import cell_len

from promo.report.plots import monthly_sales
from promo.report.terminal import appraisal_text


def months(count):
    """A short first month, then 1,000 cars without; with the campaign 500 more, then 100 fewer."""
    more = [0.0, 500.0, *[-100.0] * (count - 2)]
    return pl.DataFrame(
        {
            "month": [date(2022 + n // 12, n % 12 + 1, 1) for n in range(9, 9 + count)],
            "without": [7.0, *[1000.0] * (count - 2), 3.0],
            "with_": [7.0, *(1000.0 + each for each in more[1:-1]), 3.0],
            "additional": more,
            "additional_p05": [each - 50 for each in more],
            "additional_p95": [each + 50 for each in more],
        }
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_both_plots_stay_on_the_page(language, width):
    lines = monthly_sales(months(14), language, width=width)
    drawn = [line for line in lines if set(line) & set("│┤└┌")]
    assert len(drawn) == 2 * (9 - 1)  # nine rows a plot, of which one for the labels
    assert max(map(cell_len, drawn)) <= width


def test_the_axes_hold_what_is_drawn_and_the_net_one_its_zero():
    """Without the short ends sales go from 900 to 1,500, the difference from -150 to 550."""
    lines = monthly_sales(months(14), "en", width=80)
    levels = [line.split("┤")[0].strip() for line in lines if "┤" in line]
    assert levels == ["1,500", "1,200", "900", "550", "0", "-150"]
    dates = [line.split() for line in lines if "2022-11" in line]
    assert len(dates) == 2
    assert "2022-10" not in " ".join(lines)


def test_nothing_is_drawn_of_one_month_or_without_the_library(monkeypatch):
    assert monthly_sales(months(3), "en", width=80) == []
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert monthly_sales(months(14), "en", width=80) == []


def test_a_plain_page_has_sales_in_their_table_only(appraisal):
    legend = "thick with, dotted without the campaign"
    drawn = appraisal_text(appraisal, "en", width=80, plain=False)
    plain = appraisal_text(appraisal, "en", width=80, plain=True)
    assert (drawn.count(f"cars a month: {legend}"), plain.count(legend)) == (1, 0)
    assert plain.count("CITY SALES BY MONTH") == 1
