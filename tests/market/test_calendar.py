"""The calendar against the published holiday notices of the State Council."""

from datetime import date

import numpy as np
import pytest

from promo.market import calendar


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2022, 10, 7), False),  # 国庆, a Friday
        (date(2022, 10, 8), True),  # a Saturday worked for it
        (date(2022, 10, 9), True),  # and the Sunday
        (date(2023, 1, 23), False),  # 春节
        (date(2023, 1, 28), True),  # Saturday worked for 春节
        (date(2022, 11, 5), False),  # an ordinary Saturday
        (date(2022, 11, 7), True),  # an ordinary Monday
    ],
)
def test_working_days_follow_the_notices(day, works):
    assert calendar.is_working_day(day) is works


def test_the_shares_of_a_whole_month_sum_to_one_and_a_part_is_a_slice_of_it():
    month = calendar.day_shares(date(2023, 1, 1), date(2023, 1, 31))
    part = calendar.day_shares(date(2023, 1, 10), date(2023, 1, 20))
    assert month.sum() == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_array_equal(part, month[9:20])


def test_a_span_of_months_gives_each_month_the_weight_one():
    shares = calendar.day_shares(date(2022, 11, 1), date(2023, 2, 28))
    assert shares.shape == (120,)
    assert shares.sum() == pytest.approx(4.0, abs=1e-12)


def test_saturday_and_the_last_days_are_busy_and_the_spring_festival_is_empty():
    november = calendar.day_shares(date(2022, 11, 1), date(2022, 11, 30))
    assert november[11] > november[8]  # Saturday the 12th beside Wednesday the 9th
    # Wednesday the 30th beside Wednesday the 9th: 1.5 times, the stated month-end weight
    assert november[29] / november[8] == pytest.approx(1.5)
    january = calendar.day_shares(date(2023, 1, 1), date(2023, 1, 31))
    assert january[22] < 0.3 * january[4]  # the 23rd beside Thursday the 5th


def test_february_2023_is_fuller_than_february_2022_because_the_festival_moved():
    # 春节 fell on 2022-02-01 and on 2023-01-22; both Februaries have 28 days.
    assert calendar.month_weight(date(2023, 2, 1)) > calendar.month_weight(date(2022, 2, 1))


def test_a_six_day_plant_loses_its_holidays_week_by_week():
    days = calendar.plant_days(date(2022, 9, 26), date(2022, 10, 16), days_per_week=6)
    # 26 Sep - 2 Oct: 1 and 2 October off -> Mon-Fri; 3-9 Oct: off to the 7th, 8 and 9 worked;
    # 10-16 Oct: an ordinary six-day week.
    assert days.reshape(3, 7).sum(axis=1).tolist() == [5.0, 2.0, 6.0]


def test_half_a_saturday_is_half_a_day():
    assert calendar.plant_days(
        date(2022, 11, 5), date(2022, 11, 6), days_per_week=5.5
    ).tolist() == [
        0.5,
        0.0,
    ]


def test_years_beyond_the_last_notice_are_said_to_be_assumed():
    known = calendar.last_notice_year()
    assert known >= 2025  # the oldest library allowed knows it
    assert calendar.calendar_warnings(date(known, 11, 1), date(known, 12, 31)) == ()
    (warning,) = calendar.calendar_warnings(date(known, 11, 1), date(known + 1, 2, 28))
    assert str(known) in warning.en
    assert str(known) in warning.zh
