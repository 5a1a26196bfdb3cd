"""Amounts are said in the currency of the campaign."""

import pytest

from promo.report.contract import assumption_object
from promo.report.numbers import amounts_in, number, scale_of, spoken_money, with_unit
from promo.schema import Assumption, Words


def test_yuan_unless_another_currency_is_spoken():
    assert scale_of("CNY", [2e6]).unit.en == "10,000 yuan"
    with amounts_in("USD"):
        assert scale_of("CNY", [2e6]).unit == Words("百万美元", "million USD")
        assert scale_of("CNY", [4_500.0]).unit.en == "USD"
        assert scale_of("cars", [2e6]).unit.en == "cars"
    assert scale_of("CNY", [2e6]).unit.en == "10,000 yuan"


def test_the_currency_is_left_behind_when_something_fails():
    with pytest.raises(ZeroDivisionError), amounts_in("USD"):
        raise ZeroDivisionError
    assert spoken_money(5_000, "en") == "5,000 yuan"


def test_a_billion_dollars_in_words_and_in_a_table():
    with amounts_in("USD"):
        assert with_unit(2_850_000_000.0, "CNY", "en") == "2,850 million USD"
        assert with_unit(2_850_000_000.0, "CNY", "zh") == "285,000万美元"
        assert number(2_850_000_000.0, scale_of("CNY", [2_850_000_000.0])) == "2,850"
    with amounts_in("GBP"):
        assert spoken_money(3_500, "en") == "3,500 GBP"


def test_the_json_names_the_currency_of_the_campaign():
    value = Assumption("v", 1.0, 0.5, 2.0, "CNY", "made up", "judgement", Words("值", "value"))
    with amounts_in("USD"):
        assert assumption_object(value, "en")["unit"] == "USD"
    assert assumption_object(value, "en")["unit"] == "CNY"
