"""How are files and draws brought together? The stage of a study, and its blocks of draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from promo.demand.calibration import (
    Calibration,
    Judged,
    alpha_of_types,
    elasticity_by_price_fifth,
    solve,
    version_elasticity,
)
from promo.demand.nested_logit import Nests
from promo.demand.sorting import sort_buyers
from promo.policy.rules import Rules
from promo.schema import DAYS_PER_MONTH, Bools, Floats, Ints
from promo.simulation import offers
from promo.simulation.behaviour import Behaviour
from promo.simulation.draws import ParameterDraws
from promo.simulation.money_path import AT_ONCE, Carry, Filing, LastYuan
from promo.simulation.offers import Paid, better_of
from promo.simulation.setting import PlannedBins, Setting, planned_bins, shares_of_days
from promo.simulation.uptake import Window
from promo.simulation.without import planned_purchases
from promo.simulation.worlds import Block

NEST_LEVELS = ("segment", "energy", "model")
SORTING_ELASTICITY = -3.5
"""Own-price elasticity at which types are sorted over vehicles; sorting is a fact, not a draw."""
LONGEST_WEEKLY_DAYS = 98
LATENESS = -np.log1p(-(np.arange(5) + 0.5) / 5)
LATENESS /= LATENESS.mean()
"""Days from purchase to claim beside their mean: five equal groups of an exponential law."""
Levels: TypeAlias = Callable[[Floats, Mapping[str, Floats]], Floats]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that holds with and without the campaign.

    Attributes
    ----------
    in_baseline : whether the base period's sales already carry its effect
    scale : name of the assumption that multiplies its amounts, or None
    """

    rules: Rules
    in_baseline: bool
    scale: str | None


@dataclass(frozen=True, slots=True)
class Programme:
    """The campaign and the policies that hold anyway, compiled.

    Attributes
    ----------
    budgets : name of the assumption of each pot, or its published fen
    scales : benefit id -> name of the assumption that multiplies its amounts
    carries : day on which what is left in one pot goes to another: day, giver, taker
    claimed : name of the assumption of days from the purchase to the claim that takes the money,
        or None where the purchase takes it
    claims_from : instant before which no claim is taken
    shortage : share of a pot left at which its end is announced; 0 where nobody says so
    won : how money is promised where it is not first come: by vouchers or by lot
    """

    rules: Rules
    budgets: tuple[str | int, ...]
    scales: Mapping[str, str]
    last_yuan: LastYuan
    policies: tuple[Policy, ...]
    carries: tuple[tuple[date, int, int], ...] = ()
    claimed: str | None = None
    claims_from: datetime = datetime.min
    shortage: float = 0.0
    won: Literal["vouchers", "lottery"] | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Who buys: types of the city, and one row for buyers elsewhere or None."""

    types: pl.DataFrame
    outside: pl.DataFrame | None

    def rows(self) -> pl.DataFrame:
        """All types, the outside one last."""
        if self.outside is None:
            return self.types
        return pl.concat([self.types, self.outside], how="diagonal_relaxed")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that does not depend on the draw.

    Attributes
    ----------
    policy_yuan : (N, P, I, J) money of each policy that holds anyway, beyond the base period's
    central, highest : stated value and upper end of each assumption
    kept : the frame if nobody gave up an old car; None where no type has one to give up
    """

    setting: Setting
    window: Window
    programme: Programme
    frame: pl.DataFrame
    policy_yuan: Floats
    trend_years: float
    central: Mapping[str, float]
    highest: Mapping[str, float]
    level_factors: Levels
    kept: pl.DataFrame | None = None

    @property
    def types(self) -> int:
        """Types of the city's buyers."""
        return int(self.setting.share_of_type.shape[0])

    def block(self, draws: ParameterDraws) -> Block:
        """These draws, ready to live."""
        behaviour = self.behaviour(draws)
        policy_gain = self._policy_gain(draws, behaviour)
        planned = planned_purchases(self.setting, behaviour, policy_gain)
        known: dict[frozenset[int], Paid] = {}

        def paid(pots: frozenset[int]) -> Paid:
            if pots not in known:
                known[pots] = self._paid(draws, pots, behaviour.old_car)
            return known[pots]

        return Block(
            setting=self.setting,
            window=self.window,
            behaviour=behaviour,
            planned=planned,
            paid=paid,
            budget=self._budget(draws),
            last_yuan=self.programme.last_yuan,
            draws=draws,
            carries=self._carries(),
            filing=self._filing(draws),
            fulfilled=draws["voucher_fulfilment"] if self.programme.won == "vouchers" else None,
            weight_of_chance=draws["weight_of_chance"]
            if self.programme.won == "lottery"
            else None,
        )

    def _filing(self, draws: ParameterDraws) -> tuple[Filing, ...]:
        """When claims arrive in each draw."""
        programme, first = self.programme, self.setting.days[self.setting.window[0]]
        midnight = datetime.combine(first, time.min)
        opens = max((programme.claims_from - midnight).total_seconds() / 86_400, 0.0)
        if programme.claimed is None and not opens:
            return (AT_ONCE,) * len(draws)
        mean = draws[programme.claimed] if programme.claimed else np.zeros(len(draws))
        lateness = LATENESS if programme.claimed else np.zeros(1)
        late = np.round(mean[:, None] * lateness).astype(np.int64)
        share = np.full(lateness.size, 1.0 / lateness.size)
        room = self.longest_wait + max(int(opens) + 1 - self.window.days.size, 0)
        by_lot = programme.won == "lottery"
        shortage = (self._budget(draws) * programme.shortage).astype(np.int64)
        rush = draws.values.get("rush_days", np.zeros(len(draws))).round().astype(np.int64)
        return tuple(
            Filing(days, share, room, opens, by_lot, low, int(hurried))
            for days, low, hurried in zip(late, shortage, rush, strict=True)
        )

    @property
    def longest_wait(self) -> int:
        """Days from purchase to claim in any draw, at most."""
        if self.programme.claimed is None:
            return 0
        return int(np.ceil(self.highest[self.programme.claimed] * LATENESS[-1]))

    def _carries(self) -> tuple[Carry, ...]:
        """The carries that fall into the window, by number of its days."""
        first = self.setting.days[self.setting.window[0]]
        numbered = (
            Carry((day - first).days, giver, taker) for day, giver, taker in self.programme.carries
        )
        return tuple(each for each in numbered if 0 <= each.day < self.window.days.size)

    def _policy_gain(self, draws: ParameterDraws, behaviour: Behaviour) -> Floats:
        """Yuan as perceived (R, P, I, J) of policies beyond what the base period had."""
        shape = (len(draws), *self.policy_yuan.shape[1:])
        gain = np.zeros(shape)
        for policy, yuan in zip(self.programme.policies, self.policy_yuan, strict=True):
            factor = (
                behaviour.perceived
                if policy.scale is None
                else (behaviour.perceived * draws[policy.scale])
            )
            gain += factor[:, None, None, None] * yuan
        return gain

    def _paid(self, draws: ParameterDraws, pots: frozenset[int], old_car: Floats) -> Paid:
        giving = self._fen(self.frame, draws, pots)
        if self.kept is None:
            return Paid(giving, np.broadcast_to(0.0, giving.shape[:-1]))
        outside = np.zeros((len(draws), int(self.setting.outside is not None)))
        gives = self.setting.types["old_car"].is_not_null().to_numpy()
        return better_of(
            giving,
            self._fen(self.kept, draws, pots),
            np.concatenate([old_car, outside], axis=1),
            np.append(gives, outside[0] > 0),
        )

    def _fen(self, frame: pl.DataFrame, draws: ParameterDraws, pots: frozenset[int]) -> Ints:
        """Fen (R, P, I + outside, J, K) that each pot pays in these cells."""
        rules = self.programme.rules
        names = frozenset(offers.pot_names(rules)[pot] for pot in pots)
        scales = {
            f"scale.{benefit}": draws[name] for benefit, name in self.programme.scales.items()
        }
        fen = offers.scaled_amounts(frame, rules, names, scales)
        people = self.types + (self.setting.outside is not None)
        shaped = fen.reshape(
            fen.shape[0], self.window.periods, people, self.setting.price.size, -1
        )
        return np.broadcast_to(shaped, (len(draws), *shaped.shape[1:]))

    def _budget(self, draws: ParameterDraws) -> Ints:
        columns = [
            np.full(len(draws), float(b)) if isinstance(b, int) else draws[b] * 100
            for b in self.programme.budgets
        ]
        # A pot holds whole yuan.
        return (np.stack(columns, axis=1) / 100).round().astype(np.int64) * 100

    def implied_elasticities(self, draws: ParameterDraws) -> tuple[float, Floats]:
        """Of the whole market, and of models by fifth of price (5,), in the first draw."""
        setting, solved = self.setting, self._solved(draws)
        by_fifth = elasticity_by_price_fifth(setting.nests, setting.market, setting.price, solved)
        return float(solved.market_elasticity[0]), by_fifth[0]

    def levers(self, draws: ParameterDraws) -> dict[str, Floats]:
        """Per cent (R,) more sales for 1 % off the price, by price lever of the catalogue."""
        setting, solved = self.setting, self._solved(draws)
        version = version_elasticity(setting.nests, setting.market, setting.price, solved)
        return {
            "model": -solved.returned.own_price_elasticity,
            "version": -version,
            "market": -solved.market_elasticity,
        }

    def _solved(self, draws: ParameterDraws) -> Calibration:
        """Sensitivity, correlations and market response that return what was judged."""
        judged = Judged.from_steps(
            draws["own_price_elasticity"],
            draws["diversion_not_bought"],
            draws["diversion_same_nest"],
        )
        inner = np.stack([draws["correlation_energy"], draws["correlation_trim"]], axis=1)
        setting = self.setting
        return solve(setting.nests, setting.market, setting.price, judged, inner)

    def behaviour(self, draws: ParameterDraws) -> Behaviour:
        """Solved parameters of these draws."""
        setting = self.setting
        market = setting.market
        solved = self._solved(draws)
        type_shares = setting.type_of_vehicle @ market
        alpha = alpha_of_types(solved.alpha, setting.income, type_shares, draws["income_exponent"])
        price = setting.mean_price_by_type()
        some = len(draws)
        perceived = draws["pass_through"] * draws["salience"]
        return Behaviour(
            alpha=alpha,
            zeta=solved.zeta,
            correlations=solved.correlations,
            perceived=perceived,
            passed_on=draws["pass_through"],
            aware_dealer=draws["aware_dealer"],
            aware_public=draws["aware_public"],
            aware_days=draws["aware_days"],
            cost_earlier=draws["moving_cost_earlier"][:, None] * price,
            cost_later=draws["moving_cost_later"][:, None] * price,
            cost_dispersion=draws["moving_cost_dispersion"],
            landing_days=draws["landing_days"],
            renewal_belief=draws["renewal_belief"],
            travel_cost=draws.values.get("outside.travel_cost", np.ones(some)),
            travel_dispersion=draws["travel_cost_dispersion"],
            outside_per_day=draws.values.get("outside.cars_per_month", np.zeros(some))
            / DAYS_PER_MONTH,
            old_car=self._of_types("old_car", "old_car_multiple", draws),
            pool_per_day=self._of_types("pool", "pool_share", draws) / DAYS_PER_MONTH,
            pool_threshold=draws.values.get("pool_threshold", np.ones(some)),
            pool_dispersion=draws.values.get("pool_dispersion", np.ones(some)),
            pool_days=draws.values.get("pool_days", np.ones(some)),
            level=self._level(draws),
        )

    def _of_types(self, name: str, factor: str, draws: ParameterDraws) -> Floats:
        """Of each type (R, I) the assumption it names, times its factor; 0 where it names none."""
        types = self.setting.types
        found = np.zeros((len(draws), types.height))
        if name in types.columns:
            for row, (named, times) in enumerate(types.select(name, factor).iter_rows()):
                if named is not None:
                    found[:, row] = draws[named] * times
        return found

    def _level(self, draws: ParameterDraws) -> Floats:
        """Size of the market (R, T) relative to the forecast at central assumptions."""
        level = draws["forecast.level"]
        cars, trend = "sales.generated.cars_per_year", "sales.generated.trend_per_year"
        if cars in draws.values:
            level = level * draws[cars] / self.central[cars]
        if trend in draws.values:
            growth = (1 + draws[trend]) / (1 + self.central[trend])
            level = level * growth**self.trend_years
        return self.level_factors(level, draws.values)


def set_stage(  # noqa: PLR0913 - the six inputs of a study
    programme: Programme,
    people: People,
    vehicles: pl.DataFrame,
    *,
    days: Sequence[date],
    daily: Floats,
    local: Bools,
    base_day: date,
    declared: tuple[date, date],
    horizon_days: int,
    central: Mapping[str, float],
    highest: Mapping[str, float],
    level_factors: Levels,
) -> Stage:
    """Bring files together.

    Parameters
    ----------
    days, daily : calendar from the announcement on, and expected cars (T, J)
    local : (J,) built by a listed plant
    base_day : a day of the base period, at which policies in the baseline are measured
    declared : first and last day of the campaign's purchase window, used where nobody is paid
    horizon_days : days of the horizon after the window's last day
    central, highest : stated values and upper ends of the assumptions
    level_factors : factors on the forecast (R, T) for errors of its level (R,) and the draws of
        all assumptions, plate quotas kept
    """
    rows = people.rows()
    counter = programme.rules.campaign.windows.claim
    claims_from = date.min if counter is None else counter.first
    everywhere = offers.cells(days, rows, vehicles, claims_from)
    rules = programme.rules
    paid = offers.amounts(everywhere, rules, frozenset(offers.pot_names(rules)))
    by_day = paid.reshape(len(days), -1)  # by pot: one may open when another closes
    policies = [
        offers.amounts(everywhere, each.rules, frozenset(offers.pot_names(each.rules)))
        .sum(axis=1)
        .reshape(len(days), -1)
        for each in programme.policies
    ]
    window = _window(days, by_day, declared)
    horizon = min(window[1] + 1 + horizon_days, len(days))
    breaks = (window[0], window[1] + 1, horizon)
    gives_up = "old_car" in rows.columns and rows["old_car"].is_not_null().any()
    kept = offers.keeping_the_old_car(everywhere) if gives_up else None
    if kept is not None:
        keeping = offers.amounts(kept, rules, frozenset(offers.pot_names(rules)))
        by_day = np.concatenate([by_day, keeping.reshape(len(days), -1)], axis=1)
    period, period_days = offers.periods([by_day, *policies], breaks)
    base = offers.cells([base_day], rows, vehicles)
    shape = (len(policies), period_days.size, rows.height, vehicles.height)
    policy_fen = np.zeros(shape)
    for number, (each, fen) in enumerate(zip(programme.policies, policies, strict=True)):
        policy_fen[number] = fen[period_days].reshape(shape[1:])
        if each.in_baseline:
            pots = frozenset(offers.pot_names(each.rules))
            policy_fen[number] -= (
                offers.amounts(base, each.rules, pots).sum(axis=1).reshape(shape[2:])
            )
    bins = planned_bins(len(days), period_days.tolist(), window[1] + LONGEST_WEEKLY_DAYS)
    setting = _setting(
        people, vehicles, days, daily, local, (window, horizon), (period, period_days), bins
    )
    seen = Window.of(setting)
    in_window = np.arange(seen.periods) + seen.first_period
    frame = offers.cells([days[d] for d in period_days[in_window]], rows, vehicles, claims_from)
    return Stage(
        setting=setting,
        window=seen,
        programme=programme,
        frame=frame,
        kept=offers.keeping_the_old_car(frame) if gives_up else None,
        policy_yuan=policy_fen[:, :, : people.types.height] / 100,
        trend_years=(days[window[0]] - base_day).days / 365,
        central=central,
        highest=highest,
        level_factors=level_factors,
    )


def _window(days: Sequence[date], by_day: Ints, declared: tuple[date, date]) -> tuple[int, int]:
    """Day numbers of the first and last day on which somebody can earn money."""
    earning = np.flatnonzero((by_day > 0).any(axis=1))
    if earning.size:
        return int(earning[0]), int(earning[-1])
    return days.index(declared[0]), days.index(declared[1])


def _setting(  # noqa: PLR0913, PLR0917 - all parts of the setting
    people: People,
    vehicles: pl.DataFrame,
    days: Sequence[date],
    daily: Floats,
    local: Bools,
    clock: tuple[tuple[int, int], int],
    periods: tuple[Ints, Ints],
    bins: PlannedBins,
) -> Setting:
    types = people.types
    nests = Nests.from_labels([vehicles[level].to_list() for level in NEST_LEVELS])
    market = daily.sum(axis=0) / daily.sum()
    price = vehicles["price"].to_numpy() / 100
    income = types["income_monthly"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    share = types["share"].to_numpy()
    mean_price = float(market @ price)
    alpha = alpha_of_types(
        np.array([-SORTING_ELASTICITY / mean_price]), income, share, np.array([0.5])
    )[0]
    sorted_buyers = sort_buyers(share, market, price, alpha)
    return Setting(
        week_days=shares_of_days(bins, daily),
        days=tuple(days),
        window=clock[0],
        horizon=clock[1],
        period=periods[0],
        period_days=periods[1],
        bins=bins,
        daily=daily,
        type_of_vehicle=sorted_buyers.type_of_buyer,
        share_of_type=sorted_buyers.shares,
        income=income,
        price=price,
        local=local,
        vehicles=vehicles,
        types=types,
        outside=people.outside,
        nests=nests,
    )
