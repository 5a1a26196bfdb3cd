"""What would this campaign do? The whole model on one page.

Campaign + market + manufacturers -> `Appraisal`: with the campaign minus without it, in every
draw of the assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import polars as pl

from promo import __version__, plant_results, plausibility, results
from promo.crew import Crew, crew
from promo.production import accounts, plants
from promo.pull_through import pull_through, without_measures
from promo.results import Worlds
from promo.schema import Assumption, Measure, Standing, Words
from promo.sensitivity import Done, by_belief, variance_shares, what_moves
from promo.simulation.draws import ParameterDraws, draw_parameters
from promo.simulation.worlds import BLOCK, LIMITS, Outcome, joined
from promo.study import Study
from promo.textfile import revision

Progress: TypeAlias = Callable[[float, Words], None]
"""Called with the share of the work done and what is being done."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What determined the result, and nothing else: no time of day, host or absolute path."""

    inputs: Mapping[str, str]
    seed: int
    draws: int
    versions: Mapping[str, str]
    git_commit: str | None
    dirty: bool | None


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The answer for one design, with every table the reports print.

    Attributes
    ----------
    window : first and last day on which a purchase can earn money
    measures : in the order of `schema.MEASURES`; grouped ones follow their whole
    sensitivity : assumption, words_zh, words_en, measure, low_value, high_value, at_low, at_high,
        at_base, variance_share with variance_share_se; one row per assumption and headline measure
    additionality : belief, subsidised_cars, additional_cars_in_window, additional_cars_in_horizon,
        additional_per_subsidised_car; by the believed chance of another round, all else as stated
    beside_published : lever, words_zh, words_en, unit, p50 with p05 and p95, published_low,
        published_high, verdict; this design beside the response catalogue
    spend_path : day, mean, p05, p50, p95 of cumulative public money, yuan
    exhaustion : pot, until, run_out with se, p05 and p95, left; by week, the chance that a pot has
        run out by the end of this day, and that it has not; empty where money has no limit
    monthly_sales : month, without, with_, additional, additional_p05, additional_p95
    vehicles : vehicle, model, energy, price_yuan, local, subsidised, the five parts, additional
    identity : term, words_zh, words_en, cars, p05, p95
    plants : plant, month, built_without, built_with, extra, extra_p05, extra_p95,
        dealer_stock_without, dealer_stock_with, capacity, utilisation_with
    accounts : side, item, words_zh, words_en, level, yuan, p05, p95, standing
    backtest : error of the forecast beside the naive forecasts'
    draws : one row a draw, one column an ungrouped measure
    two_by_two : term, words_zh, words_en, window, horizon with p05 and p95; cars built with and
        without the campaign and the plants' stability measures; empty where there are none
    plant_weeks : plant, week; without and with the campaign sold, ordered, built, dealer_stock,
        plant_stock and utilisation; extra with p05 and p95; binding_zh, binding_en, binding_share;
        and where files have measures, with the campaign but without them, built_bare,
        binding_bare_zh, binding_bare_en and binding_bare_share
    conquest : plant, term, words_zh, words_en, cars with p05 and p95; whose sales the extra cars
        of each local plant are
    unmet : plant, term, words_zh, words_en, without, with_, extra with p05 and p95; weeks in
        which vehicles are sold out, buyers who find no car; empty where no file says what they do
    targets : plant, year, target, term, words_zh, words_en, cars with p05 and p95, reached with
        reached_p05 and reached_p95; empty where no file names a target
    luck_alone : chance and day on which the money runs out if every assumption held as stated;
        empty where there is more than one pot, where money is not taken at the purchase, first
        come, and where vehicles may be sold out
    """

    title: Words
    campaign_id: str
    place: str
    currency: str
    window: tuple[date, date]
    horizon_end: date
    budget_pots: tuple[str, ...]
    standing: Standing
    standing_reasons: tuple[Words, ...]
    measures: tuple[Measure, ...]
    assumptions: tuple[Assumption, ...]
    sensitivity: pl.DataFrame
    additionality: pl.DataFrame
    beside_published: pl.DataFrame
    spend_path: pl.DataFrame
    exhaustion: pl.DataFrame
    monthly_sales: pl.DataFrame
    vehicles: pl.DataFrame
    identity: pl.DataFrame
    plants: pl.DataFrame
    accounts: pl.DataFrame
    backtest: pl.DataFrame
    warnings: tuple[Words, ...]
    limits: tuple[Words, ...]
    provenance: Provenance
    draws: pl.DataFrame
    two_by_two: pl.DataFrame = field(default_factory=pl.DataFrame)
    plant_weeks: pl.DataFrame = field(default_factory=pl.DataFrame)
    conquest: pl.DataFrame = field(default_factory=pl.DataFrame)
    unmet: pl.DataFrame = field(default_factory=pl.DataFrame)
    targets: pl.DataFrame = field(default_factory=pl.DataFrame)
    luck_alone: tuple[Measure, ...] = ()

    @property
    def told_of_plants(self) -> dict[str, pl.DataFrame]:
        """Tables that are there only where an enterprise's file has something to say for them."""
        names = ("conquest", "two_by_two", "plant_weeks", "unmet", "targets")
        return {name: getattr(self, name) for name in names if getattr(self, name).height}

    def measure(self, name: str) -> Measure:
        """The measure of this name for the whole campaign."""
        return next(m for m in self.measures if m.kind.name == name and m.group is None)


def appraise(
    study: Study,
    *,
    seed: int,
    draws: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> Appraisal:
    """Appraise a campaign: both worlds in every draw, plants, accounts, what moves the answer."""
    with crew([study], workers=workers) as hands:
        return appraise_among(study, hands, seed=seed, draws=draws, progress=progress)


def appraise_among(
    study: Study, hands: Crew, *, seed: int, draws: int, progress: Progress | None = None
) -> Appraisal:
    """Appraise one of the studies of a crew, on draws that all of them share."""
    say = progress or _silent
    parameters = draw_parameters(
        study.assumptions,
        seed=seed,
        draws=draws,
        shapes=study.shapes(),
        names=list(dict.fromkeys(a.name for each in hands.studies for a in each.assumptions)),
    )
    outcome = live(study, hands, parameters, say)
    pull = pull_through(study, parameters, outcome)
    worlds = Worlds(study, outcome, pull, without_measures(study, parameters, outcome))
    say(LIVED, TRYING)
    shares = variance_shares(worlds, parameters)
    moving = what_moves(study, hands, _part_of(say, LIVED, TRIED)).join(
        shares, on=["assumption", "measure"], how="left", maintain_order="left"
    )
    beside = plausibility.beside_published(worlds, parameters)
    plausibility.refuse_absurd(study, beside, moving)
    tried = _Tried(moving, by_belief(study, hands, _part_of(say, TRIED, 1.0)), beside)
    return _appraisal(worlds, tried, seed=seed)


@dataclass(frozen=True, slots=True)
class _Tried:
    """Tables that need more than the worlds of the run: more runs, or the assumptions drawn."""

    sensitivity: pl.DataFrame
    additionality: pl.DataFrame
    beside_published: pl.DataFrame


def live(study: Study, hands: Crew, parameters: ParameterDraws, say: Progress) -> Outcome:
    """Both worlds in all draws, block by block, whatever the number of workers."""
    blocks = [
        parameters.take(slice(first, first + BLOCK)) for first in range(0, len(parameters), BLOCK)
    ]
    say(0.0, SIMULATING)
    lived = []
    for outcome in hands.outcomes(study, blocks, "chance"):
        lived.append(outcome)
        say(LIVED * len(lived) / len(blocks), SIMULATING)
    return joined(lived)


def _appraisal(worlds: Worlds, tried: _Tried, *, seed: int) -> Appraisal:
    study = worlds.study
    setting = study.stage.setting
    standing, reasons = study.standing()
    measured = results.measures(worlds, standing)
    return Appraisal(
        title=study.campaign.title.words,
        campaign_id=study.campaign.id,
        place=study.market.market.place,
        currency=study.campaign.currency,
        window=(setting.days[setting.window[0]], setting.days[setting.window[1]]),
        horizon_end=setting.days[setting.horizon - 1],
        budget_pots=tuple(pot.id for pot in study.campaign.money.pots),
        standing=standing,
        standing_reasons=reasons,
        measures=measured,
        assumptions=study.assumptions,
        sensitivity=tried.sensitivity,
        additionality=tried.additionality,
        beside_published=tried.beside_published,
        spend_path=results.spend_path(worlds),
        exhaustion=results.exhaustion(worlds),
        monthly_sales=results.monthly_sales(worlds),
        vehicles=results.vehicles(worlds),
        identity=results.identity(worlds),
        plants=plant_results.plants(worlds),
        accounts=results.accounts(worlds, standing),
        backtest=study.baseline.backtest,
        warnings=(
            *study.warnings(),
            *results.borrowed(worlds),
            *results.sold_out(worlds),
            *plausibility.warnings(tried.beside_published),
        ),
        limits=(*study.limits(), *LIMITS, *plants.LIMITS, *accounts.LIMITS),
        provenance=_provenance(study, seed=seed, draws=len(worlds.outcome.gain)),
        draws=_by_draw(measured),
        conquest=plant_results.conquest(worlds),
        two_by_two=plant_results.two_by_two(worlds),
        plant_weeks=plant_results.plant_weeks(worlds),
        unmet=plant_results.unmet(worlds),
        targets=plant_results.targets(worlds),
        luck_alone=results.by_luck_alone(study, standing, seed=seed),
    )


def _by_draw(measured: tuple[Measure, ...]) -> pl.DataFrame:
    whole = {m.kind.name: m.draws for m in measured if m.group is None}
    length = len(next(iter(whole.values())))
    return pl.DataFrame({"draw": range(length), **whole})


def _provenance(study: Study, *, seed: int, draws: int) -> Provenance:
    from importlib.metadata import version

    commit, dirty = revision(study.path)
    libraries = ("numpy", "polars", "scipy", "holidays", "sqlglot", "pydantic")
    return Provenance(
        inputs=study.inputs,
        seed=seed,
        draws=draws,
        versions={"promo": __version__, **{name: version(name) for name in libraries}},
        git_commit=commit,
        dirty=dirty,
    )


SIMULATING = Words("推演两个世界", "simulating both worlds")
TRYING = Words("逐个检验假设", "trying each assumption")
LIVED, TRIED = 0.7, 0.95
"""About which share of the time has gone when 256 draws are lived, and each assumption tried."""


def _part_of(say: Progress, since: float, until: float) -> Done:
    """Tells the progress of a later part of the work as that of the whole."""
    return lambda share: say(since + (until - since) * share, TRYING)


def _silent(share: float, what: Words) -> None:
    del share, what
