"""How many cars of each vehicle would be bought on each day if there were no campaign?

Default method: level x season. Month totals are first divided by the calendar weight of their
month (days, weekends, moved holidays), so that a Spring Festival that moves from February to
January does not look like a change of demand. Then

    season(m) = mean over the years of total / centred twelve-month mean, normalised to mean 1
    level     = mean of the last three totals, each divided by its season
    forecast  = level x season(month) x calendar weight(month), at most the plate quota

or a named other method of `FORECASTERS`; split over vehicles by their shares of the last twelve
months and over days by the calendar.
Classical decomposition: Hyndman and Athanasopoulos, Forecasting (3rd edition), section 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np
import polars as pl

from promo.errors import PromoError
from promo.market import calendar
from promo.market.calendar import CALENDARS, DAY_WEIGHTS, DayWeights
from promo.schema import Assumption, Floats, Ints, Words


class Forecaster(Protocol):
    """Expected cars (H,) of the months ahead from the totals (M,) of past months."""

    def __call__(
        self,
        totals: Floats,
        months: tuple[date, ...],
        ahead: tuple[date, ...],
        weights: DayWeights = DAY_WEIGHTS,
    ) -> Floats: ...


YEAR = 12
LEVEL_MONTHS = 3
FULL_SEASON_MONTHS = 24  # below two years seasonal factors are damped towards one
FEWEST_ORIGINS = 6  # below that, a backtest is no measurement
BREAK_RATIO = 1.35  # the last year's level moved by more than this: worth a warning
STALE_MONTHS = 3
TREND_DAMPING = 0.5  # judgement: half of last year's growth goes on


@dataclass(frozen=True, slots=True)
class PlateQuota:
    """A cap on new plates: at most so many cars a month between two days."""

    first_day: date
    last_day: date | None
    cars_per_month: float


@dataclass(frozen=True, slots=True)
class History:
    """Cars sold per month and vehicle, months without a gap.

    Attributes
    ----------
    months : (M,) first days of the months
    vehicles : (J,) in the order of the vehicle table
    units : (M, J) cars
    """

    months: tuple[date, ...]
    vehicles: tuple[str, ...]
    units: Ints

    @property
    def totals(self) -> Floats:
        return np.asarray(self.units.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The world without the campaign, and how wrong such forecasts have been.

    Attributes
    ----------
    days : (T,) the days asked for
    daily : (T, J) expected cars, vehicles in the order of the vehicle table
    level_error : factor on all of `daily`: 1, from the 5 % to the 95 % error of the backtest
    backtest : over at most a year, one row a method, the naive ones among them: method,
        horizon_months, origins, mape, smape, error_p05, error_p95
    monthly : months asked for and expected cars of the whole month
    free, capped : (T,) city's expected cars a day without a plate quota, and the quota's cap a day
        (infinite where none holds)
    """

    days: tuple[date, ...]
    daily: Floats
    level_error: Assumption
    backtest: pl.DataFrame
    warnings: tuple[Words, ...]
    monthly: pl.DataFrame
    free: Floats
    capped: Floats

    def level_factors(self, errors: Floats, plates: Floats | float = 1.0) -> Floats:
        """What an error of the level (R,) makes of each day (R, T): never above the plate quota.

        Where no quota holds it is the error itself. `plates` (R, T) are factors on the quota.
        """
        raised = np.minimum(errors[:, None] * self.free, self.capped * plates)
        return np.asarray(raised / np.maximum(np.minimum(self.free, self.capped), 1e-300))


# --- from rows to a history -----------------------------------------------------------------


def history(sales: pl.DataFrame, vehicles: pl.DataFrame, before: date) -> History:
    """Sales as a matrix of months and vehicles, only whole months before a day's own month."""
    past = sales.filter(pl.col("month") < calendar.month_start(before))
    if past.is_empty():
        raise ValueError("no month of sales before the first day of the forecast")
    months = calendar.month_starts(_day(past, "min"), _day(past, "max"))
    names = tuple(vehicles["vehicle"].to_list())
    cells = (
        past.group_by("month", "vehicle")
        .agg(pl.col("units").sum())
        .join(_numbered(names, "vehicle", "column"), on="vehicle", how="inner")
        .join(_numbered(months, "month", "line"), on="month", how="inner")
    )
    units = np.zeros((len(months), len(names)), dtype=np.int64)
    units[cells["line"].to_numpy(), cells["column"].to_numpy()] = cells["units"].to_numpy()
    return History(months, names, units)


def _day(sales: pl.DataFrame, end: Literal["min", "max"]) -> date:
    day = sales["month"].min() if end == "min" else sales["month"].max()
    assert isinstance(day, date)
    return day


def _numbered(values: Sequence[object], name: str, number: str) -> pl.DataFrame:
    return pl.DataFrame({name: list(values)}).with_row_index(number)


# --- level and season -----------------------------------------------------------------------


def month_numbers(months: Sequence[date]) -> Ints:
    return np.array([month.month - 1 for month in months], dtype=np.int64)


def calendar_weights(months: Sequence[date], weights: DayWeights = DAY_WEIGHTS) -> Floats:
    return np.array([calendar.month_weight(month, weights) for month in months])


def seasonal_factors(totals: Floats, months: Sequence[date]) -> Floats:
    """Mean factor (12,) of each calendar month, January first, with mean one.

    `totals` (M,) are cars per unit of calendar weight. With two years or more each total is
    divided by its centred twelve-month mean (2 x 12), so a trend is no season; with one to two
    years by the mean of the history, damped by the share of two years that is known; with less
    than a year every factor is one.
    """
    if len(totals) < YEAR:
        return np.ones(YEAR)
    if len(totals) < FULL_SEASON_MONTHS:
        ratios, numbers = totals / totals.mean(), month_numbers(months)
        damping = len(totals) / FULL_SEASON_MONTHS
    else:
        half = YEAR // 2
        window = np.r_[0.5, np.ones(YEAR - 1), 0.5] / YEAR
        trend = np.convolve(totals, window, mode="valid")
        ratios, numbers = totals[half:-half] / trend, month_numbers(months)[half:-half]
        damping = 1.0
    seen = np.bincount(numbers, minlength=YEAR)
    raw = np.bincount(numbers, weights=ratios, minlength=YEAR) / np.maximum(seen, 1)
    raw[seen == 0] = 1.0
    return np.asarray(1.0 + damping * (raw / raw.mean() - 1.0), dtype=np.float64)


def level_and_season(
    totals: Floats,
    months: tuple[date, ...],
    ahead: tuple[date, ...],
    weights: DayWeights = DAY_WEIGHTS,
) -> Floats:
    """Expected cars (H,) of the months ahead: level of the last three months x season."""
    length = calendar_weights(months, weights)
    season = seasonal_factors(totals / length, months)
    adjusted = totals / length / season[month_numbers(months)]
    level = adjusted[-LEVEL_MONTHS:].mean()
    return np.asarray(level * season[month_numbers(ahead)] * calendar_weights(ahead, weights))


def level_season_and_trend(
    totals: Floats,
    months: tuple[date, ...],
    ahead: tuple[date, ...],
    weights: DayWeights = DAY_WEIGHTS,
) -> Floats:
    """Level x season, grown by half the last year's growth (a damped trend); a named other method.

    Growth is the last twelve months over the twelve before; none without two years of history.
    """
    flat = level_and_season(totals, months, ahead, weights)
    if len(totals) < 2 * YEAR:
        return flat
    growth = totals[-YEAR:].sum() / totals[-2 * YEAR : -YEAR].sum()
    last = months[-1]
    months_ahead = [12 * (month.year - last.year) + month.month - last.month for month in ahead]
    # The level is the mean of the last three months, so it stands one month before the last.
    return np.asarray(flat * growth ** (TREND_DAMPING * (np.array(months_ahead) + 1) / YEAR))


def same_month_last_year(
    totals: Floats,
    months: tuple[date, ...],
    ahead: tuple[date, ...],
    weights: DayWeights = DAY_WEIGHTS,
) -> Floats:
    """The same month of the last year known; the mean where the history is shorter."""
    del weights
    known = dict(zip(months, totals.tolist(), strict=True))
    return np.array([_a_year_earlier(known, month, float(totals.mean())) for month in ahead])


def _a_year_earlier(known: dict[date, float], month: date, otherwise: float) -> float:
    earlier = month
    while earlier > min(known):
        earlier = earlier.replace(year=earlier.year - 1)
        if earlier in known:
            return float(known[earlier])
    return otherwise


def last_month(
    totals: Floats,
    months: tuple[date, ...],
    ahead: tuple[date, ...],
    weights: DayWeights = DAY_WEIGHTS,
) -> Floats:
    """The last month known, again and again."""
    del months, weights
    return np.full(len(ahead), totals[-1])


FORECASTERS: dict[str, Forecaster] = {
    "level_and_season": level_and_season,
    "level_season_and_trend": level_season_and_trend,
    "same_month_last_year": same_month_last_year,
    "last_month": last_month,
}


# --- shares and days ------------------------------------------------------------------------


def vehicle_shares(units: Ints) -> Floats:
    """Share (J,) of each vehicle, from the last twelve months (M, J) of cars.

    A vehicle that entered within the year is measured from its first month on; one that sold
    nothing in the last three months has left. The shares are then scaled to sum to one.
    """
    year = units[-YEAR:].astype(np.float64)
    entered = np.where(units[:-YEAR].sum(axis=0) > 0, 0, (year > 0).argmax(axis=0))
    of_city = year.sum(axis=1)
    since_entry = np.cumsum(of_city[::-1])[::-1][entered]
    left = year[-LEVEL_MONTHS:].sum(axis=0) == 0
    shares = np.where(left, 0.0, year.sum(axis=0) / np.maximum(since_entry, 1.0))
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def quota_of(
    months: tuple[date, ...], quota: Sequence[PlateQuota], weights: DayWeights = DAY_WEIGHTS
) -> Floats:
    """Cap (H,) on the cars of each month; infinite where no plate quota holds.

    A line that holds for part of a month caps that part of its purchases only.
    """
    caps = np.full(len(months), np.inf)
    for number, month in enumerate(months):
        lines = [
            (line, share) for line in quota if (share := _share_under(line, month, weights)) > 0
        ]
        if sum(share for _, share in lines) > 1 - 1e-9:
            caps[number] = sum(line.cars_per_month * share for line, share in lines)
    return caps


def _share_under(line: PlateQuota, month: date, weights: DayWeights) -> float:
    days = calendar.days_between(month, calendar.next_month(month))[:-1]
    last_day = line.last_day or date.max
    under = np.array([line.first_day <= day <= last_day for day in days])
    return float(calendar.day_shares(days[0], days[-1], weights)[under].sum())


def spread_over_days(
    monthly: Floats, first_day: date, last_day: date, weights: DayWeights = DAY_WEIGHTS
) -> Floats:
    """Expected cars (T,) of each day from those (H,) of the whole months."""
    months = calendar.month_starts(first_day, last_day)
    days = calendar.days_between(first_day, last_day)
    line = {month: number for number, month in enumerate(months)}
    of_month = np.array([line[calendar.month_start(day)] for day in days])
    return np.asarray(monthly[of_month] * calendar.day_shares(first_day, last_day, weights))


# --- how wrong have such forecasts been? ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hindcast:
    """One method's forecasts from every origin, beside what came.

    Attributes
    ----------
    forecast, actual : (N, H) cars of H months after each of N origins
    """

    method: str
    forecast: Floats
    actual: Floats

    @property
    def mape(self) -> float:
        """Mean absolute error of a month, as a share of what came."""
        return float(np.mean(np.abs(self.forecast - self.actual) / np.maximum(self.actual, 1.0)))

    @property
    def smape(self) -> float:
        """Mean absolute error of a month, as a share of the mean of forecast and actual."""
        middle = np.maximum((self.forecast + self.actual) / 2, 1.0)
        return float(np.mean(np.abs(self.forecast - self.actual) / middle))

    @property
    def level_errors(self) -> Floats:
        """What came over the whole horizon / what was forecast, one (N,) an origin."""
        forecast = np.maximum(self.forecast.sum(axis=1), 1.0)
        return np.asarray(np.maximum(self.actual.sum(axis=1), 1.0) / forecast)


def hindcasts(
    totals: Floats,
    months: tuple[date, ...],
    horizon: int,
    first_origin: int,
    weights: DayWeights = DAY_WEIGHTS,
) -> tuple[Hindcast, ...]:
    """Rolling origin: every method's forecast of `horizon` months from each month on."""
    origins = range(first_origin, len(totals) - horizon + 1)
    actual = np.array([totals[known : known + horizon] for known in origins])
    return tuple(
        Hindcast(
            name,
            np.array(
                [
                    method(
                        totals[:known], months[:known], months[known : known + horizon], weights
                    )
                    for known in origins
                ]
            ),
            actual,
        )
        for name, method in FORECASTERS.items()
    )


_BACKTEST = {
    "method": pl.String,
    "horizon_months": pl.Int64,
    "origins": pl.Int64,
    "mape": pl.Float64,
    "smape": pl.Float64,
    "error_p05": pl.Float64,
    "error_p95": pl.Float64,
}


def backtest(
    totals: Floats, months: tuple[date, ...], horizon: int, weights: DayWeights = DAY_WEIGHTS
) -> pl.DataFrame:
    """Each method's error over a horizon, from every origin after the first two years.

    The horizon is shortened until there are six origins; with a shorter history the frame is
    empty. `error_p05` and `error_p95` are quantiles of actual / forecast over the horizon.
    """
    longest = len(totals) - FULL_SEASON_MONTHS - FEWEST_ORIGINS + 1
    if longest < 1:
        return pl.DataFrame(schema=_BACKTEST)
    tried = hindcasts(totals, months, min(horizon, longest), FULL_SEASON_MONTHS, weights)
    rows = [
        (
            cast.method,
            cast.actual.shape[1],
            cast.actual.shape[0],
            cast.mape,
            cast.smape,
            *(float(error) for error in np.quantile(cast.level_errors, [0.05, 0.95])),
        )
        for cast in tried
    ]
    return pl.DataFrame(rows, schema=_BACKTEST, orient="row")


_ERROR_WORDS = Words("基线销量的预测误差(倍数)", "forecast error of baseline sales (factor)")


def level_error(tested: pl.DataFrame, method: str, *, generated: bool) -> Assumption:
    """By what factor may all expected sales be wrong?

    The 5 % and 95 % quantiles of actual / forecast, widened where needed to hold 1 with a
    margin of half the mean monthly error, since a history that only grew says nothing of falls.
    """
    own = tested.filter(pl.col("method") == method)
    if generated or own.is_empty():
        why = (
            "销量是生成的，没有真实历史可检验预测 / "
            "generated sales have no history to test a forecast on"
            if generated
            else f"不足 {FULL_SEASON_MONTHS + FEWEST_ORIGINS} 个月，未实测 / "
            f"fewer than {FULL_SEASON_MONTHS + FEWEST_ORIGINS} months: not measured"
        )
        return Assumption(
            "market.level_error", 1.0, 0.8, 1.25, "factor", why, "judgement", _ERROR_WORDS
        )
    row = own.row(0, named=True)
    margin = 1.0 + row["mape"] / 2
    source = (
        f"用本市销量回测：{row['origins']} 次预测、每次 {row['horizon_months']} 个月，"
        f"月度平均误差 {row['mape']:.1%} / "
        f"backtest on the market's own sales: {row['origins']} forecasts of "
        f"{row['horizon_months']} months, mean monthly error {row['mape']:.1%}"
    )
    low, high = min(row["error_p05"], 1 / margin), max(row["error_p95"], margin)
    return Assumption(
        "market.level_error", 1.0, low, high, "factor", source, "measured", _ERROR_WORDS
    )


def break_in_last_year(
    totals: Floats, months: tuple[date, ...], weights: DayWeights = DAY_WEIGHTS
) -> Words | None:
    """Did the level jump within the last year, so that a mean over it means little?

    Each split of the last twelve months that leaves three months after it is tried: the mean of
    the deseasonalised totals after it, over that of the twelve months before it.
    """
    if len(totals) < YEAR + LEVEL_MONTHS:
        return None
    length = calendar_weights(months, weights)
    season = seasonal_factors(totals / length, months)
    adjusted = totals / length / season[month_numbers(months)]
    splits = range(max(len(totals) - YEAR, YEAR), len(totals) - LEVEL_MONTHS + 1)
    steps = {at: adjusted[at:].mean() / adjusted[at - YEAR : at].mean() for at in splits}
    at = max(steps, key=lambda split: abs(np.log(steps[split])))
    if abs(np.log(steps[at])) < np.log(BREAK_RATIO):
        return None
    change = steps[at] - 1
    return Words(
        f"最近一年销量有断点: {months[at]:%Y-%m}起季调水平变动{change:+.0%}, "
        "季节因子与误差仅供参考。",
        f"Sales break within the last year: from {months[at]:%Y-%m} on the deseasonalised level "
        f"moved by {change:+.0%}; season and error are only indicative.",
    )


def _history_warnings(past: History, first_day: date, weights: DayWeights) -> list[Words]:
    found = []
    if len(past.months) < FULL_SEASON_MONTHS:
        found.append(
            Words(
                f"销售历史只有{len(past.months)}个月, 季节因子已向1收缩。",
                f"Only {len(past.months)} months of sales: seasonal factors are damped to one.",
            )
        )
    unknown = len(calendar.month_starts(past.months[-1], first_day)) - 2
    if unknown > STALE_MONTHS:
        found.append(
            Words(
                f"最近销售数据({past.months[-1]:%Y-%m})距预测首月有{unknown}个月空白。",
                f"{unknown} months lie between the last sales ({past.months[-1]:%Y-%m}) and the "
                "first day of the forecast.",
            )
        )
    broken = break_in_last_year(past.totals, past.months, weights)
    return [*found, broken] if broken else found


# --- all together ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForecastRules:
    """How the baseline is made: method, plate quota, are sales generated, whose calendar."""

    method: str = "level_and_season"  # a name in FORECASTERS
    quota: tuple[PlateQuota, ...] = ()
    generated: bool = False
    country: str = "CN"  # a name in calendar.CALENDARS


DEFAULT_RULES = ForecastRules()


def forecast(
    sales: pl.DataFrame,
    vehicles: pl.DataFrame,
    first_day: date,
    last_day: date,
    rules: ForecastRules = DEFAULT_RULES,
) -> Baseline:
    """Expected cars per day and vehicle from the first to the last day.

    Only whole months of sales before the first day's month are used, so that a history that
    already holds the campaign does not enter its own baseline.
    """
    past = history(sales, vehicles, first_day)
    weights = CALENDARS[rules.country]
    asked = calendar.month_starts(first_day, last_day)
    ahead = calendar.month_starts(calendar.next_month(past.months[-1]), last_day)[-len(asked) :]
    with np.errstate(divide="ignore", invalid="ignore"):  # what is not a number is refused below
        free = FORECASTERS[rules.method](past.totals, past.months, ahead, weights)
    caps = quota_of(ahead, rules.quota, weights)
    monthly = np.minimum(free, caps)
    if not (np.isfinite(monthly).all() and monthly.sum() > 0):
        raise PromoError(
            f"no sales can be expected from {first_day:%Y-%m} on",
            help="the history needs sales in every month of the year, a plate quota some plates",
        )
    capped = spread_over_days(caps, first_day, last_day, weights)
    per_day = spread_over_days(monthly, first_day, last_day, weights)
    horizon = len(calendar.month_starts(calendar.next_month(past.months[-1]), last_day))
    tested = backtest(past.totals, past.months, min(horizon, YEAR), weights)
    warnings = _history_warnings(past, first_day, weights)
    if (monthly < free).any():
        warnings.append(
            Words("车牌指标低于预测, 基线按指标封顶。", "The plate quota caps the baseline.")
        )
    return Baseline(
        days=calendar.days_between(first_day, last_day),
        daily=np.outer(per_day, vehicle_shares(past.units)),
        level_error=level_error(tested, rules.method, generated=rules.generated),
        backtest=tested,
        warnings=(*warnings, *calendar.calendar_warnings(first_day, last_day, rules.country)),
        monthly=pl.DataFrame({"month": list(asked), "cars": monthly}),
        free=spread_over_days(free, first_day, last_day, weights),
        capped=capped,
    )
