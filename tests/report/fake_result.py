"""A result made by hand, with every kind of number the report must show.

Run as a script it is the command line with this result in place of the model:
`python tests/report/fake_result.py simulate any.yaml`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from promo.appraisal import Appraisal, Provenance
from promo.schema import MEASURES, Assumption, Measure, Standing, Words

INFINITE = float("inf")
# name: mean, p05, p50, p95
NUMBERS: dict[str, tuple[float | None, float | None, float | None, float | None]] = {
    "subsidised_cars": (4012.0, 3801.0, 4007.0, 4211.0),
    "unpaid_cars": (0.0, 0.0, 0.0, 0.0),
    "spend": (19_300_000.0, 17_100_000.0, 19_900_000.0, 20_000_000.0),
    "budget": (20_000_000.0, 10_100_000.0, 20_100_000.0, 39_900_000.0),
    "exhaustion_probability": (0.87, 0.86, 0.87, 0.88),
    "exhaustion_day": (33.1, 23.4, 32.6, 45.9),
    "would_have_bought_anyway": (2604.0, 2201.0, 2611.0, 2999.0),
    "switched": (551.0, 401.0, 549.0, 702.0),
    "moved_in_time": (403.0, 251.0, 399.0, 588.0),
    "came_from_outside": (151.0, 61.0, 148.0, 263.0),
    "new_buyers": (303.0, 187.0, 299.0, 424.0),
    "additional_cars_in_window": (857.0, 613.0, 851.0, 1102.0),
    "additional_cars_in_horizon": (454.0, 301.0, 449.0, 633.0),
    "additional_local_cars_in_window": (97.0, 41.0, 96.0, 158.0),
    "additional_local_cars_in_horizon": (62.0, 22.0, 61.0, 109.0),
    "built_in_window": (48.0, -7.0, 47.0, 101.0),
    "built_in_horizon": (57.0, 12.0, 56.0, 108.0),
    "pull_through_per_subsidised_car": (0.014, 0.003, 0.014, 0.027),
    "pull_through_per_additional_car": (None, None, None, None),
    "sales_value_subsidised": (521_000_000.0, 493_000_000.0, 520_000_000.0, 552_000_000.0),
    "leverage_gross": (26.99, 25.4, 26.9, 28.8),
    "sales_value_additional": (59_000_000.0, 38_000_000.0, 58_000_000.0, 83_000_000.0),
    "leverage_net": (3.06, 1.91, 3.02, 4.33),
    "output_value": (4_300_000.0, 910_000.0, 4_200_000.0, 8_100_000.0),
    "value_added": (870_000.0, 180_000.0, 850_000.0, 960_000.0),
    "person_months": (21.0, 4.0, 20.0, 41.0),
    "city_tax_return": (1_900_000.0, 1_200_000.0, 1_850_000.0, 2_700_000.0),
    "city_tax_return_per_yuan": (0.098, 0.062, 0.096, 0.14),
    "spend_leaving": (17_563_000.0, 15_400_000.0, 17_500_000.0, 18_700_000.0),
    "share_of_spend_leaving": (0.91, 0.88, 0.91, 0.94),
    "consumer_gain": (16_200_000.0, 14_800_000.0, 16_100_000.0, 17_700_000.0),
    "cost_per_additional_car": (42_500.0, 30_600.0, 42_900.0, 64_200.0),
    "cost_per_local_car_built": (338_000.0, 178_000.0, 344_000.0, 1_600_000.0),
}
REASON = Words("净增车辆的区间含零", "the interval of additional cars holds zero")


def _measure(name: str, group: dict[str, str] | None = None) -> Measure:
    mean, p05, p50, p95 = NUMBERS[name]
    low, high = p05 or 0.0, p95 or 1.0
    return Measure(
        kind=MEASURES[name],
        draws=np.linspace(low, high, 4),
        mean=mean,
        se=None if mean is None else abs(mean) / 100,
        p05=p05,
        p50=p50,
        p95=p95,
        never=0.13 if name == "exhaustion_day" else 0.0,
        standing=Standing.ILLUSTRATIVE,
        group=group,
        reason=REASON if mean is None else None,
    )


def _measures() -> tuple[Measure, ...]:
    found = []
    for name in MEASURES:
        found.append(_measure(name))
        if name in {"spend", "budget", "exhaustion_day", "exhaustion_probability"}:
            found.append(_measure(name, {"pot": "main"}))
    return tuple(found)


def _assumptions() -> tuple[Assumption, ...]:
    return (
        Assumption(
            "money.pots.main.amount",
            20_000_000,
            10_000_000,
            40_000_000,
            "CNY",
            "https://example.org/kaifeng-notice",
            "not published",
            Words("资金池", "pot"),
        ),
        Assumption(
            "behaviour.own_price_elasticity",
            -3.5,
            -6,
            -2,
            "ratio",
            "literature.md D1",
            "recalled",
            Words("自身价格弹性", "own price elasticity"),
        ),
        Assumption(
            "planning.announced_share",
            0.5,
            0,
            1,
            "share",
            "model.md 10",
            "judgement",
            Words("已告知企业的份额", "announced share"),
        ),
    )


def _spend_path(first: date) -> pl.DataFrame:
    days = range(120)
    return pl.DataFrame(
        {
            "day": [first + timedelta(day) for day in days],
            "p05": [min(17.1e6, 0.40e6 * (day + 1)) for day in days],
            "p50": [min(19.9e6, 0.61e6 * (day + 1)) for day in days],
            "p95": [min(20.0e6, 0.85e6 * (day + 1)) for day in days],
            "mean": [min(19.3e6, 0.62e6 * (day + 1)) for day in days],
        }
    )


def _exhaustion(first: date) -> pl.DataFrame:
    """Seventeen weeks and a day; it runs out in the fourth to the eighth week, or never."""
    ends = [*range(7, 120, 7), 120]
    run_out = [0.0] * 3 + [0.06, 0.40, 0.75, 0.86] + [0.87] * 11
    error = [0.01 * (each > 0) for each in run_out]
    return pl.DataFrame(
        {
            "pot": ["main"] * len(ends),
            "until": [first + timedelta(end - 1) for end in ends],
            "run_out": run_out,
            "se": error,
            "p05": [each - 0.01 * (each > 0) for each in run_out],
            "p95": [each + 0.01 * (each > 0) for each in run_out],
            "left": [1 - each for each in run_out],
        }
    )


def _months() -> list[date]:
    return [date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 1), date(2023, 2, 1)]


def _monthly_sales() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "month": _months(),
            "without": [5011.0, 6023.0, 3037.0, 3541.0],
            "with_": [5704.0, 6181.0, 2957.0, 3499.0],
            "additional": [693.0, 158.0, -80.0, -42.0],
            "additional_p05": [521.0, 83.0, -131.0, -77.0],
            "additional_p95": [877.0, 239.0, -33.0, -11.0],
        }
    )


def _plants() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "plant": ["chery-henan"] * 4,
            "month": _months(),
            "built_without": [13_011.0, 13_502.0, 12_004.0, 11_507.0],
            "built_with": [13_019.0, 13_541.0, 12_013.0, 11_508.0],
            "extra": [8.0, 39.0, 9.0, 1.0],
            "extra_p05": [-3.0, 14.0, -2.0, -4.0],
            "extra_p95": [21.0, 71.0, 27.0, 6.0],
            "dealer_stock_without": [1204.0, 1187.0, 1203.0, 1211.0],
            "dealer_stock_with": [1131.0, 1176.0, 1209.0, 1213.0],
            "capacity": [17_500.0, 18_100.0, 15_200.0, 14_900.0],
            "utilisation_with": [0.74, 0.75, 0.79, 0.77],
        }
    )


def _accounts() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "side": ["costs", "costs", "gains"],
            "item": ["subsidy", "handling", "vat"],
            "words_zh": ["补贴支出", "办理费用", "增值税市级留成"],
            "words_en": ["subsidies paid", "handling", "VAT, city's share"],
            "level": ["city", "city", "city"],
            "yuan": [19_300_000.0, 240_000.0, 1_900_000.0],
            "p05": [17_100_000.0, 210_000.0, 1_200_000.0],
            "p95": [20_000_000.0, 270_000.0, 2_700_000.0],
            "standing": ["part assumed", "illustrative", "illustrative"],
        }
    )


def _sensitivity() -> pl.DataFrame:
    rows = []
    for measure, base in (("additional_cars_in_horizon", 454.0), ("built_in_horizon", 57.0)):
        for number, assumption in enumerate(_assumptions(), start=1):
            swing = base * (0.5 if number == 2 else 0.1)
            rows.append(
                {
                    "assumption": assumption.name,
                    "words_zh": assumption.words.zh,
                    "words_en": assumption.words.en,
                    "measure": measure,
                    "low_value": float(assumption.low),
                    "high_value": float(assumption.high),
                    "at_low": base + swing,
                    "at_high": base - swing,
                    "at_base": base,
                    "variance_share": 0.61 if number == 2 else 0.05,
                    "variance_share_se": 0.02,
                }
            )
    return pl.DataFrame(rows)


def _additionality() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "belief": [0.0, 0.5, 1.0],
            "subsidised_cars": [4100.0, 3950.0, 3800.0],
            "additional_cars_in_window": [943.0, 711.0, 494.0],
            "additional_cars_in_horizon": [451.0, 474.0, 494.0],
            "additional_per_subsidised_car": [0.11, 0.12, 0.13],
        }
    )


def _identity() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "term": ["baseline", "new", "outside", "moved", "total"],
            "words_zh": ["没有活动", "新增", "外地", "观察期外移来", "合计"],
            "words_en": ["without", "new", "outside", "moved from beyond", "total"],
            "cars": [41_007.0, 303.0, 151.0, 11.0, 41_472.0],
            "p05": [39_003.0, 187.0, 61.0, 2.0, 39_511.0],
            "p95": [43_009.0, 424.0, 263.0, 24.0, 43_491.0],
        }
    )


def _vehicles() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "vehicle": ["瑞虎 8 1.6T", "=2+3"],
            "model": ["瑞虎 8", "+plus"],
            "energy": ["ICE", "BEV"],
            "price_yuan": [129_900.0, 99_800.0],
            "local": [True, False],
            "subsidised": [310.0, 200.0],
            "would_have_bought_anyway": [200.0, 130.0],
            "switched": [50.0, 30.0],
            "moved_in_time": [30.0, 20.0],
            "came_from_outside": [10.0, 8.0],
            "new_buyers": [20.0, 12.0],
            "additional": [60.0, 20.0],
        }
    )


def _beside_published() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "lever": ["model"],
            "words_zh": ["一款车便宜 1%，多卖（%）"],
            "words_en": ["1 % off one model raises its sales by (%)"],
            "unit": ["ratio"],
            "p50": [3.5],
            "p05": [2.2],
            "p95": [5.8],
            "published_low": [2.1],
            "published_high": [6.8],
            "verdict": ["within"],
        }
    )


def _draws() -> pl.DataFrame:
    columns = {
        measure.kind.name: measure.draws for measure in _measures() if measure.group is None
    }
    return pl.DataFrame({"draw": np.arange(4), **columns})


def appraisal() -> Appraisal:
    first = date(2022, 11, 1)
    return Appraisal(
        title=Words("开封汽车促销 <script>alert(1)</script>", "Kaifeng <script>alert(1)</script>"),
        campaign_id="kaifeng-2022-q4",
        place="开封",
        currency="CNY",
        window=(first, date(2023, 2, 28)),
        horizon_end=date(2023, 10, 31),
        budget_pots=("main",),
        standing=Standing.ILLUSTRATIVE,
        standing_reasons=(Words("资金池未公布", "the pot was never published"),),
        measures=_measures(),
        assumptions=_assumptions(),
        sensitivity=_sensitivity(),
        additionality=_additionality(),
        beside_published=_beside_published(),
        spend_path=_spend_path(first),
        exhaustion=_exhaustion(first),
        monthly_sales=_monthly_sales(),
        vehicles=_vehicles(),
        identity=_identity(),
        plants=_plants(),
        accounts=_accounts(),
        backtest=pl.DataFrame(
            {
                "method": ["level_and_season", "same_month_last_year"],
                "horizon_months": [8, 8],
                "origins": [12, 12],
                "mape": [0.081, 0.124],
                "smape": [0.079, 0.119],
                "error_p05": [0.93, 0.85],
                "error_p95": [1.08, 1.17],
            }
        ),
        warnings=(Words("合成市场，不是真实销量", "a synthetic market, not real sales"),),
        limits=(Words("不含二手车价格反馈", "no second-hand price feedback"),),
        provenance=Provenance(
            inputs={"campaigns/kaifeng/2022-q4.yaml": "ab" * 32},
            seed=1,
            draws=256,
            versions={"promo": "0.1.0", "polars": "2.1.0"},
            git_commit="5aa0472" + "0" * 33,
            dirty=True,
        ),
        draws=_draws(),
    )


def without_plants(result: Appraisal) -> Appraisal:
    return replace(result, plants=result.plants.head(0))


def pretend() -> None:
    """Put this result in place of the model."""
    import promo.appraisal as model
    import promo.study as files

    def load_study(path: str) -> str:
        return path

    def appraise_among(
        study: str, hands: object, *, progress: Callable[..., None] | None, **_: Any
    ) -> Appraisal:
        if progress is not None:
            progress(0.5, Words("一半", "half"))
        return appraisal()

    files.__dict__["load_study"] = load_study
    model.__dict__["appraise_among"] = appraise_among


if __name__ == "__main__":
    pretend()
    from promo.cli.app import run

    sys.exit(run(sys.argv[1:]))
