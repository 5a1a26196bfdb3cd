"""What would the sales of a city look like that publishes none? A seeded, made-up history.

Expected cars of a month = cars a year / 12 x trend x season x calendar; each month is multiplied
by a lognormal noise, each vehicle's count is Poisson. The same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.market import calendar
from promo.schema import FEN_PER_YUAN, Floats, Ints

# Chinese passenger-car retail by month, January first, with mean one: high before the Spring
# Festival and at the end of the year, low in February and in spring. Recalled from the monthly
# retail reports of the passenger-car association; an editable judgement, not a statistic.
CHINESE_SEASON = (1.10, 0.74, 0.95, 0.88, 0.92, 0.97, 0.93, 0.98, 1.10, 1.04, 1.12, 1.27)
MONTHLY_NOISE = 0.05  # standard deviation of the logarithm of a month's total, a judgement


@dataclass(frozen=True, slots=True)
class Margins:
    """What is published (or assumed) of a city's sales."""

    cars_per_year: float  # in the last twelve months
    trend_per_year: float  # 0.05 = five per cent more each year
    months: int
    until: date  # first day of the last month


def stream(seed: int, *key: int) -> np.random.Generator:
    """Random numbers of one seed and key, the same whatever else is drawn."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))


def past_months(until: date, count: int) -> tuple[date, ...]:
    """The last `count` months up to one, first days, oldest first."""
    last = until.year * 12 + until.month - 1
    numbers = range(last - count + 1, last + 1)
    return tuple(date(number // 12, number % 12 + 1, 1) for number in numbers)


def expected_totals(margins: Margins) -> Floats:
    """Expected cars (M,) of each month; the last twelve sum to cars a year."""
    months = past_months(margins.until, max(margins.months, 12))
    ago = np.arange(len(months))[::-1]
    season = np.array(CHINESE_SEASON)[[month.month - 1 for month in months]]
    weight = np.array([calendar.month_weight(month) for month in months])
    shape = (1 + margins.trend_per_year) ** (-ago / 12) * season * weight
    totals = margins.cars_per_year * shape / shape[-12:].sum()
    return np.asarray(totals[-margins.months :], dtype=np.float64)


def generate_sales(
    vehicles: pl.DataFrame, shares: pl.Series, margins: Margins, *, seed: int
) -> pl.DataFrame:
    """A sales history with `SALES_COLUMNS`: one row per month and vehicle."""
    months = past_months(margins.until, margins.months)
    noise = stream(seed, 0).normal(0.0, MONTHLY_NOISE, len(months))
    expected = np.outer(expected_totals(margins) * np.exp(noise), shares.to_numpy())
    units = stream(seed, 1).poisson(expected)
    names = vehicles["vehicle"].to_list()
    return pl.DataFrame(
        {
            "month": pl.Series([month for month in months for _ in names], dtype=pl.Date),
            "vehicle": pl.Series(names * len(months), dtype=pl.String),
            "units": pl.Series(units.ravel(), dtype=pl.Int64),
        }
    )


# --- invoices in bulk -------------------------------------------------------------------------

BLOCK_ROWS = 100_000
POOL = 4096  # names are drawn from pools: Faker is far too slow for millions of rows
DEALERS = 60
FIRM_SHARE = 0.08
REGIONS = (410203, 410221, 410222, 410223)  # counties and districts of Kaifeng
DISCOUNT = 0.04  # standard deviation of the invoice price below or above the list price

_NUMBER_HEAD = "22412000"  # year, region and channel of a fully digital invoice number
_VIN_LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VIN_VALUES = "0123456789" + "12345678" + "12345" + "7" + "9" + "23456789"
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_FIRM_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FIRM_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FUELS = {
    "ICE": "汽油",
    "HEV": "油电混合",
    "PHEV": "插电式混合动力",
    "EREV": "增程式",
    "BEV": "纯电动",
    "FCEV": "燃料电池",
}


def _letters(alphabet: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)


def _values(alphabet: str, values: Sequence[int]) -> Ints:
    """A table from ASCII code to the letter's value in a check sum."""
    table = np.zeros(128, dtype=np.int64)
    table[_letters(alphabet)] = values
    return table


def _texts(codes: npt.NDArray[np.uint8]) -> pl.Series:
    """Rows (N, L) of ASCII codes as texts."""
    length = codes.shape[1]
    return pl.Series(np.ascontiguousarray(codes).view(f"S{length}").ravel().astype(f"U{length}"))


def _digits(numbers: Ints, length: int) -> npt.NDArray[np.uint8]:
    """Numbers (N,) as ASCII digits (N, length) with leading zeros."""
    powers = 10 ** np.arange(length - 1, -1, -1, dtype=np.int64)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def vehicle_numbers(makers: Sequence[str], model_year: str, serials: Ints) -> pl.Series:
    """Vehicle identification numbers with right check digits (GB 16735), unique by serial."""
    codes = np.empty((serials.size, 17), dtype=np.uint8)
    codes[:, :3] = np.frombuffer("".join(makers).encode("ascii"), dtype=np.uint8).reshape(-1, 3)
    alphabet = _letters(_VIN_LETTERS)
    high = serials // 1_000_000
    for place in range(3, 8):  # positions 4 to 8 count the millions, so numbers stay unique
        codes[:, place] = alphabet[high // len(alphabet) ** (7 - place) % len(alphabet)]
    codes[:, 8] = ord("0")
    codes[:, 9] = ord(model_year)
    codes[:, 10] = ord("A")
    codes[:, 11:] = _digits(serials % 1_000_000, 6)
    values = _values(_VIN_LETTERS, [int(value) for value in _VIN_VALUES])
    rest = values[codes] @ np.array(_VIN_WEIGHTS) % 11
    codes[:, 8] = _letters("0123456789X")[rest]
    return _texts(codes)


def citizen_numbers(rng: np.random.Generator, rows: int) -> pl.Series:
    """Identity-card numbers of adults with right check digits (GB 11643)."""
    born = np.datetime64("1957-01-01") + rng.integers(0, 365 * 47, rows)
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    codes = np.empty((rows, 18), dtype=np.uint8)
    codes[:, :6] = _digits(rng.choice(np.array(REGIONS), rows), 6)
    codes[:, 6:14] = _digits(year * 10_000 + month * 100 + day, 8)
    codes[:, 14:17] = _digits(rng.integers(1, 1000, rows), 3)
    digits = codes[:, :17].astype(np.int64) - ord("0")
    codes[:, 17] = _letters(_ID_CHECKS)[digits @ np.array(_ID_WEIGHTS) % 11]
    return _texts(codes)


def firm_numbers(rng: np.random.Generator, rows: int) -> pl.Series:
    """Unified social credit codes with both right check digits (GB 32100, GB 11714)."""
    codes = np.empty((rows, 18), dtype=np.uint8)
    codes[:, 0], codes[:, 1] = ord("9"), ord("1")
    codes[:, 2:8] = _digits(rng.choice(np.array(REGIONS), rows), 6)
    codes[:, 8:16] = _digits(rng.integers(0, 10**8, rows), 8)
    digits = codes[:, 8:16].astype(np.int64) - ord("0")
    organisation = (11 - digits @ np.array(_ORGANISATION_WEIGHTS) % 11) % 11
    codes[:, 16] = _letters("0123456789X")[organisation]
    # X is no letter of the code's own alphabet check, but stands in it as written
    values = _values(_FIRM_LETTERS, range(31))
    rest = values[codes[:, :17]] @ np.array(_FIRM_WEIGHTS) % 31
    codes[:, 17] = _letters(_FIRM_LETTERS)[(31 - rest) % 31]
    return _texts(codes)


@dataclass(frozen=True, slots=True)
class Pools:
    """Names to draw from: made once a seed by Faker."""

    persons: pl.Series
    firms: pl.Series
    dealers: pl.Series


def pools(seed: int) -> Pools:
    """Persons, firms and dealers with Chinese names, the same for the same seed."""
    from faker import Faker

    faker = Faker("zh_CN", use_weighting=False)
    faker.seed_instance(seed)
    persons = [faker.name() for _ in range(POOL)]
    firms = [faker.company() for _ in range(POOL // 8)]
    dealers = [f"{faker.company_prefix()}汽车销售服务有限公司" for _ in range(DEALERS)]
    return Pools(pl.Series(persons), pl.Series(firms), pl.Series(dealers))


@dataclass(frozen=True, slots=True)
class Trade:
    """What is sold when, for invoices.

    Attributes
    ----------
    vehicles : `VEHICLE_COLUMNS`
    shares : one a vehicle
    days : (T,) days on which cars may be sold
    """

    vehicles: pl.DataFrame
    shares: pl.Series
    days: tuple[date, ...]


def invoice_blocks(trade: Trade, *, rows: int, seed: int) -> Iterator[pl.DataFrame]:
    """Invoices of a city with the column names of a sales ledger, block by block."""
    names = pools(seed)
    for block in range(-(-rows // BLOCK_ROWS)):
        first = block * BLOCK_ROWS
        yield invoices(trade, names, range(first, min(rows, first + BLOCK_ROWS)), seed=seed)


def invoices(trade: Trade, names: Pools, rows: range, *, seed: int) -> pl.DataFrame:
    """One block of invoices; the same whatever other blocks are made, and in whatever order."""
    rng = stream(seed, 2, rows.start // BLOCK_ROWS)
    count, serials = len(rows), np.arange(rows.start, rows.stop, dtype=np.int64)
    shares = trade.shares.to_numpy()
    sold = trade.vehicles[rng.choice(len(shares), count, p=shares / shares.sum())]
    price = _invoice_prices(rng, sold["price"].to_numpy())
    before_tax = (price * 200 + 113) // 226
    return pl.DataFrame(
        {
            "发票号码": _NUMBER_HEAD + _texts(_digits(serials, 12)),
            "开票日期": _invoice_days(rng, trade.days, count),
            **_buyers(rng, names, count),
            "厂牌型号": sold["vehicle"],
            "生产企业名称": sold["maker"],
            "产地": sold["made_in"],
            "燃料种类": sold["energy"].replace_strict(_FUELS, return_dtype=pl.String),
            "排量": sold["displacement_l"],
            "车辆识别代号": vehicle_numbers(["LVV"] * count, "N", serials),
            "价税合计": price / FEN_PER_YUAN,
            "不含税价": before_tax / FEN_PER_YUAN,
            "增值税税额": (price - before_tax) / FEN_PER_YUAN,
            "销货单位名称": names.dealers[rng.integers(0, len(names.dealers), count)],
        }
    )


def _invoice_prices(rng: np.random.Generator, listed: Ints) -> Ints:
    """List prices in fen with a discount, in whole hundreds of yuan."""
    spread = np.exp(rng.normal(-DISCOUNT, DISCOUNT, listed.size))
    hundred = 100 * FEN_PER_YUAN
    return np.asarray(np.maximum(np.round(listed * spread / hundred), 50) * hundred, np.int64)


def _invoice_days(
    rng: np.random.Generator, days: tuple[date, ...], count: int
) -> npt.NDArray[np.datetime64]:
    weights = np.array([calendar.day_shares(day, day)[0] for day in days])
    drawn = rng.choice(len(days), count, p=weights / weights.sum())
    return np.asarray(np.array(days, dtype="datetime64[D]")[drawn])


def _buyers(rng: np.random.Generator, names: Pools, count: int) -> dict[str, pl.Series]:
    firm = pl.Series(rng.random(count) < FIRM_SHARE)
    persons = names.persons[rng.integers(0, len(names.persons), count)]
    firms = names.firms[rng.integers(0, len(names.firms), count)]
    return {
        "购买方名称": firms.zip_with(firm, persons),
        "购买方证件号码": firm_numbers(rng, count).zip_with(firm, citizen_numbers(rng, count)),
    }
