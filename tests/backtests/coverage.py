"""Do nine intervals in ten hold the truth? Invented worlds, lived by households one by one.

    python tests/backtests/coverage.py --worlds 200

In each world the truth is one draw of every assumption from its range, and a market of its own:
level, trend, season and monthly shocks. Households with utilities (`tests/simulation/oracles`)
live through the campaign; the program sees two years of monthly sales, the campaign and the
ranges, forecasts the sales without the campaign itself, and gives intervals that should hold the
truth in 90 of 100 worlds. Of 200 worlds, 180 are expected, and 171 to 189 nineteen times in twenty
(binomial); the bounds asked for are 170 to 190.

The day on which the money runs out, and additional cars, are asked of a pot that runs out; money
spent of an ample one, since a pot that runs out is spent to the last claim in every world.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "simulation")]

import conftest as tiny  # noqa: E402
from oracles.households_with_utilities import UtilityHouseholds  # noqa: E402
from oracles.market import Campaign, Pot  # noqa: E402
from oracles.walk import Till, live  # noqa: E402
from test_equality_in_law import BANDS, BY_BAND, OUTSIDE, market_of  # noqa: E402

from promo.simulation.draws import ParameterDraws, draw_parameters  # noqa: E402
from promo.simulation.worlds import BLOCK, chance  # noqa: E402
from promo.study import Study, load_study  # noqa: E402

DRAWS, LAST_MONTH = 256, np.datetime64("2022-10")
SCARCE, AMPLE = 300_000, 3_000_000
SALES = "sales:\n  published: {totals: sales.csv, catalogue: vehicles.csv, source: invented}\n"
MEASURES = ("exhaustion day", "additional cars", "spend")


def monthly_means(stream: np.random.Generator, months: int) -> np.ndarray:
    """Expected cars of each month, two years of the past first: level, trend, season, shocks."""
    level = 250.0 * np.exp(stream.normal(0.0, 0.2))
    trend = stream.uniform(-0.1, 0.1) / 12 * np.arange(months)
    season = stream.normal(0.0, 0.1, 12)
    shocks = np.zeros(months)
    for month in range(1, months):
        shocks[month] = 0.6 * shocks[month - 1] + stream.normal(0.0, 0.05)
    return level * np.exp(trend + np.resize(season - season.mean(), months) + shocks)


def written(folder: Path, sold: np.ndarray, pot: int) -> Study:
    """The study that knows these two years of sales, with a pot of so many yuan."""
    pots = f"    - {{id: main, amount: {pot}, pays: [base]}}"
    parts = {**tiny.USUAL, "benefits": BANDS, "pots": pots, "outside": OUTSIDE, "without": ""}
    parts |= {"fewest": 0, "most": 0, "last": "2022-12-10", "manufacturers": ""}
    market = tiny.MARKET.format(**parts)
    begin, end = market.index("sales:"), market.index("buyers:")
    (folder / "market.yaml").write_text(market[:begin] + SALES + market[end:], encoding="utf-8")
    (folder / "vehicles.csv").write_text(tiny.VEHICLES, encoding="utf-8")
    (folder / "campaign.yaml").write_text(tiny.CAMPAIGN.format(**parts), encoding="utf-8")
    months = LAST_MONTH - np.arange(len(sold))[::-1]
    rows = [f"{month},{cars}\n" for month, cars in zip(months, sold, strict=True)]
    (folder / "sales.csv").write_text("month,cars\n" + "".join(rows), encoding="utf-8")
    return load_study(str(folder / "campaign.yaml"))


def one_world(number: int) -> tuple[np.ndarray, np.ndarray]:
    """The truth (3,) of one world, and the ends (2, 3) of the program's intervals."""
    scarce, held = one_campaign(number, SCARCE)
    ample, also = one_campaign(number, AMPLE)
    spent = [2]
    truth = np.append(scarce[:2], ample[spent])
    return truth, np.concatenate([held[:, :2], also[:, spent]], axis=1)


def one_campaign(number: int, pot: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of one campaign: closing, additional cars and spend."""
    stream = np.random.default_rng([20221101, number])
    means = monthly_means(stream, 24 + 30)
    with tempfile.TemporaryDirectory() as folder:
        study = written(Path(folder), stream.poisson(means[:24]), pot)
    drawn = draw_parameters(
        study.assumptions, seed=10_000 + number, draws=16, shapes=study.shapes()
    )
    held = {name: float(values[number % 16]) for name, values in drawn.values.items()}
    setting = study.stage.setting
    days = np.array(setting.days, dtype="datetime64[D]")
    month = days.astype("datetime64[M]")
    long = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    a_day = means[24 + (month - LAST_MONTH).astype(int) - 1] / long
    daily = setting.type_of_vehicle @ np.outer(setting.market, a_day)
    market = replace(market_of(study, held), daily=daily)
    campaign = Campaign((Pot(pot, BY_BAND),))
    households = UtilityHouseholds(market, campaign, stream)
    lived = live(market, Till(campaign, market.window[0]), households)
    extra = (lived.sales - lived.sales_without)[: market.horizon].sum()
    return np.array([lived.closing[0], extra, lived.spent[0]]), intervals(study, number)


def intervals(study: Study, seed: int) -> np.ndarray:
    """5 % and 95 % of the program's draws, (2, 3)."""
    drawn = draw_parameters(study.assumptions, seed=seed, draws=DRAWS, shapes=study.shapes())
    lived = [study.stage.block(part).live(chance(seed)) for part in blocks(drawn)]
    found = np.stack(
        [
            np.concatenate([each.closing[:, 0] for each in lived]),
            np.concatenate(
                [(each.with_campaign - each.without_campaign).sum(axis=(1, 2)) for each in lived]
            ),
            np.concatenate([each.spent.sum(axis=(1, 2)) / 100 for each in lived]),
        ]
    )
    return np.quantile(found, [0.05, 0.95], axis=1, method="inverted_cdf")


def blocks(drawn: ParameterDraws) -> list[ParameterDraws]:
    """The draws in blocks."""
    return [drawn.take(slice(at, at + BLOCK)) for at in range(0, len(drawn), BLOCK)]


def main() -> None:
    """Print how often the intervals hold the truth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=200)
    worlds = parser.parse_args().worlds
    held = np.zeros((worlds, len(MEASURES)), dtype=bool)
    for number in range(worlds):
        truth, (low, high) = one_world(number)
        held[number] = (low <= truth) & (truth <= high)
        if sys.stderr.isatty() or number % 20 == 19:
            sys.stderr.write(f"{number + 1} worlds: {held[: number + 1].mean(axis=0).round(3)}\n")
    for name, share in zip(MEASURES, held.mean(axis=0), strict=True):
        sys.stdout.write(f"{name}: {share:.1%} of {worlds} worlds\n")


if __name__ == "__main__":
    main()
