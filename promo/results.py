"""Which numbers and tables does the reader get?

From the draws of both worlds to the measures and frames of an appraisal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from promo.policy.money import BASIS
from promo.production.accounts import Item
from promo.production.floor import DAYS_PER_WEEK
from promo.pull_through import Output, PullThrough, additional_by_vehicle
from promo.schema import MEASURES, Floats, Ints, Measure, MeasureKind, Standing, Words
from promo.simulation.ledger import PARTS
from promo.simulation.luck_alone import luck_alone
from promo.simulation.offers import pot_names, scaled_amounts
from promo.simulation.streams import ANYWAY, MOVED, NEW, OUTSIDE, POOL, SWITCHED
from promo.simulation.uncertainty import interval, measure, probability, ratio
from promo.simulation.worlds import Outcome
from promo.study import Study, stated


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
    "city_tax_return_per_yuan": ("city_tax_return", "spend"),
    "share_of_spend_leaving": ("spend_leaving", "spend"),
    "cost_per_additional_car": ("spend", "additional_cars_in_horizon"),
    "cost_per_local_car_built": ("spend", "built_in_horizon"),
}

NO_LIMIT = Words("资金没有上限", "the campaign declares no limit to its money")


def totals(worlds: Worlds) -> dict[str, Floats]:
    """Every measure that is not a ratio, and what ratios need, one value a draw (R,)."""
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
        "spend_leaving": sum(_leaving(worlds), np.zeros(len(closing))),
    }


def _leaving(worlds: Worlds) -> tuple[Floats, Floats]:
    """Money paid for cars built elsewhere, and to buyers from elsewhere for local cars, (R,) yuan.

    The simulation counts subsidised cars by vehicle and money by day. Money is laid on vehicles at
    the mean amount that those of its buyers get who get any, and scaled to what is spent.
    """
    outcome, local = worlds.outcome, worlds.study.stage.setting.local
    home, outside = mean_amounts(worlds.study)
    of_outside = outcome.parts[:, OUTSIDE] * outside
    money = (outcome.parts.sum(axis=1) - outcome.parts[:, OUTSIDE]) * home + of_outside
    total = money.sum(axis=1)
    spend = outcome.spent.sum(axis=(1, 2)) / 100
    scale = np.divide(spend, total, out=np.zeros_like(total), where=total > 0)
    elsewhere = money[:, ~local].sum(axis=1) * scale
    return elsewhere, of_outside[:, local].sum(axis=1) * scale


def mean_amounts(study: Study) -> Floats:
    """Yuan (2, J) for a car of each vehicle, to buyers of the city and to those from elsewhere.

    The mean over days and types of buyers who get something, as they buy without the campaign, at
    the stated assumptions while all pots are open.
    """
    stage = study.stage
    stated_ = {each.name: np.array([float(each.value)]) for each in study.assumptions}
    scales = {f"scale.{b}": stated_[name] for b, name in stage.programme.scales.items()}
    pots = frozenset(pot_names(stage.programme.rules))
    fen = scaled_amounts(stage.frame, stage.programme.rules, pots, scales).sum(axis=-1)
    vehicles = stage.setting.price.size
    yuan = fen.reshape(stage.window.periods, -1, vehicles) / 100
    numbers = stage.setting.period[stage.setting.window_days]
    days = np.bincount(numbers - stage.window.first_period, minlength=stage.window.periods)
    mix = np.ones(yuan.shape[1:])
    mix[: stage.types] = stage.setting.type_of_vehicle
    weight = (yuan > 0) * days[:, None, None] * mix
    found = np.zeros((2, vehicles))
    for row, rows in enumerate((slice(stage.types), slice(stage.types, None))):
        paid, by = (yuan * weight)[:, rows].sum(axis=(0, 1)), weight[:, rows].sum(axis=(0, 1))
        np.divide(paid, by, out=found[row], where=by > 0)
    return found


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
        "unpaid_cars": worlds.outcome.unpaid.sum(axis=(1, 2)).astype(np.float64),
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


REPLICATES = 1_024
"""Of luck at the stated assumptions: the 5 % quantile of a day is within a tenth of its spread."""


def by_luck_alone(study: Study, standing: Standing, *, seed: int) -> tuple[Measure, ...]:
    """When and how likely the money runs out if every assumption held exactly as stated.

    Empty where nothing can run out, where vehicles may be sold out, which depends on the luck of
    the weeks before, and where the method does not answer (`luck_alone`).
    """
    sold_out = any(plant.unmet is not None for plant in study.manufacturers)
    if study.campaign.money.unlimited or sold_out:
        return ()
    block = study.stage.block(replace(stated(study.assumptions), seed=seed))
    found = luck_alone(block, REPLICATES)
    if found is None:
        return ()
    closing = found.paths.closing
    gone = np.isfinite(closing).astype(np.float64)
    return (
        _measured(MEASURES["exhaustion_probability"], gone, standing),
        _measured(MEASURES["exhaustion_day"], closing, standing),
    )


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


def sold_out(worlds: Worlds) -> tuple[Words, ...]:
    """How often local vehicles were sold out and took no orders for the money, where any was."""
    weeks = worlds.outcome.sold_out[:, worlds.window.start // DAYS_PER_WEEK :]
    if not weeks.any():
        return ()
    share = weeks.mean(axis=(1, 2))
    low, high = ends_of(share)
    digits = 0 if share.mean() >= 0.01 else 2  # never "sold out in 0 %"
    mean, least, most = (f"{each:.{digits}%}" for each in (share.mean(), low, high))
    return (
        Words(
            f"活动期内本地车型有 {mean} 的车型周缺货"
            f"(90% 区间 {least} 至 {most}), 缺货期间的订单不领补贴。",
            f"In the window local vehicles are sold out in {mean} of their weeks "
            f"(90 % interval {least} to {most}); orders of such weeks get no money.",
        ),
    )


def given_up(worlds: Worlds) -> tuple[Floats, Floats]:
    """Buyers (R,) who found no car and bought none, with the campaign and without it."""
    both = np.zeros((2, len(worlds.outcome.gain)))
    for output in worlds.pull.outputs:
        both[0] += output.with_campaign.gave_up.sum(axis=(1, 2))
        both[1] += output.without.gave_up.sum(axis=(1, 2))
    return both[0], both[1]


# --- tables -------------------------------------------------------------------------------------


def spend_path(worlds: Worlds) -> pl.DataFrame:
    """Cumulative public money by day of the claim, from the first of the window on, yuan."""
    running = worlds.outcome.spent.sum(axis=2).cumsum(axis=1) / 100
    days = days_of(worlds)[worlds.window.start :][: running.shape[1]]
    running = running[:, : len(days)]
    low, high = interval(running)
    return pl.DataFrame(
        {
            "day": days,
            "mean": running.mean(axis=0),
            "p05": low,
            "p50": np.quantile(running, 0.5, axis=0, method="inverted_cdf"),
            "p95": high,
        }
    )


def exhaustion(worlds: Worlds) -> pl.DataFrame:
    """By week, the chance that each pot has refused a claim for lack of money by then.

    Weeks are counted from the first day of the window and go on to its last day, or to the last
    day on which a pot runs out in any draw. What is left on the last of them is the probability
    that the money lasts.
    """
    if worlds.study.campaign.money.unlimited:
        return pl.DataFrame(schema=EXHAUSTION)
    closing = worlds.outcome.closing
    latest = closing[np.isfinite(closing)].max(initial=0.0)
    length = max(worlds.window.stop - worlds.window.start, int(latest) + 1)
    first = days_of(worlds)[worlds.window.start]
    pots = pot_names(worlds.study.stage.programme.rules)
    rows = [
        (pot, *row)
        for number, pot in enumerate(pots)
        for row in run_out_by(closing[:, number], first, length)
    ]
    return pl.DataFrame(rows, schema=EXHAUSTION, orient="row")


EXHAUSTION = {
    "pot": pl.String,
    "until": pl.Date,
    "run_out": pl.Float64,
    "se": pl.Float64,
    "p05": pl.Float64,
    "p95": pl.Float64,
    "left": pl.Float64,
}


def run_out_by(
    closing: Floats, first: date, length: int
) -> Iterator[tuple[date, float | None, float | None, float | None, float | None, float]]:
    """Last day of each week, chance to have run out by its end, its error, its interval, rest.

    `closing` (R,) counts days from the midnight in which `first` begins; infinite if never.
    """
    kind = MEASURES["exhaustion_probability"]
    for end in (*range(7, length, 7), length):
        gone = (closing < end).astype(np.float64)
        found = probability(kind, gone, Standing.ILLUSTRATIVE)
        until = first + timedelta(days=end - 1)
        yield until, found.mean, found.se, found.p05, found.p95, 1.0 - float(gone.mean())


def monthly_sales(worlds: Worlds) -> pl.DataFrame:
    """Cars sold in the city by month of the horizon, in both worlds."""
    months, starts = months_of(days_of(worlds))
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
    """Total sales of the horizon = baseline + new + outside + from beyond it - given up.

    Who gave up for lack of stock is in neither world's sales here.
    """
    outcome = worlds.outcome
    parts = outcome.bought.sum(axis=2)
    pool = parts[:, POOL]
    gave_up, gave_up_without = given_up(worlds)
    terms: list[tuple[str, Words, Floats]] = [
        (
            "baseline",
            Words("没有活动时的销量", "sales without the campaign"),
            outcome.without_campaign.sum(axis=(1, 2)) - gave_up_without,
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
            Words("因缺货放弃(有活动减没有)", "given up for lack of stock, with minus without"),
            gave_up - gave_up_without,
        ),
        (
            "total",
            Words("有活动时的销量", "sales with the campaign"),
            outcome.with_campaign.sum(axis=(1, 2)) - gave_up,
        ),
    ]
    return pl.DataFrame(
        [
            (name, words.zh, words.en, float(cars.mean()), *ends_of(cars))
            for name, words, cars in terms
        ],
        schema=["term", "words_zh", "words_en", "cars", "p05", "p95"],
        orient="row",
    )


# --- both sides ---------------------------------------------------------------------------------


def accounts(worlds: Worlds, standing: Standing) -> pl.DataFrame:
    """Costs and gains on one page, each with its interval and whose it is."""
    rows = [
        *_costs(worlds),
        *_where_it_goes(worlds),
        *worlds.pull.accounts.items,
        *_buyers(worlds),
        _sellers(worlds),
    ]
    return pl.DataFrame(
        [
            (
                item.side,
                item.item,
                item.words.zh,
                item.words.en,
                item.level,
                float(item.yuan.mean()),
                *ends_of(item.yuan),
                standing.value,
            )
            for item in rows
        ],
        schema=["side", "item", "words_zh", "words_en", "level", "yuan", "p05", "p95", "standing"],
        orient="row",
    )


def _buyers(worlds: Worlds) -> list[Item]:
    """Gains of buyers by monthly income, as they perceive them; what they do not notice apart.

    Together they are the measure `consumer_gain`.
    """
    outcome, setting = worlds.outcome, worlds.study.stage.setting
    types = setting.income.size
    lines = [
        (f"income_{income:g}", _income(income), outcome.gain_by_type[:, :types][:, of_income])
        for income in np.unique(setting.income[np.isfinite(setting.income)])
        for of_income in [setting.income == income]
    ]
    unstated = outcome.gain_by_type[:, :types][:, ~np.isfinite(setting.income)]
    if unstated.shape[1]:
        lines.append(("income_unstated", _UNSTATED, unstated))
    if setting.outside is not None:
        lines.append(("buyers_from_elsewhere", _ELSEWHERE, outcome.gain_by_type[:, types:]))
    lines.append(("unnoticed", _UNNOTICED, outcome.unnoticed[:, np.newaxis]))
    return [Item("gains", name, "buyers", gain.sum(axis=1), words) for name, words, gain in lines]


_UNSTATED = Words("购车人得益：单位及收入不详的", "gain of firms and of buyers of unstated income")
_ELSEWHERE = Words("购车人得益：外地购车人", "gain of buyers from elsewhere")
_UNNOTICED = Words("购车人到手而未察觉的钱", "money buyers received and did not notice")


def _income(income: float) -> Words:
    return Words(
        f"购车人得益：月收入 {income:,.0f} 元", f"gain of buyers with {income:,.0f} yuan a month"
    )


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


def _where_it_goes(worlds: Worlds) -> tuple[Item, Item, Item]:
    """The subsidy once more, by the car and the buyer it was paid for; the three add up to it."""
    elsewhere, to_outside = _leaving(worlds)
    stays = worlds.outcome.spent.sum(axis=(1, 2)) / 100 - elsewhere - to_outside
    return (
        Item("goes", "paid_for_local_cars", "city", stays, _GOES[0]),
        Item("goes", "paid_for_cars_built_elsewhere", "elsewhere", elsewhere, _GOES[1]),
        Item("goes", "paid_to_outside_buyers", "elsewhere", to_outside, _GOES[2]),
    )


_GOES = (
    Words("补给本市购车人买的本地产车", "paid to the city's buyers for cars built here"),
    Words("补给外地产车", "paid for cars built elsewhere"),
    Words("补给外地购车人买的本地产车", "paid to buyers from elsewhere for cars built here"),
)


def days_of(worlds: Worlds) -> Sequence[date]:
    setting = worlds.study.stage.setting
    return setting.days[: setting.horizon]


def months_of(days: Sequence[date]) -> tuple[list[date], Ints]:
    """First days of the months among these days, and where each month starts."""
    number = np.array([day.year * 12 + day.month for day in days])
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return [days[int(start)].replace(day=1) for start in starts], starts


def ends_of(draws: Floats) -> tuple[float, float]:
    low, high = interval(np.asarray(draws, dtype=np.float64))
    return float(low), float(high)
