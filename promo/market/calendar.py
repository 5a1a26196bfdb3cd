"""On which days of a month are cars bought, and on which does a plant work?

Public holidays come from the `holidays` library; a market names its country. Chinese ones, with
the weekends that are worked in exchange, follow the yearly notice of the State Council: beyond the
last published notice only the statutory days are known, and `calendar_warnings` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from promo.schema import Floats, Words

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayWeights:
    """How busy a day is beside an ordinary Wednesday: judgements, multiplied with each other.

    Pattern (not the numbers) as in the weekly retail reports of the Chinese passenger-car
    association: families shop at the weekend, the last days of a month are the busiest, the weeks
    before the Spring Festival are full and the festival itself nearly empty.
    """

    country: str = "CN"
    weekday: tuple[float, ...] = (0.95, 0.95, 1.0, 1.0, 1.1, 1.3, 1.2)  # Monday to Sunday
    public_holiday: float = 0.9
    spring_festival: float = 0.2
    before_spring_festival: float = 1.2  # the 14 days before New Year's Eve
    month_end: float = 1.5  # the last three days of a month


DAY_WEIGHTS = DayWeights()
CALENDARS: Mapping[str, DayWeights] = {
    "CN": DAY_WEIGHTS,
    # Saturday is the busiest day, many states close dealers on Sunday, holidays are days of sales.
    "US": DayWeights(
        country="US",
        weekday=(0.95, 0.9, 0.9, 0.95, 1.1, 1.6, 0.6),
        public_holiday=1.0,
        spring_festival=1.0,
        before_spring_festival=1.0,
    ),
}
"""How busy the days are, by the country that a market names; judgements."""


SUMMER_SHUTDOWN: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    # In 2003 to 2008 American plants built two thirds as many cars in July as in June or August
    # (DAUPNSA, BEA): seven of its 21 or 22 working days are lost, public holidays among them.
    "US": ((7, 1), (7, 11)),
}
"""First and last day, as month and day, on which car plants close every summer."""


class _Year(NamedTuple):
    """What the public calendar says of one year."""

    holidays: frozenset[date]
    worked_weekends: frozenset[date]
    new_year: date | None  # first day of the lunar year


@lru_cache(maxsize=256)
def _year(year: int, country: str = "CN") -> _Year:
    import holidays

    if country != "CN":
        abroad = holidays.country_holidays(country, years=year, expand=False)
        return _Year(frozenset(abroad), frozenset(), None)
    # The neighbours too: days are exchanged across the turn of the year.
    public = holidays.country_holidays(
        "CN", years=range(year - 1, year + 2), expand=False, language="zh_CN"
    )
    own = sorted(day for day in public if day.year == year)
    lunar = [day for day in own if public[day].startswith("春节")]
    worked = frozenset(day for day in public.weekend_workdays if day.year == year)
    return _Year(frozenset(own), worked, lunar[0] if lunar else None)


@lru_cache(maxsize=1)
def last_notice_year() -> int:
    """The last year whose exchanged working days the installed library knows.

    Every notice since 1999 exchanges at least one weekend, so a year without any is a year
    without a notice.
    """
    years = range(2050, 2000, -1)
    return next((year for year in years if _year(year).worked_weekends), 2000)


def days_between(first_day: date, last_day: date) -> tuple[date, ...]:
    """Every day from the first to the last, both included.

    >>> len(days_between(date(2022, 11, 1), date(2023, 2, 28)))
    120
    """
    count = (last_day - first_day).days + 1
    return tuple(first_day + _DAY * number for number in range(count))


def is_public_holiday(day: date, country: str = "CN") -> bool:
    """Is the day off by law or by exchange, weekends not counted?"""
    return day in _year(day.year, country).holidays


def is_working_day(day: date, country: str = "CN") -> bool:
    """Do offices work on this day?

    >>> is_working_day(date(2022, 10, 8)), is_working_day(date(2023, 1, 23))  # a Saturday; 春节
    (True, False)
    """
    year = _year(day.year, country)
    if day in year.worked_weekends:
        return True
    return day.weekday() < 5 and day not in year.holidays


def _days_to_lunar_new_year(day: date, country: str) -> int | None:
    new_year = _year(day.year, country).new_year
    return None if new_year is None else (new_year - day).days


def month_start(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after this day's."""
    return (day.replace(day=28) + 4 * _DAY).replace(day=1)


def month_starts(first_month: date, last_month: date) -> tuple[date, ...]:
    """First days of the months from the first to the last, both included."""
    months = [month_start(first_month)]
    while months[-1] < month_start(last_month):
        months.append(next_month(months[-1]))
    return tuple(months)


def _holiday_weight(day: date, weights: DayWeights) -> float:
    country = weights.country
    ahead = _days_to_lunar_new_year(day, country)
    if ahead is not None and -6 <= ahead <= 1 and not is_working_day(day, country):
        return weights.spring_festival
    if ahead is not None and 1 < ahead <= 15:
        return weights.before_spring_festival
    return weights.public_holiday if is_public_holiday(day, country) else 1.0


def _day_weight(day: date, weights: DayWeights) -> float:
    worked_weekend = day.weekday() >= 5 and is_working_day(day, weights.country)
    weekday = weights.weekday[2] if worked_weekend else weights.weekday[day.weekday()]
    last_days = (next_month(day) - day).days <= 3
    month_end = weights.month_end if last_days else 1.0
    return weekday * _holiday_weight(day, weights) * month_end


@lru_cache(maxsize=2048)
def _month_weights(month: date, weights: DayWeights) -> tuple[float, ...]:
    return tuple(
        _day_weight(day, weights) for day in days_between(month, next_month(month) - _DAY)
    )


def month_weight(month: date, weights: DayWeights = DAY_WEIGHTS) -> float:
    """How many ordinary Wednesdays of buying a whole month holds."""
    return float(sum(_month_weights(month_start(month), weights)))


def day_shares(first_day: date, last_day: date, weights: DayWeights = DAY_WEIGHTS) -> Floats:
    """Share (T,) of its own month's purchases on each day; a whole month sums to one."""
    shares = []
    for month in month_starts(first_day, last_day):
        of_month = np.array(_month_weights(month, weights))
        days = days_between(month, next_month(month) - _DAY)
        wanted = np.array([first_day <= day <= last_day for day in days])
        shares.append((of_month / of_month.sum())[wanted])
    return np.concatenate(shares)


def plant_days(
    first_day: date, last_day: date, *, days_per_week: float, country: str = "CN"
) -> Floats:
    """How much of each day (T,) a plant works that works so many days of an ordinary week.

    Public holidays and the country's summer shutdown are off; a weekend exchanged for a holiday is
    worked. With 5.5 days a plant works half of every Saturday.

    >>> plant_days(date(2022, 10, 3), date(2022, 10, 9), days_per_week=5).tolist()  # 国庆
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    """
    days = days_between(first_day, last_day)
    weekday = np.array([day.weekday() for day in days])
    ordinary = np.clip(days_per_week - weekday, 0.0, 1.0)
    closed = [is_public_holiday(day, country) or _shut(day, country) for day in days]
    worked_weekend = np.array(
        [day.weekday() >= 5 and is_working_day(day, country) for day in days]
    )
    return np.where(worked_weekend, 1.0, np.where(closed, 0.0, ordinary))


def _shut(day: date, country: str) -> bool:
    first, last = SUMMER_SHUTDOWN.get(country, ((1, 2), (1, 1)))
    return first <= (day.month, day.day) <= last


def calendar_warnings(first_day: date, last_day: date, country: str = "CN") -> tuple[Words, ...]:
    """What the calendar of these days only assumes."""
    known = last_notice_year()
    if country != "CN" or last_day.year <= known:
        return ()
    return (
        Words(
            f"{known}年之后的放假调休安排尚未公布(或所装 holidays 库未收录):"
            f"{max(first_day.year, known + 1)}年起只按法定节日计, 未计调休上班日。",
            f"No holiday notice after {known} is known to the installed holidays library: from "
            f"{max(first_day.year, known + 1)} on only statutory days are counted, and no "
            "exchanged working days.",
        ),
    )
