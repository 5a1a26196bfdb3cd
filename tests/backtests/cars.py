"""Would the method have been right about CARS, the American scrapping programme of 2009?

    python tests/backtests/cars.py

One run of `campaigns/us/cars-2009-as-it-ran.yaml` prints every table of docs/cars.md: what was
fitted, what CARS itself had supplied to the defaults, every published value with the band in which
the median of the draws must lie, the claims at the published checkpoints, and the months. A miss
is printed as a miss. The bands are those of the design (model.md 13); nothing here may move them.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from promo.appraisal import live
from promo.crew import crew
from promo.demand.assumptions import BEHAVIOUR
from promo.production.stocks import PlantPath
from promo.pull_through import Output, PullThrough, pull_through
from promo.schema import Assumption, Floats
from promo.simulation.draws import ParameterDraws, draw_parameters
from promo.simulation.streams import POOL
from promo.simulation.worlds import Outcome
from promo.study import Study, load_study

ROOT = Path(__file__).parents[2]
CAMPAIGN = str(ROOT / "campaigns" / "us" / "cars-2009-as-it-ran.yaml")
DRAWS, SEED = 256, 1
CLAIM_LAG = timedelta(days=7)
"""From the sale to the claim, as the program assumes everywhere."""

Months = list[tuple[int, int]]
PAYBACK: Months = [*((2009, m) for m in range(9, 13)), *((2010, m) for m in range(1, 5))]


# --- the run ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Both worlds in all draws, with the plants."""

    study: Study
    parameters: ParameterDraws
    outcome: Outcome
    pull: PullThrough

    @property
    def days(self) -> list[date]:
        """Days of the horizon."""
        setting = self.study.stage.setting
        return list(setting.days[: setting.horizon])

    @property
    def additional(self) -> Floats:
        """Cars (R, H, L + 1) with minus without; the listed domestic cars first."""
        return (self.outcome.with_campaign - self.outcome.without_campaign).astype(float)

    def in_month(self, year: int, month: int) -> np.ndarray:
        return np.array([(day.year, day.month) == (year, month) for day in self.days])

    def month(self, year: int, month: int) -> Floats:
        """Additional cars (R,) of a month."""
        return self.additional[:, self.in_month(year, month)].sum(axis=(1, 2))

    def until(self, last: date) -> slice:
        """Days up to one, included."""
        return slice(0, self.days.index(last) + 1)

    @property
    def spent(self) -> Floats:
        """USD committed (R, W) by each day of the window."""
        return self.outcome.spent.sum(axis=2).cumsum(axis=1) / 100

    @property
    def subsidised(self) -> Floats:
        return self.outcome.parts.sum(axis=(1, 2)).astype(float)

    def claimed(self, day: date) -> Floats:
        """Subsidised cars (R,) claimed by a day: sold a week before, at the mean amount."""
        first = self.days[self.study.stage.setting.window[0]]
        place = (day - CLAIM_LAG - first).days
        share = self.spent[:, place] / self.spent[:, -1] if place >= 0 else 0.0
        return np.asarray(self.subsidised * share)


@functools.cache
def the_run(draws: int = DRAWS) -> Run:
    """Both worlds of CARS, once a process."""
    study = load_study(CAMPAIGN)
    drawn = draw_parameters(study.assumptions, seed=SEED, draws=draws, shapes=study.shapes())
    with crew([study], workers=1) as hands:
        outcome = live(study, hands, drawn, lambda share, what: None)
    return Run(study, drawn, outcome, pull_through(study, drawn, outcome))


# --- stock and output of domestic cars --------------------------------------------------------


def stock(run: Run, which: Callable[[Output], object]) -> Floats:
    """Domestic cars (R, H) at dealers, at plants and on the road, at the end of each day.

    What was on the road on day 0 arrives within the first days of shipping.
    """
    total = np.zeros((run.subsidised.size, len(run.days)))
    for output in run.pull.outputs:
        path = which(output)
        shipping = run.parameters[f"{output.manufacturer.id}.planning.shipping_days"]
        arrived = path.arrived.sum(axis=2)
        early = np.arange(arrived.shape[1]) < np.rint(shipping)[:, None]
        at_first = (arrived * early).sum(axis=1, keepdims=True)
        moving = path.shipped_to_city.sum(axis=2).cumsum(axis=1) - arrived.cumsum(axis=1)
        total += path.dealer_closing.sum(axis=2) + path.plant_closing.sum(axis=2)
        total += moving + at_first
    return total


def change_of_stock(run: Run, which: Callable[[Output], object]) -> Floats:
    """From the end of June to the end of August, as a share (R,)."""
    cars = stock(run, which)
    june, august = (run.days.index(date(2009, m, d)) for m, d in ((6, 30), (8, 31)))
    return cars[:, august] / cars[:, june] - 1


def built_per_additional(run: Run, last: date) -> Floats:
    """Domestic cars built by a day over additional domestic sales of July and August (R,)."""
    summer = run.until(date(2009, 8, 31))
    sold = run.additional[:, summer, :-1].sum(axis=(1, 2))
    return run.pull.built[:, run.until(last)].sum(axis=1) / sold


LEAD_TIMES, SHARES = range(1, 7), (0.0, 0.5, 1.0)
"""Weeks for which the shift pattern is frozen; part of the announced campaign planned for."""


def produced(run: Run, *, lead_time: int, share: float) -> Run:
    """The same buyers, and plants that all plan so."""
    held = run.parameters
    for plant in run.study.manufacturers:
        held = held.holding(f"{plant.id}.planning.lead_time_weeks", float(lead_time))
        held = held.holding(f"{plant.id}.planning.announced_share", share)
    return Run(run.study, held, run.outcome, pull_through(run.study, held, run.outcome))


def balance(run: Run, which: Callable[[Output], PlantPath]) -> dict[str, Floats]:
    """Domestic cars of July and August (R,): what there was and came, and what went and is left.

    The first four terms add up to the last three in every draw.
    """
    first, last = (run.days.index(date(2009, *day)) for day in ((7, 1), (8, 31)))
    cars = stock(run, which)

    def total(name: str, place: str = "") -> Floats:
        paths = [
            which(output) for output in run.pull.outputs if place in output.manufacturer.place
        ]
        days = slice(first, last + 1)
        return np.asarray(sum(getattr(path, name)[:, days].sum(axis=(1, 2)) for path in paths))

    return {
        "in stock at the end of June": cars[:, first - 1],
        "built in the United States": total("built", "United States"),
        "built in Canada and Mexico, brought in": total("built", "Canada"),
        "taken from cars meant for fleets and export": total("received_from_elsewhere"),
        "sold to the market's buyers": total("served"),
        "sent to fleets and export": total("shipped_elsewhere"),
        "in stock at the end of August": cars[:, last],
    }


# --- what is compared -------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One published output: what was found, the band of the design, and our draws."""

    output: str
    published: str
    low: float
    high: float
    ours: Floats
    scale: float = 1.0
    digits: int = 0
    start: date | None = None  # values are days from here

    @property
    def median(self) -> float:
        return float(np.quantile(self.ours, 0.5, method="inverted_cdf"))

    @property
    def hit(self) -> bool:
        return self.low <= self.median <= self.high

    def text(self, value: float) -> str:
        if not np.isfinite(value):
            return "never" if value > 0 else "-"
        if self.start is not None:
            return f"{self.start + timedelta(days=int(value)):%d %b}"
        return f"{value / self.scale:,.{self.digits}f}"

    @property
    def band(self) -> str:
        low, high = self.text(self.low), self.text(self.high)
        if high in {"never", "-"}:
            return f"{'not before' if self.start else 'at least'} {low}"
        if low == "-":
            return f"at most {high}"
        return f"{low} to {high}"

    def cells(self) -> list[str]:
        ends = np.quantile(self.ours, [0.05, 0.95], method="inverted_cdf")
        low, high = (self.text(float(end)) for end in ends)
        verdict = "yes" if self.hit else "**no**"
        between = f"{low} to {high}"
        return [self.output, self.published, self.band, self.text(self.median), between, verdict]


def compared(run: Run) -> list[Row]:
    """Every output of the design's list for CARS, in its order."""
    first = run.days[run.study.stage.setting.window[0]]
    thousand, billion, nothing = 1e3, 1e9, -np.inf
    spent, subsidised = run.spent[:, -1], run.subsidised
    july, august = run.month(2009, 7), run.month(2009, 8)
    both = july + august
    gone = np.where(spent >= billion, (run.spent >= billion).argmax(axis=1) + 1.0, np.inf)
    last_money = (run.spent < run.spent[:, -1:]).sum(axis=1).astype(float)
    short = -np.stack([run.month(*month) for month in PAYBACK], axis=1)
    alone = 100 * change_of_stock(run, lambda output: output.without)
    with_ = 100 * change_of_stock(run, lambda output: output.with_campaign)
    summer, autumn = (built_per_additional(run, date(2009, *d)) for d in ((8, 31), (9, 30)))
    per_car = both / subsidised
    return [
        Row("money spent, bn USD", "2.85", 2.6e9, 3.0e9, spent, billion, 2),
        Row(
            "last money",
            "24 Aug",
            (date(2009, 8, 12) - first).days,
            np.inf,
            last_money,
            1,
            0,
            first,
        ),
        Row("mean voucher, USD", "4,170 to 4,205", 4100, 4250, spent / subsidised),
        Row("first billion gone, days from 24 July", "6 to 7", 4, 10, gone),
        Row("additional, July and August, thousand", "360 to 540", 3e5, 5.5e5, both, thousand),
        Row("of which July, thousand", "98 to 116", 6e4, 1.8e5, july, thousand),
        Row("additional per subsidised car", "0.55", 0.40, 0.75, per_car, 1, 2),
        Row(
            "shortfall September to April, % of it",
            "about 100",
            0.8,
            1.0,
            short.sum(1) / both,
            0.01,
        ),
        Row(
            "deepest month, % of it", "not one deep hole", nothing, 0.45, short.max(1) / both, 0.01
        ),
        Row("shortfall of September, thousand", "50 to 100", 2e4, 1.7e5, short[:, 0], thousand),
        Row(
            "domestic cars built by end of August / additional domestic",
            "0.44",
            0.25,
            0.65,
            summer,
            1,
            2,
        ),
        Row(
            "the same by end of September, above that of August by",
            "output rose to October",
            0.0,
            np.inf,
            autumn - summer,
            1,
            2,
        ),
        Row("stock of domestic cars, June to August, %", "-26.6", -35, -15, with_, 1, 1),
        Row(
            "of which due to the campaign, points",
            "not published",
            nothing,
            -4,
            with_ - alone,
            1,
            1,
        ),
    ]


def beside(run: Run) -> list[Row]:
    """Published values that the design's list does not hold a median to."""
    parts = run.outcome.parts
    places = run.study.stage.setting.vehicles["made_in"].to_list()
    american = np.array([place == "United States" for place in places])
    share = parts.sum(axis=1)[:, american].sum(axis=1) / run.subsidised
    at_285 = 2.85e9 / (run.spent[:, -1] / run.subsidised)
    alone = 100 * change_of_stock(run, lambda output: output.without)
    return [
        Row("built in the United States, % of subsidised", "49", 0.44, 0.54, share, 0.01),
        Row("cars at 2.85 bn USD, thousand", "678", 657e3, 699e3, at_285, 1e3),
        Row("stock of domestic cars without the campaign, %", "-", -np.inf, np.inf, alone, 1, 1),
        Row(
            "new buyers from the replacement pool, thousand",
            "-",
            -np.inf,
            np.inf,
            parts[:, POOL].sum(axis=1),
            1e3,
            1,
        ),
    ]


CHECKPOINTS = {
    date(2009, 8, 5): 184_304,
    date(2009, 8, 7): 245_384,
    date(2009, 8, 20): 457_000,
    date(2009, 8, 24): 625_000,
    date(2009, 8, 26): 690_114,
}
"""Claims submitted by these days (US DOT, by way of the press; the last is the final count)."""

ACTUAL = {
    (2009, 6): 857.4,
    (2009, 7): 995.7,
    (2009, 8): 1260.1,
    (2009, 9): 744.2,
    (2009, 10): 835.7,
}
"""Light vehicles sold, thousand, not seasonally adjusted (BEA)."""


# --- what was fitted, and what CARS had supplied ----------------------------------------------

FITTED = ("moving_cost_earlier", "moving_cost_dispersion")
"""Behaviour fitted to CARS in the market file; the eligible share is the shares of its types."""

SUPPLIED: dict[str, tuple[str, str]] = {
    "eligible share of shoppers": ("no default", "fitted, declared"),
    "kinds of old cars": ("no default", "taken from the statistics of CARS: no test"),
    "`moving_cost_earlier`": (
        "judgement; its note names the 5 to 8 months of the papers on CARS",
        "fitted, declared",
    ),
    "`moving_cost_dispersion`": ("judgement", "fitted, declared"),
    "`landing_days`": ("judgement, not from CARS", "default kept"),
    "`days_to_claim`": (
        "a week, which the first claims of CARS itself imply (literature A1.17)",
        "declared, not fitted: it moves only the checkpoints, and the days here are days of sale",
    ),
    "`voucher_fulfilment`": (
        "0.90 (0.70 to 0.98), of which 0.98 is the share of CARS's claims approved (A1.3)",
        "not used: nothing is won before the purchase",
    ),
    "`stock_speed_per_month`, `dealer_speed_per_month` of plants": (
        "25 % (15 to 35), which the literature matches to the rebuilding after CARS (F1.10)",
        "replaced: 30 % (20 to 40) from October 2001 to April 2002 (AUINSA)",
    ),
    "production per additional sale": ("an outcome of CARS (F1.9)", "computed, never assumed"),
    "`target_months`": (
        "60 days, a norm of the trade (F1.1)",
        "default kept for the United States",
    ),
    "pass-through": (
        "0.93, Germany 2009 (Kaul et al.); CARS about 1 (D3.8) not used",
        "default kept",
    ),
}
"""Defaults that CARS could have supplied: where the default comes from, and what was done here."""


def eligible_share(study: Study) -> float:
    """Share of shoppers with an old car that they would give up."""
    return sum(each.share for each in study.market.market.buyers if each.old_car is not None)


def fitted(study: Study) -> list[list[str]]:
    """The numbers fitted to CARS beside their defaults."""
    defaults = {each.name: each for each in BEHAVIOUR}
    here = {each.name: each for each in study.assumptions}
    share = f"{eligible_share(study):.0%}"
    rows = [["eligible share of shoppers", "-", share, "before CARS 9 % of trade-ins, in it 39 %"]]
    for name in FITTED:
        rows.append([f"`{name}`", _with_range(defaults[name]), _with_range(here[name]), ""])
    return rows


def _with_range(assumption: Assumption) -> str:
    return f"{assumption.value:g} ({assumption.low:g} to {assumption.high:g})"


# --- the page ---------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def fitted_table() -> str:
    return table(["what", "default", "fitted to CARS", "to compare"], fitted(load_study(CAMPAIGN)))


def supplied_table() -> str:
    rows = [[name, *said] for name, said in SUPPLIED.items()]
    return table(["what", "where its default comes from", "in this comparison"], rows)


HEADER = ["output", "published", "band", "ours, median", "9 draws in 10", "in the band"]


def compared_table() -> str:
    return table(HEADER, [row.cells() for row in compared(the_run())])


def beside_table() -> str:
    rows = [row.cells() for row in beside(the_run())]
    free = [[*row[:2], "-", *row[3:5], "-"] if row[1] == "-" else row for row in rows]
    return table(HEADER, free)


def checkpoints_table() -> str:
    run = the_run()
    rows = []
    for day, claims in CHECKPOINTS.items():
        ends = np.quantile(run.claimed(day), [0.5, 0.05, 0.95], method="inverted_cdf") / 1e3
        middle, low, high = (f"{end:,.0f}" for end in ends)
        rows.append([f"{day:%d %b}", f"{claims / 1e3:,.0f}", middle, f"{low} to {high}"])
    header = ["by", "submitted, thousand", "ours, sold a week before", "9 draws in 10"]
    return table(header, rows)


def months_table() -> str:
    run = the_run()
    rows = []
    for (year, month), actual in ACTUAL.items():
        on = run.in_month(year, month)
        if month == 6:  # the horizon begins on the day the law was signed
            continue
        worlds = (run.outcome.without_campaign, run.outcome.with_campaign)
        cars = [world[:, on].sum(axis=(1, 2)) / 1e3 for world in worlds]
        without, with_ = (float(np.median(each)) for each in cars)
        gap = f"{with_ / actual - 1:+.0%}"
        rows.append(
            [f"{year}-{month:02}", f"{actual:,.0f}", f"{without:,.0f}", f"{with_:,.0f}", gap]
        )
    header = ["month", "sold, thousand", "ours without", "ours with", "ours / sold"]
    return table(header, rows)


def production_table() -> str:
    """Built by the end of August over additional domestic sales, by lead time and share."""
    rows = []
    for weeks in LEAD_TIMES:
        cells = []
        for share in SHARES:
            ratio = built_per_additional(
                produced(the_run(), lead_time=weeks, share=share), date(2009, 8, 31)
            )
            middle, low, high = np.quantile(ratio, [0.5, 0.05, 0.95], method="inverted_cdf")
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        rows.append([str(weeks), *cells])
    return table(["lead time, weeks", *(f"announced share {share:g}" for share in SHARES)], rows)


def identity_table() -> str:
    run = the_run()
    without, with_ = (
        balance(run, which) for which in (lambda o: o.without, lambda o: o.with_campaign)
    )
    rows = []
    for term, cars in with_.items():
        more = (cars - without[term]) / 1e3
        low, high = np.quantile(more, [0.05, 0.95], method="inverted_cdf")
        means = [f"{each.mean() / 1e3:,.1f}" for each in (without[term], cars)]
        rows.append([term, *means, f"{more.mean():,.1f}", f"{low:,.1f} to {high:,.1f}"])
    header = ["domestic cars, July and August, thousand", "without", "with", "net", "9 in 10"]
    return table(header, rows)


TABLES = {
    "cars: fitted": fitted_table,
    "cars: supplied": supplied_table,
    "cars: compared": compared_table,
    "cars: beside": beside_table,
    "cars: production": production_table,
    "cars: identity": identity_table,
    "cars: checkpoints": checkpoints_table,
    "cars: months": months_table,
}


def main() -> None:
    """Print every table."""
    for name, make in TABLES.items():
        sys.stdout.write(f"{name}\n\n{make()}\n\n")


if __name__ == "__main__":
    main()
