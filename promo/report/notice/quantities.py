"""How are money, days, moments and rates written in a notice?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from promo.report.numbers import spoken_day
from promo.report.words import Language
from promo.schema import FEN_PER_YUAN

_CURRENCIES = {"CNY": "元", "USD": "美元", "EUR": "欧元", "CAD": "加元"}
_TEN_THOUSAND, _HUNDRED_MILLION = 10_000, 100_000_000


def money(fen: int, currency: str, language: Language) -> str:
    """An amount, in 万 and 亿 where that is shorter and loses nothing.

    >>> money(5_000_000, "CNY", "zh"), money(4_999_999, "CNY", "zh"), money(350_000, "USD", "en")
    ('5万元', '49999.99元', 'USD 3,500')
    """
    if language == "en":
        yuan, rest = divmod(fen, FEN_PER_YUAN)
        return f"{currency} {yuan:,}" + (f".{rest:02d}" if rest else "")
    unit = _CURRENCIES.get(currency, currency)
    for scale, word in ((_HUNDRED_MILLION, "亿"), (_TEN_THOUSAND, "万")):
        # At most two decimals: 12.8万元, but 107890元.
        if fen >= scale * FEN_PER_YUAN and fen % scale == 0:
            return f"{fen / FEN_PER_YUAN / scale:.2f}".rstrip("0").rstrip(".") + word + unit
    yuan, rest = divmod(fen, FEN_PER_YUAN)
    return f"{yuan}" + (f".{rest:02d}" if rest else "") + unit


def rate(basis_points: int) -> str:
    """A rate from ten-thousandths.

    >>> rate(1200), rate(1250)
    ('12%', '12.5%')
    """
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".") + "%"


def number(value: float) -> str:
    """A plain number.

    >>> number(2.0), number(5.99)
    ('2', '5.99')
    """
    return f"{value:.10f}".rstrip("0").rstrip(".")


def day(value: date, language: Language) -> str:
    """A calendar day.

    >>> day(date(2022, 11, 1), "zh"), day(date(2022, 11, 1), "en")
    ('2022年11月1日', '1 November 2022')
    """
    return spoken_day(value, language)


def moment(value: datetime, language: Language) -> str:
    """A moment of local wall clock.

    >>> moment(datetime(2022, 9, 24, 11), "zh")
    '2022年9月24日11:00'
    """
    clock = value.strftime("%H:%M:%S" if value.second else "%H:%M")
    text = day(value.date(), language)
    return f"{text}{clock}" if language == "zh" else f"{clock} on {text}"


def end_of(value: datetime, language: Language) -> str:
    """The last minute in time, from the first moment that is too late; midnight as 24:00.

    >>> end_of(datetime(2023, 1, 1), "zh"), end_of(datetime(2023, 1, 1, 21, 1), "en")
    ('2022年12月31日24:00', '21:00 on 1 January 2023')
    """
    if value.time() != time.min:
        return moment(value - timedelta(minutes=1), language)
    text = day(value.date() - timedelta(days=1), language)
    return f"{text}24:00" if language == "zh" else f"24:00 on {text}"


def listed(words: Sequence[str], language: Language, *, last: str = "") -> str:
    """Names in a row, the last joined by "or".

    >>> listed(["A", "B", "C"], "zh"), listed(["A", "B"], "en")
    ('A、B或者C', 'A or B')
    """
    joined = last or ("或者" if language == "zh" else " or ")
    comma = "、" if language == "zh" else ", "
    return comma.join(words[:-1]) + joined + words[-1] if len(words) > 1 else "".join(words)
