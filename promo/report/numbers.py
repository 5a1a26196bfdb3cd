"""How is a number written so that a reader takes it at its worth?

Money stands in yuan below a million and in units of ten thousand yuan from there on (in millions
of any other currency), with the unit beside it; counts of cars have no decimals unless they are
small; an interval goes with every estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta

from promo.schema import Words

TEN_THOUSAND = 10_000
MONEY_IN_TEN_THOUSANDS_FROM = 1_000_000
_NO_VALUE = "-"


@dataclass(frozen=True, slots=True)
class Scale:
    """What a number is divided by, its unit after that, and its decimals."""

    divisor: float
    unit: Words
    decimals: int

    def excel_format(self) -> str:
        return "#,##0" + ("." + "0" * self.decimals if self.decimals else "")


_YUAN = Words("元", "yuan")
_WAN = Words("万元", "10,000 yuan")
_NAMES = {
    "CNY": _YUAN,
    "USD": Words("美元", "USD"),
    "EUR": Words("欧元", "EUR"),
    "CAD": Words("加元", "CAD"),
}
_CURRENCY: ContextVar[str] = ContextVar("currency", default="CNY")


@contextmanager
def amounts_in(currency: str) -> Iterator[None]:
    """Money written in here is money of this currency; elsewhere it is yuan.

    >>> with amounts_in("USD"):
    ...     spoken_money(3_000_000_000, "en"), spoken_money(4_500, "zh")
    ('3,000 million USD', '4,500美元')
    """
    token = _CURRENCY.set(currency)
    try:
        yield
    finally:
        _CURRENCY.reset(token)


def currency_of(unit: str) -> str:
    """The code of a unit as the reader has it: of money the currency that is spoken."""
    return _CURRENCY.get() if unit == "CNY" else unit


def _money_scale(largest: float) -> Scale:
    currency = _CURRENCY.get()
    name = _NAMES.get(currency, Words(currency, currency))
    if largest < MONEY_IN_TEN_THOUSANDS_FROM:
        return Scale(1, name, 0)
    if currency == "CNY":
        return Scale(TEN_THOUSAND, _WAN, 0 if largest >= 1e7 else 1)
    millions = Words(f"百万{name.zh}", f"million {name.en}")
    return Scale(1_000_000, millions, _decimals(largest / 1e6))


UNITS: dict[str, Words] = {
    "cars": Words("辆", "cars"),
    "share": Words("%", "%"),
    "ratio": Words("", ""),
    "months": Words("人月", "person-months"),
    "days": Words("", ""),
    "days later": Words("天", "days"),
    "count": Words("", ""),
    "stock months": Words("个月", "months"),
    "share a year": Words("%/年", "% a year"),
    "cars a year": Words("辆/年", "cars a year"),
    "cars a month": Words("辆/月", "cars a month"),
    "cars/hour": Words("辆/小时", "cars/hour"),
    "cars/month": Words("辆/月", "cars/month"),
    "hours": Words("小时", "hours"),
    "weeks": Words("周", "weeks"),
    "shifts": Words("班", "shifts"),
    "persons": Words("人", "persons"),
    "share/month": Words("每月", "share/month"),
    "share of capacity": Words("占产能", "share of capacity"),
    "factor": Words("", ""),
    # What the model assumes of buyers: the label says what the number is.
    "share of a model's lost sales": Words("", "share"),
    "share of a model's lost sales that buy another car": Words("", "share"),
    "share of people at home who learn of it in the end": Words("", "share"),
    "share of public money that reaches the buyer": Words("", "share"),
    "share of shoppers told by the seller": Words("", "share"),
    "share of the money that counts in the decision": Words("", ""),
    "share of the car's price per month, median": Words("占车价", "share of its price"),
    "chance that buyers give to another round": Words("", ""),
    "correlation of tastes, same energy in the segment": Words("", ""),
    "correlation of tastes, trims of a model": Words("", ""),
    "elasticity of a model's sales to its own price": Words("", ""),
    "exponent: sensitivity falls with income to this power": Words("", "exponent"),
    "standard deviation of the logarithm": Words("对数标准差", "of its logarithm"),
    "days after the announcement, mean time to learn": Words("", ""),
    "days, mean time to shop and sign": Words("", ""),
}
_PERCENTAGES = {"share", "share a year"}
_WITHOUT_DECIMALS_FROM_TEN = {"cars", "cars a year", "cars a month", "months", "stock months"}
# Said once, beside the name of a quantity, and not behind each of its numbers.
_PHRASES = {
    "share/month",
    "share of capacity",
    "share of the car's price per month, median",
    "standard deviation of the logarithm",
    "exponent: sensitivity falls with income to this power",
}


def scale_of(unit: str, values: Iterable[float | None]) -> Scale:
    """The scale in which all these numbers of one unit are written.

    >>> scale_of("CNY", [999_999.0]).unit.zh, scale_of("CNY", [1_000_000.0]).unit.zh
    ('元', '万元')
    """
    finite = [abs(value) for value in values if value is not None and math.isfinite(value)]
    largest = max(finite, default=0.0)
    if unit == "CNY":
        return _money_scale(largest)
    if unit in _PERCENTAGES:
        return Scale(0.01, UNITS[unit], 0 if largest >= 0.1 else 1)
    if unit == "count":
        return Scale(1, UNITS[unit], 0)
    words = UNITS.get(unit, Words(unit, unit))
    if unit in _WITHOUT_DECIMALS_FROM_TEN:
        return Scale(1, words, 0 if largest >= 10 else 1)
    return Scale(1, words, _decimals(largest))


def _decimals(largest: float) -> int:
    for bound, decimals in ((1000, 0), (100, 1), (0.1, 2), (0.01, 3)):
        if largest >= bound:
            return decimals
    return 4 if largest else 0


def number(value: float | None, scale: Scale) -> str:
    """A number in its scale, grouped by thousands.

    >>> number(19_300_000.0, scale_of("CNY", [19_300_000.0]))
    '1,930'
    """
    if value is None or not math.isfinite(value):
        return _NO_VALUE
    text = f"{value / scale.divisor:,.{scale.decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def with_unit(value: float | None, unit: str, language: str) -> str:
    """A number with its own unit behind it.

    >>> with_unit(20_000_000.0, "CNY", "zh"), with_unit(-3.5, "ratio", "zh")
    ('2,000万元', '-3.50')
    """
    if unit == "CNY" and value is not None:
        return spoken_money(value, language)
    scale = scale_of(unit, [value])
    words = scale.unit.zh if language == "zh" else scale.unit.en
    if unit in _PHRASES or words == "share":
        words = ""
    space = "" if language == "zh" or not words else " "
    return f"{number(value, scale)}{space}{words}"


def interval(low: str, high: str, language: str) -> str:
    """Nine draws in ten lie between these; a dash before a minus would not be readable.

    >>> interval("-15", "42", "en"), interval("-72", "-6", "en"), interval("-72", "-6", "zh")
    ('-15–42', '-72 to -6', '-72至-6')
    """
    if high.startswith("-") and high != _NO_VALUE:
        return f"{low}至{high}" if language == "zh" else f"{low} to {high}"
    return f"{low}–{high}"


def calendar_day(first: date, days: float) -> date:
    """The day on which a number of days after the first midnight falls.

    >>> calendar_day(date(2022, 11, 1), 0.4), calendar_day(date(2022, 11, 1), 30.0)
    (datetime.date(2022, 11, 1), datetime.date(2022, 12, 1))
    """
    return first + timedelta(days=math.floor(days))


_MONTHS = "January February March April May June July August September October November December"


def spoken_day(day: date, language: str, *, year: bool = True) -> str:
    """A day as it is said in a sentence, with its year or without.

    >>> spoken_day(date(2022, 12, 3), "en"), spoken_day(date(2022, 12, 3), "zh", year=False)
    ('3 December 2022', '12月3日')
    """
    if language == "zh":
        return f"{day.year}年" * year + f"{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS.split()[day.month - 1]}" + f" {day.year}" * year


def spoken_money(yuan: float, language: str) -> str:
    """An amount as it is said in a sentence.

    >>> spoken_money(20_000_000, "zh"), spoken_money(20_000_000, "en"), spoken_money(5000, "en")
    ('2,000万元', '20 million yuan', '5,000 yuan')
    """
    currency = _CURRENCY.get()
    name = _NAMES.get(currency, Words(currency, currency))
    if abs(yuan) < MONEY_IN_TEN_THOUSANDS_FROM:
        return f"{yuan:,.0f}{name.zh}" if language == "zh" else f"{yuan:,.0f} {name.en}"
    if language == "zh":
        return f"{yuan / TEN_THOUSAND:,.0f}万{name.zh}"
    millions = f"{yuan / 1e6:,.1f}".removesuffix(".0")
    return f"{millions} million {name.en}"
