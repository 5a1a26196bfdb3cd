"""Does a study say what it takes for granted?"""

import pytest


@pytest.mark.parametrize(
    ("changes", "fact", "said"),
    [
        ({"who": "electric_range_km >= 400 OR price >= 50000"}, "electric_range_km", "fulfilled"),
        ({"who": "income_yearly <= 60000 OR price >= 50000"}, "income_yearly", "fulfilled"),
        (
            {"benefits": '  base: {when: "first_car = TRUE OR price >= 50000", pay: 3000}'},
            "first_car",
            "no benefit is paid",
        ),
    ],
)
def test_a_fact_that_no_file_tells_is_named_in_a_warning(tiny, changes, fact, said):
    """The tiny market knows neither ranges nor incomes a year nor who buys a first car."""
    found = [text.en for text in tiny(**changes).warnings() if f"the fact '{fact}'" in text.en]
    assert len(found) == 1
    assert said in found[0]


def test_facts_that_files_tell_draw_no_warning(tiny):
    assert not [text.en for text in tiny().warnings() if "tells the fact" in text.en]
