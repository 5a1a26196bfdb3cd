"""City sales by month in characters: every month, within the page, none where none can be."""

import sys
from datetime import date

import polars as pl
import pytest
from rich.cells import cell_len

from promo.report.plots import monthly_sales
from promo.report.terminal import appraisal_text


def months(count):
    """1,000 cars without, 700 in the short last month; with the campaign 500 more in the first,
    then 100 fewer."""
    more = [500.0, *[-100.0] * (count - 1)]
    without = [*[1000.0] * (count - 1), 700.0]
    return pl.DataFrame(
        {
            "month": [date(2022 + n // 12, n % 12 + 1, 1) for n in range(9, 9 + count)],
            "without": without,
            "with_": [each + extra for each, extra in zip(without, more, strict=True)],
            "additional": more,
            "additional_p05": [each - 50 for each in more],
            "additional_p95": [each + 50 for each in more],
        }
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_both_plots_stay_on_the_page(language, width):
    for caption, drawn in monthly_sales(months(14), language, width=width):
        assert len(drawn) == 9, caption
        assert max(map(cell_len, drawn)) <= width, caption


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_narrow_page_breaks_the_captions(appraisal, language):
    text = appraisal_text(appraisal, language, width=60, plain=False)
    assert max(map(cell_len, text.splitlines())) <= 60
    for caption, _ in monthly_sales(months(14), language, width=60):
        assert "".join(caption.split()) in "".join(text.split())


def test_the_axes_hold_what_is_drawn_and_the_net_one_its_zero():
    """Sales go from 600 in the short month to 1,500 in the first, the difference from -150 to 550:
    a campaign that fills the first month is seen."""
    lines = [line for _, drawn in monthly_sales(months(14), "en", width=80) for line in drawn]
    levels = [line.split("┤")[0].strip() for line in lines if "┤" in line]
    assert levels == ["1,500", "1,050", "600", "550", "0", "-150"]
    assert sum("2022-10" in line for line in lines) == 2


def test_nothing_is_drawn_of_one_month_or_without_the_library(monkeypatch):
    assert monthly_sales(months(1), "en", width=80) == []
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert monthly_sales(months(14), "en", width=80) == []


def test_a_plain_page_has_sales_in_their_table_only(appraisal):
    legend = "thick with, dotted without the campaign"
    drawn = appraisal_text(appraisal, "en", width=80, plain=False)
    plain = appraisal_text(appraisal, "en", width=80, plain=True)
    assert (drawn.count(f"cars a month: {legend}"), plain.count(legend)) == (1, 0)
    assert plain.count("CITY SALES BY MONTH") == 1
