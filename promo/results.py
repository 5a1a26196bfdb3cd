"""Which numbers and tables does the reader get?

From the draws of both worlds to the measures and frames of an appraisal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from promo.policy.money import BASIS
from promo.production.accounts import Item
from promo.production.floor import DAYS_PER_WEEK
from promo.pull_through import Output, PullThrough, additional_by_vehicle
from promo.schema import MEASURES, Floats, Ints, Measure, MeasureKind, Standing, Words
from promo.simulation.ledger import ANYWAY, MOVED, NEW, OUTSIDE, PARTS, POOL, SWITCHED
from promo.simulation.offers import pot_names
from promo.simulation.uncertainty import interval, measure, probability, ratio
from promo.simulation.worlds import Outcome
from promo.study import Study


@dataclass(frozen=True, slots=True)
class Worlds:
    """Both worlds of a study in R draws, plants included.

    `bare` are the plants without their stability measures, where a file has any.
    """

    study: Study
    outcome: Outcome
    pull: PullThrough
    bare: tuple[Output, ...] = ()

    @property
    def window(self) -> slice:
        """Days of the window among the days of the horizon."""
        first, last = self.study.stage.setting.window
        return slice(first, last + 1)

    @property
    def difference(self) -> Floats:
        """Cars (R, H, L + 1) with minus without."""
        return np.asarray(self.outcome.with_campaign - self.outcome.without_campaign, np.float64)


# --- measures -----------------------------------------------------------------------------------

RATIOS = {
    "pull_through_per_subsidised_car": ("built_in_horizon", "subsidised_cars"),
    "pull_through_per_additional_car": ("built_in_horizon", "additional_cars_in_horizon"),
    "leverage_gross": ("sales_value_subsidised", "spend"),
    "leverage_net": ("sales_value_additional", "spend"),
    "cost_per_additional_car": ("spend", "additional_cars_in_horizon"),
    "cost_per_local_car_built": ("spend", "built_in_horizon"),
}

NO_LIMIT = Words("资金没有上限", "the campaign declares no limit to its money")


def totals(worlds: Worlds) -> dict[str, Floats]:
    """Every measure that is not a ratio, one value a draw (R,)."""
    return {**_money(worlds), **_ledger(worlds), **_sales(worlds), **_plants(worlds)}


def _money(worlds: Worlds) -> dict[str, Floats]:
    outcome = worlds.outcome
    closing = outcome.closing.min(axis=1)
    return {
        "spend": outcome.spent.sum(axis=(1, 2)) / 100,
        "budget": _budget(worlds).sum(axis=1),
        "exhaustion_probability": np.isfinite(closing).astype(np.float64),
        "exhaustion_day": closing,
        "consumer_gain": outcome.gain + outcome.unnoticed,
    }


def _budget(worlds: Worlds) -> Floats:
    """Yuan in each pot (R, K); infinite where the campaign declares no limit."""
    yuan = worlds.outcome.budget / 100
    return np.full_like(yuan, np.inf) if worlds.study.campaign.money.unlimited else yuan


def _ledger(worlds: Worlds) -> dict[str, Floats]:
    parts = worlds.outcome.parts.sum(axis=2).astype(np.float64)
    named = {name: parts[:, number] for number, name in enumerate(PARTS)}
    named["new_buyers"] = parts[:, NEW] + parts[:, POOL]
    price = worlds.study.stage.setting.price
    return {
        **named,
        "subsidised_cars": parts.sum(axis=1),
        "sales_value_subsidised": worlds.outcome.parts.sum(axis=1) @ price,
        "sales_value_additional": additional_by_vehicle(worlds.outcome) @ price,
    }


def _sales(worlds: Worlds) -> dict[str, Floats]:
    difference, window = worlds.difference, worlds.window
    local = difference[..., :-1]
    return {
        "additional_cars_in_window": difference[:, window].sum(axis=(1, 2)),
        "additional_cars_in_horizon": difference.sum(axis=(1, 2)),
        "additional_local_cars_in_window": local[:, window].sum(axis=(1, 2)),
        "additional_local_cars_in_horizon": local.sum(axis=(1, 2)),
    }


def _plants(worlds: Worlds) -> dict[str, Floats]:
    pull = worlds.pull
    return {
        "built_in_window": pull.built_in(worlds.window),
        "built_in_horizon": pull.built_in(slice(None)),
        "output_value": pull.accounts.output_value,
        "value_added": pull.accounts.value_added,
        "person_months": pull.accounts.person_months,
        "city_tax_return": pull.accounts.city_tax_return,
    }


def measures(worlds: Worlds, standing: Standing) -> tuple[Measure, ...]:
    """All measures of the contract in its order; those by pot follow their whole."""
    by_name = totals(worlds)
    found: list[Measure] = []
    for name, kind in MEASURES.items():
        if name in RATIOS:
            over, under = (by_name[each] for each in RATIOS[name])
            found.append(ratio(kind, over, under, standing))
        else:
            found.append(_measured(kind, by_name[name], standing))
            found.extend(_by_pot(worlds, name, standing))
    return tuple(_explained(worlds, each) for each in found)


def _measured(
    kind: MeasureKind, draws: Floats, standing: Standing, group: dict[str, str] | None = None
) -> Measure:
    make = probability if kind.name == "exhaustion_probability" else measure
    return make(kind, draws, standing, group)


def _explained(worlds: Worlds, found: Measure) -> Measure:
    """A budget that has no value is one without limit."""
    if found.kind.name != "budget" or not worlds.study.campaign.money.unlimited:
        return found
    return replace(found, never=0.0, reason=NO_LIMIT)


def _by_pot(worlds: Worlds, name: str, standing: Standing) -> list[Measure]:
    outcome = worlds.outcome
    columns = {
        "spend": outcome.spent.sum(axis=1) / 100,
        "budget": _budget(worlds),
        "exhaustion_probability": np.isfinite(outcome.closing).astype(np.float64),
        "exhaustion_day": outcome.closing,
    }
    if name not in columns:
        return []
    pots = pot_names(worlds.study.stage.programme.rules)
    return [
        _measured(MEASURES[name], columns[name][:, number], standing, {"pot": pot})
        for number, pot in enumerate(pots)
    ]


def borrowed(worlds: Worlds) -> tuple[Words, ...]:
    """How much of the net effect comes from after the horizon, where that is much."""
    beyond = float(worlds.outcome.from_beyond.mean())
    total = float(worlds.outcome.with_campaign.sum(axis=(1, 2)).mean())
    net = float(worlds.difference.sum(axis=(1, 2)).mean())
    if beyond <= 0.1 * net and beyond <= 0.02 * total:
        return ()
    return (
        Words(
            f"观察期内的净增中有 {beyond:,.0f} 辆({beyond / net:.0%})是从观察期之后提前来的, "
            "再往后会还回去; 加大 horizon_months 可以看到。",
            f"Of the net cars of the horizon {beyond:,.0f} ({beyond / net:.0%}) are moved from "
            "after it and will be missing there; raise horizon_months to see it.",
        ),
    )


# --- tables -------------------------------------------------------------------------------------


def spend_path(worlds: Worlds) -> pl.DataFrame:
    """Cumulative public money by day of the window, yuan."""
    running = worlds.outcome.spent.sum(axis=2).cumsum(axis=1) / 100
    low, high = interval(running)
    days = _days(worlds)[worlds.window]
    return pl.DataFrame(
        {
            "day": days,
            "mean": running.mean(axis=0),
            "p05": low,
            "p50": np.quantile(running, 0.5, axis=0, method="inverted_cdf"),
            "p95": high,
        }
    )


def monthly_sales(worlds: Worlds) -> pl.DataFrame:
    """Cars sold in the city by month of the horizon, in both worlds."""
    months, starts = _months(_days(worlds))
    without = np.add.reduceat(worlds.outcome.without_campaign.sum(axis=2), starts, axis=1)
    with_ = np.add.reduceat(worlds.outcome.with_campaign.sum(axis=2), starts, axis=1)
    low, high = interval(with_ - without)
    return pl.DataFrame(
        {
            "month": months,
            "without": without.mean(axis=0),
            "with_": with_.mean(axis=0),
            "additional": (with_ - without).mean(axis=0),
            "additional_p05": low.astype(np.float64),
            "additional_p95": high.astype(np.float64),
        }
    )


def vehicles(worlds: Worlds) -> pl.DataFrame:
    """Mean subsidised cars by vehicle and part of the ledger, best sellers of the scheme first."""
    setting, parts = worlds.study.stage.setting, worlds.outcome.parts.mean(axis=0)
    frame = setting.vehicles.select("vehicle", "model", "energy").with_columns(
        price_yuan=pl.Series(setting.price),
        local=pl.Series(setting.local),
        subsidised=pl.Series(parts.sum(axis=0)),
        would_have_bought_anyway=pl.Series(parts[ANYWAY]),
        switched=pl.Series(parts[SWITCHED]),
        moved_in_time=pl.Series(parts[MOVED]),
        came_from_outside=pl.Series(parts[OUTSIDE]),
        new_buyers=pl.Series(parts[NEW] + parts[POOL]),
        additional=pl.Series(additional_by_vehicle(worlds.outcome).mean(axis=0)),
    )
    return frame.sort(["subsidised", "vehicle"], descending=[True, False])


def identity(worlds: Worlds) -> pl.DataFrame:
    """Total sales of the horizon = baseline + new + outside + from beyond it - given up."""
    outcome = worlds.outcome
    parts = outcome.parts.sum(axis=2)
    zero, pool = np.zeros(len(parts)), parts[:, POOL]
    terms: list[tuple[str, Words, Floats]] = [
        (
            "baseline",
            Words("没有活动时的销量", "sales without the campaign"),
            outcome.without_campaign.sum(axis=(1, 2)),
        ),
        ("new", Words("新增购车人", "new buyers"), parts[:, NEW]),
        *(
            [("pool", Words("原本留用旧车或买二手车的人", "from the replacement pool"), pool)]
            if worlds.study.market.market.has_pool
            else []
        ),
        ("outside", Words("外地购车人", "buyers from outside"), parts[:, OUTSIDE]),
        (
            "beyond",
            Words("从观察期之后提前来的", "moved from beyond the horizon"),
            outcome.from_beyond,
        ),
        (
            "given_up",
            Words("因缺货放弃(本版不推演)", "given up for lack of stock (not simulated yet)"),
            zero,
        ),
        (
            "total",
            Words("有活动时的销量", "sales with the campaign"),
            outcome.with_campaign.sum(axis=(1, 2)),
        ),
    ]
    return pl.DataFrame(
        [
            (name, words.zh, words.en, float(cars.mean()), *_ends(cars))
            for name, words, cars in terms
        ],
        schema=["term", "words_zh", "words_en", "cars", "p05", "p95"],
        orient="row",
    )


def plants(worlds: Worlds) -> pl.DataFrame:
    """Cars built by enterprise and month, stock of the city's dealers, use of capacity."""
    months, starts = _months(_days(worlds))
    ends = np.append(starts[1:], len(_days(worlds))) - 1
    frames = [_plant_months(output, months, starts, ends) for output in worlds.pull.outputs]
    empty = {"plant": pl.String, "month": pl.Date, **dict.fromkeys(_PLANT_COLUMNS, pl.Float64)}
    return pl.concat([pl.DataFrame(schema=empty), *frames])


_PLANT_COLUMNS = (
    "built_without",
    "built_with",
    "extra",
    "extra_p05",
    "extra_p95",
    "dealer_stock_without",
    "dealer_stock_with",
    "capacity",
    "utilisation_with",
)


def _plant_months(output: Output, months: list[date], starts: Ints, ends: Ints) -> pl.DataFrame:
    before, after = output.without, output.with_campaign
    built = [np.add.reduceat(path.built.sum(axis=2), starts, axis=1) for path in (before, after)]
    extra = built[1] - built[0]
    low, high = interval(extra.astype(np.float64))
    capacity = np.add.reduceat(output.capacity, starts, axis=1).mean(axis=0)
    stock = [path.dealer_closing.sum(axis=2)[:, ends].mean(axis=0) for path in (before, after)]
    with_ = built[1].mean(axis=0)
    used = np.divide(with_, capacity, out=np.zeros_like(with_), where=capacity > 0)
    values = (built[0].mean(axis=0), with_, extra.mean(axis=0), low, high, *stock, capacity, used)
    return pl.DataFrame(
        {
            "plant": [output.manufacturer.id] * len(months),
            "month": months,
            **dict(zip(_PLANT_COLUMNS, values, strict=True)),
        }
    )


# --- campaign and measures, two by two ----------------------------------------------------------

_CELLS: tuple[tuple[str, Words, tuple[int, int, int, int]], ...] = (
    ("neither", Words("无活动、无措施", "neither"), (1, 0, 0, 0)),
    ("campaign", Words("只有活动", "campaign only"), (0, 1, 0, 0)),
    ("measures", Words("只有措施", "measures only"), (0, 0, 1, 0)),
    ("both", Words("活动加措施", "both"), (0, 0, 0, 1)),
    (
        "campaign_without_measures",
        Words("活动的作用(无措施)", "effect of the campaign, without measures"),
        (-1, 1, 0, 0),
    ),
    (
        "campaign_with_measures",
        Words("活动的作用(有措施)", "effect of the campaign, with measures"),
        (0, 0, -1, 1),
    ),
    (
        "measures_without_campaign",
        Words("措施的作用(无活动)", "effect of the measures, without campaign"),
        (-1, 0, 1, 0),
    ),
    (
        "measures_with_campaign",
        Words("措施的作用(有活动)", "effect of the measures, with campaign"),
        (0, -1, 0, 1),
    ),
    ("interaction", Words("两者的交互作用", "interaction"), (1, -1, -1, 1)),
)
"""Each line as a sum over the four worlds: neither, campaign, measures, both."""


def two_by_two(worlds: Worlds) -> pl.DataFrame:
    """Cars built with and without the campaign, with and without stability measures, same draws.

    The interaction is what both do together beyond the sum of what each does alone.
    """
    if not worlds.bare:
        return pl.DataFrame()
    frame = pl.DataFrame(
        {
            "term": [term for term, _, _ in _CELLS],
            "words_zh": [words.zh for _, words, _ in _CELLS],
            "words_en": [words.en for _, words, _ in _CELLS],
        }
    )
    for name, days in (("window", worlds.window), ("horizon", slice(None))):
        built = _four_worlds(worlds, days)
        draws = [np.asarray(np.array(weights) @ built, np.float64) for _, _, weights in _CELLS]
        low, high = zip(*(_ends(each) for each in draws), strict=True)
        frame = frame.with_columns(
            pl.Series(name, [float(each.mean()) for each in draws]),
            pl.Series(f"{name}_p05", low),
            pl.Series(f"{name}_p95", high),
        )
    return frame


def _four_worlds(worlds: Worlds, days: slice) -> Ints:
    """Cars (4, R) that all plants build on these days, in the order of `_CELLS`."""
    cells = [
        sum(path.built[:, days].sum(axis=(1, 2)) for path in paths)
        for outputs in (worlds.bare, worlds.pull.outputs)
        for paths in zip(*((each.without, each.with_campaign) for each in outputs), strict=True)
    ]
    return np.array(cells)


# --- plants by week -----------------------------------------------------------------------------

BINDING = (
    Words("订单", "orders"),
    Words("加班", "overtime"),
    Words("排产冻结", "frozen plan"),
    Words("班次产能", "shift capacity"),
    Words("开动率(情景)", "availability (scenario)"),
)
"""What binds output, in the order of `production.floor`; parts follow, by supplier."""


def plant_weeks(worlds: Worlds) -> pl.DataFrame:
    """Orders, output and what binds it, by week; where a file tells of trouble or measures."""
    bare = worlds.bare or worlds.pull.outputs
    frames = [
        _weeks(worlds, output, unaided)
        for output, unaided in zip(worlds.pull.outputs, bare, strict=True)
        if output.manufacturer.scenarios or output.manufacturer.measures
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def _weeks(worlds: Worlds, output: Output, bare: Output) -> pl.DataFrame:
    days = _days(worlds)
    starts = np.arange(0, len(days), DAYS_PER_WEEK)
    without, with_ = output.without, output.with_campaign
    built, before = (_by_week(path.built, starts) for path in (with_, without))
    low, high = interval((built - before).astype(np.float64))
    capacity = np.add.reduceat(output.capacity, starts, axis=1).mean(axis=0)
    used = np.divide(built.mean(axis=0), capacity, out=np.zeros(len(starts)), where=capacity > 0)
    ends = np.append(starts[1:], len(days)) - 1
    words, share = _bound(output)
    unaided, unaided_share = _bound(bare)
    return pl.DataFrame(
        {
            "plant": [output.manufacturer.id] * len(starts),
            "week": [days[int(start)] for start in starts],
            "ordered_with": _by_week(with_.ordered, starts).mean(axis=0),
            "built_without": before.mean(axis=0),
            "built_with": built.mean(axis=0),
            "extra": (built - before).mean(axis=0),
            "extra_p05": low.astype(np.float64),
            "extra_p95": high.astype(np.float64),
            "utilisation_with": used,
            "plant_stock_with": with_.plant_closing.sum(axis=2)[:, ends].mean(axis=0),
            "binding_zh": [each.zh for each in words],
            "binding_en": [each.en for each in words],
            "binding_share": share,
            "built_bare": _by_week(bare.with_campaign.built, starts).mean(axis=0),
            "binding_bare_zh": [each.zh for each in unaided],
            "binding_bare_en": [each.en for each in unaided],
            "binding_bare_share": unaided_share,
        }
    )


def _by_week(cars: Ints, starts: Ints) -> Ints:
    """Cars (R, W) of all vehicles by week."""
    total: Ints = np.add.reduceat(cars.sum(axis=2), starts, axis=1)
    return total


def _bound(output: Output) -> tuple[list[Words], list[float]]:
    """What binds output with the campaign in most draws of each week, and in which share."""
    direct = [each.parts.words for each in output.manufacturer.suppliers if each.feeds is None]
    parts = [Words(f"零部件:{each.zh}", f"parts: {each.en}") for each in direct]
    named = [*BINDING, *parts]
    hardest = output.with_campaign.binding.max(axis=2)
    counts = np.stack([(hardest == number).mean(axis=0) for number in range(len(named))])
    return [named[int(each)] for each in counts.argmax(axis=0)], counts.max(axis=0).tolist()


# --- both sides ---------------------------------------------------------------------------------


def accounts(worlds: Worlds, standing: Standing) -> pl.DataFrame:
    """Costs and gains on one page, each with its interval and whose it is."""
    rows = [*_costs(worlds), *worlds.pull.accounts.items, *_buyers(worlds), _sellers(worlds)]
    return pl.DataFrame(
        [
            (
                item.side,
                item.item,
                item.words.zh,
                item.words.en,
                item.level,
                float(item.yuan.mean()),
                *_ends(item.yuan),
                standing.value,
            )
            for item in rows
        ],
        schema=["side", "item", "words_zh", "words_en", "level", "yuan", "p05", "p95", "standing"],
        orient="row",
    )


def _buyers(worlds: Worlds) -> list[Item]:
    gain = worlds.outcome.gain + worlds.outcome.unnoticed
    return [Item("gains", "consumer_gain", "buyers", gain, MEASURES["consumer_gain"].words)]


def _sellers(worlds: Worlds) -> Item:
    """Public money that is not passed on to buyers."""
    words = Words("未传导给购车人、留在销售方的补贴", "public money kept by sellers")
    return Item("gains", "kept_by_sellers", "firms", worlds.outcome.kept_by_sellers, words)


def _costs(worlds: Worlds) -> list[Item]:
    """Spend by payer, under the name that the campaign's funding gives it; else the city's."""
    spend = worlds.outcome.spent.sum(axis=(1, 2)) / 100
    funding = worlds.study.campaign.money.funding
    words = Words("购车补贴", "the subsidy")
    if not funding:
        return [Item("costs", "subsidy", "city", spend, words)]
    return [
        Item("costs", "subsidy", payer.payer, spend * payer.share / BASIS, words)
        for payer in funding
    ]


def _days(worlds: Worlds) -> Sequence[date]:
    setting = worlds.study.stage.setting
    return setting.days[: setting.horizon]


def _months(days: Sequence[date]) -> tuple[list[date], Ints]:
    """First days of the months among these days, and where each month starts."""
    number = np.array([day.year * 12 + day.month for day in days])
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return [days[int(start)].replace(day=1) for start in starts], starts


def _ends(draws: Floats) -> tuple[float, float]:
    low, high = interval(np.asarray(draws, dtype=np.float64))
    return float(low), float(high)
