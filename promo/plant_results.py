"""Which tables of the local plants does the reader get?

Output by month and by week with what binds it, campaign and measures two by two.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from promo.production.floor import DAYS_PER_WEEK, Cars
from promo.production.stability import by_part
from promo.production.stocks import PlantPath
from promo.pull_through import Output, additional_by_vehicle
from promo.results import Worlds, days_of, ends_of, months_of
from promo.schema import Floats, Ints, MeasureKind, Standing, Words
from promo.simulation.streams import MOVED, NEW, OUTSIDE, POOL
from promo.simulation.uncertainty import interval, measure


def plants(worlds: Worlds) -> pl.DataFrame:
    """Cars built by enterprise and month, stock of the city's dealers, use of capacity."""
    months, starts = months_of(days_of(worlds))
    ends = np.append(starts[1:], len(days_of(worlds))) - 1
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
        low, high = zip(*(ends_of(each) for each in draws), strict=True)
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
    """Sales, orders, output and stock by week with and without, and what binds output.

    Columns that end in `bare` are there only where a file has stability measures.
    """
    bare = worlds.bare or (None,) * len(worlds.pull.outputs)
    frames = [
        _weeks(worlds, output, unaided)
        for output, unaided in zip(worlds.pull.outputs, bare, strict=True)
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def _weeks(worlds: Worlds, output: Output, bare: Output | None) -> pl.DataFrame:
    days = days_of(worlds)
    starts = np.arange(0, len(days), DAYS_PER_WEEK)
    ends = np.append(starts[1:], len(days)) - 1
    columns: dict[str, Any] = {
        "plant": [output.manufacturer.id] * len(starts),
        "week": [days[int(start)] for start in starts],
    }
    capacity = np.add.reduceat(output.capacity, starts, axis=1).mean(axis=0)
    for world, path in (("without", output.without), ("with", output.with_campaign)):
        for name, cars in (
            ("sold", path.served),
            ("ordered", path.ordered),
            ("built", path.built),
        ):
            columns[f"{name}_{world}"] = _by_week(cars, starts).mean(axis=0)
        for name, cars in (("dealer", path.dealer_closing), ("plant", path.plant_closing)):
            columns[f"{name}_stock_{world}"] = cars.sum(axis=2)[:, ends].mean(axis=0)
        used = columns[f"built_{world}"]
        columns[f"utilisation_{world}"] = np.divide(
            used, capacity, out=np.zeros(len(starts)), where=capacity > 0
        )
    extra = _by_week(output.with_campaign.built - output.without.built, starts)
    low, high = interval(extra.astype(np.float64))
    columns |= {"extra": extra.mean(axis=0), "extra_p05": low, "extra_p95": high}
    columns |= _bound("binding", output)
    if bare is not None:
        columns["built_bare"] = _by_week(bare.with_campaign.built, starts).mean(axis=0)
        columns |= _bound("binding_bare", bare)
    return pl.DataFrame(columns)


def _by_week(cars: Cars, starts: Ints) -> Ints:
    """Cars (R, W) of all vehicles by week."""
    total: Ints = np.add.reduceat(cars.sum(axis=2), starts, axis=1)
    return total


def _bound(name: str, output: Output) -> dict[str, list[Any]]:
    """What binds output with the campaign in most draws of each week, and in which share."""
    direct = [each[0].parts.words for each in by_part(output.manufacturer.suppliers)]
    parts = [Words(f"零部件:{each.zh}", f"parts: {each.en}") for each in direct]
    named = [*BINDING, *parts]
    hardest = output.with_campaign.binding.max(axis=2)
    counts = np.stack([(hardest == number).mean(axis=0) for number in range(len(named))])
    words = [named[int(each)] for each in counts.argmax(axis=0)]
    return {
        f"{name}_zh": [each.zh for each in words],
        f"{name}_en": [each.en for each in words],
        f"{name}_share": counts.max(axis=0).tolist(),
    }


# --- buyers who find no car ---------------------------------------------------------------------

_UNMET = {
    "weeks_sold_out": Words("活动期内缺货的车型周", "weeks of vehicles sold out in the window"),
    "most_waiting": Words("等车的人最多时", "most who wait on one day"),
    "waiting_at_the_end": Words("活动最后一天仍在等", "still waiting on the campaign's last day"),
    "took_local": Words("改买本厂其他现车", "took another local car in stock"),
    "took_other": Words("转买外地产车", "took a car built elsewhere"),
    "gave_up": Words("放弃购车", "gave up"),
}


def unmet(worlds: Worlds) -> pl.DataFrame:
    """Buyers of each local plant's cars who found none, and what became of them."""
    rows = []
    last = worlds.window.stop - 1
    for output in worlds.pull.outputs:
        if output.weeks_sold_out is None:
            continue
        paths = zip((output.without, output.with_campaign), output.weeks_sold_out, strict=True)
        without, with_ = (_without_car(path, weeks, last) for path, weeks in paths)
        for term, words in _UNMET.items():
            low, high = ends_of((with_[term] - without[term]).astype(np.float64))
            rows.append(
                {
                    "plant": output.manufacturer.id,
                    "term": term,
                    "words_zh": words.zh,
                    "words_en": words.en,
                    "without": float(without[term].mean()),
                    "with_": float(with_[term].mean()),
                    "extra": float((with_[term] - without[term]).mean()),
                    "extra_p05": low,
                    "extra_p95": high,
                }
            )
    return pl.DataFrame(rows)


def _without_car(path: PlantPath, weeks_sold_out: Ints, last: int) -> dict[str, Ints]:
    """Buyers (R,) by what became of them, over the horizon; `last` is the campaign's last day."""
    waiting = path.waiting.sum(axis=2)
    left = {name: getattr(path, name).sum(axis=(1, 2)) for name in list(_UNMET)[3:]}
    return {
        "weeks_sold_out": weeks_sold_out,
        "most_waiting": waiting.max(axis=1),
        "waiting_at_the_end": waiting[:, last],
        **left,
    }


# --- output of the year against a target --------------------------------------------------------

_REACHED = MeasureKind("target_reached", "share", "net", Words("达标概率", "target reached"))


def targets(worlds: Worlds) -> pl.DataFrame:
    """Output of the calendar year and the chance to reach the target, in every world."""
    bare = worlds.bare or (None,) * len(worlds.pull.outputs)
    rows = [
        row
        for output, unaided in zip(worlds.pull.outputs, bare, strict=True)
        for row in _year(worlds, output, unaided)
    ]
    return pl.DataFrame(rows)


def _year(worlds: Worlds, output: Output, bare: Output | None) -> Iterator[dict[str, Any]]:
    target = output.manufacturer.target
    if target is None:
        return
    days = days_of(worlds)
    paths = [
        ("without", Words("没有活动", "without the campaign"), output.without),
        ("with", Words("有活动", "with the campaign"), output.with_campaign),
    ]
    if bare is not None:
        words = Words("有活动、无稳产措施", "with the campaign, without measures")
        paths.append(("with_bare", words, bare.with_campaign))
    built = {name: target.year_output(output.so_far, path.built, days) for name, _, path in paths}
    reached = {name: (cars >= target.cars).astype(np.float64) for name, cars in built.items()}
    terms = [*((name, words) for name, words, _ in paths), ("difference", _DUE_TO_CAMPAIGN)]
    built["difference"] = built["with"] - built["without"]
    reached["difference"] = reached["with"] - reached["without"]
    for name, words in terms:
        low, high = ends_of(built[name])
        chance, least, most = _chance(reached[name], lowest=-1.0 if name == "difference" else 0.0)
        yield {
            "plant": output.manufacturer.id,
            "year": target.year,
            "target": target.cars,
            "term": name,
            "words_zh": words.zh,
            "words_en": words.en,
            "cars": float(built[name].mean()),
            "p05": low,
            "p95": high,
            "reached": chance,
            "reached_p05": least,
            "reached_p95": most,
        }


_DUE_TO_CAMPAIGN = Words("活动的作用", "effect of the campaign")


def _chance(reached: Floats, *, lowest: float) -> tuple[float, float, float]:
    """A share of draws, and the 90 % interval of that estimate."""
    found = measure(_REACHED, reached, Standing.ILLUSTRATIVE)
    mean, reach = float(reached.mean()), 1.645 * (found.se or 0.0)
    return mean, max(lowest, mean - reach), min(1.0, mean + reach)


# --- displacement between local plants, conquest from elsewhere ----------------------------------

_FROM = {
    "from_local": Words("其他本地企业的车", "other local plants"),
    "from_elsewhere": Words("外地产的车", "cars built elsewhere"),
    "from_new_buyers": Words("原本不买新车的人", "new buyers"),
    "from_outside": Words("外地购车人", "buyers from elsewhere"),
    "from_later": Words("观察期之后", "after the horizon"),
    "sold": Words("多卖合计", "extra cars sold"),
}


def conquest(worlds: Worlds) -> pl.DataFrame:
    """Whose sales are the extra cars that each local plant sells in the city?

    With minus without over the horizon; what each plant sells more is the sum of its sources in
    every draw. See `docs/plants.md` for what is counted where.
    """
    names = [output.manufacturer.id for output in worlds.pull.outputs]
    if not names:
        return pl.DataFrame()
    sources = sources_of_sales(worlds)
    if len(names) == 1:
        sources.pop("from_local")
    rows = [
        {
            "plant": plant,
            "term": term,
            "words_zh": _FROM[term].zh,
            "words_en": _FROM[term].en,
            "cars": float(cars.mean()),
            **dict(zip(("p05", "p95"), ends_of(cars), strict=True)),
        }
        for number, plant in enumerate(names)
        for term, by_plant in sources.items()
        for cars in [by_plant[:, number]]
    ]
    return pl.DataFrame(rows)


def sources_of_sales(worlds: Worlds) -> dict[str, Floats]:
    """Extra cars sold by source, (R, plants) each; the last is the sum of the others."""
    parts = worlds.outcome.bought
    extra = _by_maker(worlds, additional_by_vehicle(worlds.outcome))
    new = _by_maker(worlds, parts[:, NEW] + parts[:, POOL])
    outside = _by_maker(worlds, parts[:, OUTSIDE])
    moved = _by_maker(worlds, parts[:, MOVED])
    everyone = moved.sum(axis=1, keepdims=True)
    share = np.divide(moved, everyone, out=np.zeros_like(moved), where=everyone > 0)
    later = share * worlds.outcome.from_beyond[:, np.newaxis]
    won = won_from_each_other(extra - new - outside - later)
    from_local = won[:, :-1, :-1].sum(axis=2)
    made: dict[str, Floats] = {"from_local": from_local, "from_elsewhere": won[:, :-1, -1]}
    made |= {"from_new_buyers": new, "from_outside": outside, "from_later": later, "sold": extra}
    return {term: np.asarray(cars[:, : won.shape[1] - 1]) for term, cars in made.items()}


def _by_maker(worlds: Worlds, cars: Floats | Ints) -> Floats:
    """Cars (R, G) of each local plant, and of all other vehicles last, from cars (R, J)."""
    local = [cars[:, output.vehicles].sum(axis=1) for output in worlds.pull.outputs]
    rest = cars.sum(axis=1) - sum(local)
    return np.stack([*local, rest], axis=1).astype(np.float64)


def won_from_each_other(net: Floats) -> Floats:
    """Cars (R, G, G) that one maker wins from another, from what each wins net (R, G).

    The net gains add up to zero. Only they are known, not who left whom: those who gain, gain
    from those who lose in proportion to their losses. What one wins the other loses.
    """
    gain, loss = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    total = gain.sum(axis=1)[:, np.newaxis, np.newaxis]
    flow = gain[:, :, np.newaxis] * loss[:, np.newaxis, :]
    won = np.divide(flow, total, out=np.zeros_like(flow), where=total > 0)
    return np.asarray(won - won.transpose(0, 2, 1))
