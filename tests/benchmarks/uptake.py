"""uptake: many replicates of a city's campaign beside agents that draw from the same tables.

    python -m tests.benchmarks.uptake [--arms fund full scale] [--repeats 5] [--no-gc]

The city of `city.py`: 100,000 buyers a year, 300 vehicles, 20 types of buyers, nine amounts, one
pot for about 60 % of the demand for it. `fund` gives closing, claims and spend of each of 1,000
replicates and mean sales of every vehicle with and without the campaign; `full` draws the sales of
every vehicle in each of 200; `scale` asks `fund` of ten thousand to ten million buyers. The clock
of promo's arms holds the evaluation of the demand, on which all tables of the agents rest; files
are read and tables made before it starts. Every arm has one thread, and agents a process of their
own; all are asked turn by turn. AgentPy and Mesa are installed by `pip install promo[benchmarks]`.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, ClassVar, TypeAlias

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from promo.simulation.luck_alone import LuckAlone, luck_alone
from promo.study import Study, stated

from .city import city
from .harness import machine, say
from .households import (
    Replicate,
    Run,
    Tables,
    agentpy_households,
    mesa_households,
    numpy_households,
    tables,
)

FUND, FULL, MANY = 1_000, 200, 10_000
AIMS = {
    ("promo fund", "AgentPy"): 3_000,
    ("promo fund", "Mesa"): 4_000,
    ("promo full", "AgentPy"): 250,
}
STEEPEST = 0.2
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
FAR = {"means": 4.0, "vehicles": 5.5}
"""Standard errors at which one of 16 means or of 1,200 vehicles is called different (p 1e-3)."""
HOUSEHOLDS = "each household: its day and vehicle; closing, claims, spend, sales by vehicle"


Timed: TypeAlias = tuple[float, list[Replicate]]


def timed(run: Callable[[], list[Replicate]]) -> Timed:
    """Seconds of a run; the garbage before it is cleared away, what is loaded set apart."""
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


@dataclass
class Arm:
    """One competitor: what a run gives back, how many replicates, its seconds and its results."""

    name: str
    returns: str
    replicates: int
    run: Callable[[int], Timed]
    seconds: list[float] = field(default_factory=list)
    found: list[Replicate] = field(default_factory=list)

    def once(self, number: int, *, counts: bool) -> None:
        """One repeat, in the process of the arm."""
        seconds, found = self.run(number)
        if counts:
            self.seconds.append(seconds)
            self.found.extend(found)

    @property
    def each(self) -> float:
        """Seconds a replicate, in the median repeat."""
        return median(self.seconds) / self.replicates


def of_promo(study: Study, replicates: int, *, full: bool) -> Callable[[int], Timed]:
    """promo: from the parameters of one draw to all replicates."""

    def run(number: int) -> Timed:
        return timed(
            lambda: replicates_of(_alone(study, replicates, full=full, seed=number), study)
        )

    return run


def _alone(study: Study, replicates: int, *, full: bool, seed: int) -> LuckAlone:
    block = study.stage.block(replace(stated(study.assumptions), seed=seed))
    found = luck_alone(block, replicates, full=full)
    if found is None:
        raise ValueError("the city has one pot, first come")
    return found


def replicates_of(found: LuckAlone, study: Study) -> list[Replicate]:
    """As agents give them; where vehicles are not drawn, their means stand in each replicate."""
    days = study.stage.window.days.size
    sales = found.drawn_sales
    several = [found.sales_with] * len(found.paths.closing) if sales is None else sales
    rows = zip(found.paths.closing, found.paths.claims, found.paths.spent, several, strict=True)
    return [Replicate(min(c, days), n.sum(), fen / 100, cars) for c, n, fen, cars in rows]


class Agents:
    """Households of one library in a process of their own, one model for each replicate."""

    here: ClassVar[list[Run]] = []

    def __init__(
        self, make: Callable[[Tables], Run], made: Tables, replicates: int, *, collects: bool
    ) -> None:
        self.replicates = replicates
        self.pool = get_context("spawn").Pool(1, self.settle, (make, made, collects))

    @classmethod
    def settle(cls, make: Callable[[Tables], Run], made: Tables, collects: bool) -> None:
        """Begins the process."""
        if not collects:
            gc.disable()
        cls.here.append(make(made))

    @classmethod
    def lived(cls, number: int, replicates: int) -> Timed:
        """One repeat, in that process."""
        first = number * replicates
        return timed(lambda: [cls.here[0](first + each) for each in range(replicates)])

    def __call__(self, number: int) -> Timed:
        return self.pool.apply(self.lived, (number, self.replicates))


def race(arms: Sequence[Arm], repeats: int) -> None:
    """All arms in turn, one warm-up and so many repeats."""
    for number in range(repeats + 1):
        for arm in arms:
            arm.once(number, counts=number > 0)


def table(arms: Sequence[Arm]) -> str:
    """The arms as a Markdown table, the fastest first."""
    lines = [
        "| arm | returns | replicates | median (min - max), s | ms a replicate |",
        "| --- | --- | --- | --- | --- |",
    ]
    for arm in sorted(arms, key=lambda arm: arm.each):
        low, middle, high = min(arm.seconds), median(arm.seconds), max(arm.seconds)
        spread = f"{middle:.4f} ({low:.4f} - {high:.4f})"
        cells = (arm.name, arm.returns, f"{arm.replicates:,}", spread, f"{1e3 * arm.each:.4g}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratios(arms: Sequence[Arm]) -> str:
    """Times faster than each peer: of the medians, and least and most of one repeat."""
    by_name = {arm.name: arm for arm in arms}
    lines = ["| | times faster (least - most in a repeat) | aim |", "| --- | --- | --- |"]
    for ours in ("promo fund", "promo full"):
        for peer in ("AgentPy", "Mesa", "NumPy households"):
            if ours not in by_name or peer not in by_name:
                continue
            one, other = by_name[ours], by_name[peer]
            scale = one.replicates / other.replicates
            each = [
                scale * slow / fast for fast, slow in zip(one.seconds, other.seconds, strict=True)
            ]
            aim = AIMS.get((ours, peer))
            middle = other.each / one.each
            verdict = f"{aim:,}: {'met' if middle >= aim else 'missed'}" if aim else ""
            spread = f"{middle:,.0f} ({min(each):,.0f} - {max(each):,.0f})"
            lines.append(f"| {ours} against {peer} | {spread} | {verdict} |")
    return "\n".join(lines)


def agreement(arms: Sequence[Arm], base: Arm, drawn: Arm) -> tuple[str, bool]:
    """Means of all arms with their distance from the base's, in standard errors.

    Those of agents are of few replicates: the spread is the base's. Vehicles are held against
    those of an arm that draws them.
    """
    lines = [
        "| arm | replicates | closing, day | claims | spend, million yuan | cars | "
        "farthest vehicle, standard errors |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    spread = np.array([_measures(each) for each in base.found]).std(axis=0)
    spread[-1] = np.std([each.sales.sum() for each in drawn.found])
    of_vehicle = np.std([each.sales for each in drawn.found], axis=0)
    mean = np.mean([_measures(each) for each in base.found], axis=0)
    vehicles = np.mean([each.sales for each in base.found], axis=0)
    same = True
    for arm in arms:
        own = np.mean([_measures(each) for each in arm.found], axis=0)
        some = np.sqrt(1 / len(arm.found) + 1 / len(base.found))
        z = np.zeros(4) if arm is base else (own - mean) / spread / some
        sold = np.mean([each.sales for each in arm.found], axis=0)
        beside = (
            np.abs(sold - vehicles).max() if arm is base else _far(sold, vehicles, of_vehicle, arm)
        )
        same &= bool(np.abs(z).max() < FAR["means"] and beside < FAR["vehicles"])
        cells = [f"{value:,.4f} ({distance:+.1f})" for value, distance in zip(own, z, strict=True)]
        lines.append(f"| {arm.name} | {len(arm.found):,} | {' | '.join(cells)} | {beside:.1f} |")
    return "\n".join(lines), same


def _far(sold: Any, vehicles: Any, spread: Any, arm: Arm) -> float:
    return float(np.abs((sold - vehicles) / spread).max() * np.sqrt(len(arm.found)))


def _measures(found: Replicate) -> list[float]:
    return [found.closing, float(found.claims), found.yuan / 1e6, float(found.sales.sum())]


def versus(folder: Path, asked: Sequence[str], repeats: int, *, collects: bool) -> None:
    """`fund` and `full` beside the agents."""
    study = city(folder / "city")
    made = tables(study)
    fund = Arm(
        "promo fund",
        "closing, claims by amount, spend; mean sales by vehicle with and without",
        FUND,
        of_promo(study, FUND, full=False),
    )
    full = Arm(
        "promo full",
        "the same, and sales of every vehicle drawn in each replicate",
        FULL,
        of_promo(study, FULL, full=True),
    )
    arms = [
        fund,
        full,
        *(
            Arm(name, HOUSEHOLDS, some, Agents(make, made, some, collects=collects))
            for name, some, make in (
                ("AgentPy", 1, agentpy_households),
                ("Mesa", 1, mesa_households),
                ("NumPy households", 20, numpy_households),
            )
        ),
    ]
    arms = [arm for arm in arms if not arm.name.startswith("promo") or arm.name[6:] in asked]
    race(arms, repeats)
    say("", table(arms), "", ratios(arms), "")
    drawn = full if full in arms else arms[-1]
    means, same = agreement(arms, arms[0], drawn)
    say(means, "", f"Means agree: {'yes' if same else 'NO'}")


def scale(folder: Path, repeats: int) -> None:
    """Time of `fund` by buyers, and the slope of its logarithm.

    The demand is evaluated once, whatever the buyers and the replicates: with ten times as many
    replicates the pot weighs more, and its own slope shows.
    """
    studies = {size: city(folder / str(size), buyers=size) for size in SIZES}
    runs = [(many, size) for many in (FUND, MANY) for size in SIZES]
    seconds: dict[tuple[int, int], list[float]] = {run: [] for run in runs}
    claims: dict[int, float] = {}
    for number in range(repeats + 1):
        for many, size in runs:
            gc.collect()
            start = time.perf_counter()
            found = _alone(studies[size], many, full=False, seed=number)
            if number:
                seconds[many, size].append(time.perf_counter() - start)
            claims[size] = float(found.paths.claims.sum(axis=1).mean())
    say("", "| replicates | buyers a year | claims paid, mean | median (min - max), s |")
    say("| --- | --- | --- | --- |")
    for (many, size), taken in seconds.items():
        spread = f"{median(taken):.4f} ({min(taken):.4f} - {max(taken):.4f})"
        say(f"| {many:,} | {size:,} | {claims[size]:,.0f} | {spread} |")
    say("")
    for many in (FUND, MANY):
        middle = [median(seconds[many, size]) for size in SIZES]
        slope = float(np.polyfit(np.log(SIZES), np.log(middle), 1)[0])
        verdict = f"aim: at most {STEEPEST}: {'met' if slope <= STEEPEST else 'missed'}"
        say(f"Slope of log time in buyers, {many:,} replicates: {slope:.3f} ({verdict})")


def main() -> None:
    """Runs what is asked for and prints it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    every = ["fund", "full", "scale"]
    parser.add_argument("--arms", nargs="+", choices=every, default=every)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--no-gc",
        action="store_true",
        help="agents collect no garbage within a run",
    )
    asked = parser.parse_args()
    say(machine(("numpy", "scipy", "agentpy", "mesa")))
    with tempfile.TemporaryDirectory() as name:
        if {"fund", "full"} & set(asked.arms):
            versus(Path(name), asked.arms, asked.repeats, collects=not asked.no_gc)
        if "scale" in asked.arms:
            scale(Path(name), asked.repeats)
    say(f"Load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
