"""A finding that says there is a purchase names one that the compiled rules decide just so."""

from pathlib import Path

import pytest

from promo.policy.campaign import Campaign
from promo.policy.checking import check_campaign
from promo.textfile import parse

TEXT = (Path(__file__).parent / "sample.yaml").read_text(encoding="utf-8")


def messages(text: str) -> list[str]:
    loaded = parse("sample.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return [each.message for each in check_campaign(loaded)]


@pytest.mark.parametrize(
    ("floor", "price"),
    [
        ("price >= 40000", "49999.99"),  # the dearest car below the first band of 50,000
        ("price >= 40000 AND price <> 49999.99", "49999.98"),
        ("price >= 40000 AND price < 40000.01 OR price >= 50000", "40000"),
    ],
)
def test_a_gap_below_the_bands_is_shown_by_a_price(floor, price):
    [message] = messages(TEXT.replace("price >= 50000", floor))
    assert message.endswith(f"get no amount: price = {price}")


def test_routes_that_meet_are_shown_by_a_purchase():
    text = TEXT.replace("combine: {sum:", "combine: {exclusive:")
    [message] = messages(text)
    assert message.startswith("a purchase can get this benefit and one before it: ")
    named = message.partition(": ")[2]
    assert "price = " in named
    assert "invoice_date" not in named  # the window has nothing to do with it
