"""What do the local plants build because of the campaign, and what is it worth to the city?

Where uptake and supply meet: the city's sales of local vehicles in both worlds become orders,
stock and output of each enterprise, and those become value, work and tax.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from promo.production.accounts import (
    CityAccounts,
    CitySales,
    city_accounts,
    city_rates,
    consumption_tax_rate,
    plant_accounts,
    purchase_tax_rate,
)
from promo.production.floor import DAYS_PER_WEEK, as_slice
from promo.production.manufacturer import (
    Manufacturer,
    built_here,
    built_so_far,
    plant_lines,
    plant_parameters,
    plant_rates,
)
from promo.production.plants import (
    PlantDemand,
    PlantLines,
    PlantParameters,
    blocks_of,
    both_worlds_together,
    project,
    weekly_rates,
    worlds_of,
)
from promo.production.stocks import PlantPath
from promo.production.waiting import not_handed_over, weeks_sold_out
from promo.schema import Floats, Ints
from promo.simulation.draws import ParameterDraws
from promo.simulation.worlds import Outcome, Shortage
from promo.study import Study


@dataclass(frozen=True, slots=True)
class Output:
    """One enterprise in both worlds, by day of the horizon.

    Attributes
    ----------
    capacity : (R, T) cars a day without overtime, all lines
    so_far : (R,) cars of the target's year that stood built before
    weeks_sold_out : (2, R) weeks of the window, added up over vehicles, in which they are sold out
        without and with the campaign; None where the file does not say what buyers do then
    without, with_campaign : all vehicles of the enterprise as one
    extra : (R, J') cars built over the horizon with minus without, of its own vehicles
    """

    manufacturer: Manufacturer
    vehicles: Ints
    without: PlantPath
    with_campaign: PlantPath
    capacity: Floats
    so_far: Floats
    weeks_sold_out: Ints | None = None

    @property
    def extra(self) -> Ints:
        return self.with_campaign.built_of - self.without.built_of


@dataclass(frozen=True, slots=True)
class PullThrough:
    """All enterprises, and the accounts of the city."""

    outputs: tuple[Output, ...]
    accounts: CityAccounts
    built: Ints

    def built_in(self, days: slice) -> Floats:
        """Extra cars (R,) built on these days of the horizon."""
        return np.asarray(self.built[:, days].sum(axis=1), dtype=np.float64)


def pull_through(study: Study, draws: ParameterDraws, outcome: Outcome) -> PullThrough:
    """Follow the city's demand for local vehicles into the plants."""
    outputs = tuple(
        _output(study, manufacturer, draws, outcome) for manufacturer in study.manufacturers
    )
    days = outcome.with_campaign.shape[1]
    built = np.zeros((len(draws), days), dtype=np.int64)
    for output in outputs:
        built += (output.with_campaign.built - output.without.built)[..., 0]
    return PullThrough(outputs, _accounts(study, draws, outcome, outputs), built)


def without_measures(study: Study, draws: ParameterDraws, outcome: Outcome) -> tuple[Output, ...]:
    """The same plants in the same trouble with nothing done about it; none where nothing is."""
    if not any(manufacturer.measures for manufacturer in study.manufacturers):
        return ()
    bare = (manufacturer.without_measures() for manufacturer in study.manufacturers)
    return tuple(_output(study, manufacturer, draws, outcome) for manufacturer in bare)


def _output(
    study: Study, manufacturer: Manufacturer, draws: ParameterDraws, outcome: Outcome
) -> Output:
    case = plant_case(study, manufacturer, draws, outcome)
    without, with_ = both_worlds_together(case.parameters, case.lines, case.demand)
    return Output(
        manufacturer=manufacturer,
        vehicles=np.flatnonzero(built_here(manufacturer, study.stage.setting.vehicles)),
        without=without,
        with_campaign=with_,
        capacity=case.lines.capacity.sum(axis=2),
        so_far=built_so_far(manufacturer, draws.values, len(draws)),
        weeks_sold_out=_weeks_sold_out(study, case) if manufacturer.unmet else None,
    )


def _weeks_sold_out(study: Study, case: PlantCase) -> Ints:
    """Weeks (2, R) of the window in which vehicles are sold out, without and with the campaign."""
    first, last = (day // DAYS_PER_WEEK for day in study.stage.setting.window)
    found = []
    for rows in blocks_of(case.demand):
        parameters = case.parameters.take(rows)
        both = worlds_of(case.lines.take(rows), case.demand.take(rows))
        paths = [project(parameters, asked, weeks=last + 1) for asked in both]
        weeks = [weeks_sold_out(path, last + 1)[:, first:] for path in paths]
        found.append(np.stack([each.sum(axis=(1, 2)) for each in weeks]))
    return np.concatenate(found, axis=1)


@dataclass(frozen=True, slots=True)
class PlantCase:
    """What one enterprise is asked for in both worlds, and what it can do; for `both_worlds`.

    `of_local` are the places of its vehicles among the local ones.
    """

    of_local: slice | Ints
    parameters: PlantParameters
    lines: PlantLines
    demand: PlantDemand


def plant_case(
    study: Study, manufacturer: Manufacturer, draws: ParameterDraws, outcome: Outcome
) -> PlantCase:
    """The city's demand for the cars of one enterprise, and its lines in these draws."""
    setting = study.stage.setting
    mine = np.flatnonzero(built_here(manufacturer, setting.vehicles))
    of_local = as_slice(np.searchsorted(np.flatnonzero(setting.local), mine))
    days = setting.days[: setting.horizon]
    lines = plant_lines(
        manufacturer,
        days=days,
        country=study.market.market.calendar,
        models=setting.vehicles["model"].gather(mine).to_list(),
        drawn=draws.values,
        draws=len(draws),
    )
    demand = PlantDemand(
        without=whole_cars(outcome.without_campaign[..., of_local]),
        with_=whole_cars(outcome.with_campaign[..., of_local]),
        expected=outcome.planned[..., of_local],
        announced=study.announced[None][..., of_local],
        announced_day=0,
    )
    parameters = plant_parameters(manufacturer, draws.values, len(draws), announced=days[0])
    return PlantCase(of_local, parameters, lines, demand)


@dataclass(frozen=True, slots=True)
class StudyYards:
    """The yards of the enterprises whose files say what buyers do who find no car."""

    study: Study
    draws: ParameterDraws

    def short(self, rows: Ints, outcome: Outcome) -> Shortage:
        """What is short if these are the outcomes of the draws at these places (R,)."""
        last = self.study.stage.setting.window[1]
        weeks = last // DAYS_PER_WEEK + 1
        late = np.zeros_like(outcome.with_campaign[..., :-1])
        sold_out = np.zeros((len(rows), weeks, late.shape[-1]), dtype=np.bool_)
        for of_local, path, sales in self._paths(rows, outcome, weeks):
            sold_out[..., of_local] = weeks_sold_out(path, weeks)
            asked = outcome.with_campaign[..., of_local]
            late[..., of_local] = _part_of(asked, not_handed_over(path, sales, last), sales)
        return Shortage(sold_out, late)

    def _paths(
        self, rows: Ints, outcome: Outcome, weeks: int
    ) -> Iterator[tuple[slice | Ints, PlantPath, Ints]]:
        """Each plant's first weeks with the campaign: its local vehicles, its path, its sales."""
        draws = self.draws.take(rows)
        for manufacturer in self.study.manufacturers:
            if manufacturer.unmet is not None:
                case = plant_case(self.study, manufacturer, draws, outcome)
                _, asked = worlds_of(case.lines, case.demand)
                yield case.of_local, project(case.parameters, asked, weeks=weeks), asked.sales


def yards_of(study: Study, draws: ParameterDraws) -> StudyYards | None:
    """The yards of a study; None where no file says what buyers do who find no car."""
    told = any(manufacturer.unmet is not None for manufacturer in study.manufacturers)
    return StudyYards(study, draws) if told else None


def _part_of(cars: Floats | Ints, late: Ints, whole: Ints) -> Floats | Ints:
    """Of cars a day (R, T, J), the late ones.

    Fractions of cars are late in the proportion of the week's `whole` ones.
    """
    if cars.dtype.kind == "i":
        return late
    part, of_all = (weekly_rates(each.astype(np.float64)) for each in (late, whole))
    share = np.divide(part, of_all, out=np.zeros_like(part), where=of_all > 0)
    return np.asarray(np.repeat(share, DAYS_PER_WEEK, axis=1)[:, : cars.shape[1]] * cars)


def whole_cars(cars: Floats | Ints) -> Ints:
    """Whole cars a day (R, T, J); fractions are carried from day to day, none is lost.

    >>> whole_cars(np.full((1, 4, 1), 0.5))[0, :, 0].tolist()
    [0, 1, 0, 1]
    """
    if cars.dtype.kind == "i":
        return cars.astype(np.int64, copy=False)
    # Ten decimals absorb the rounding of sums, so that 0.5 + 0.5 is one car.
    running = np.floor(cars.cumsum(axis=1).round(10)).astype(np.int64)
    return np.asarray(np.diff(running, axis=1, prepend=0))


def _accounts(
    study: Study, draws: ParameterDraws, outcome: Outcome, outputs: tuple[Output, ...]
) -> CityAccounts:
    setting = study.stage.setting
    vehicles = setting.vehicles
    price_ex_vat = vehicles["price_ex_vat"].to_numpy() / 100
    kinds = list(zip(vehicles["energy"], vehicles["displacement_l"], strict=True))
    at_gate = np.array([consumption_tax_rate(energy, litres) for energy, litres in kinds])
    at_plate = np.array([purchase_tax_rate(energy) for energy, _ in kinds])
    plants = [
        plant_accounts(
            plant_rates(output.manufacturer, draws.values, len(draws)),
            built=output.extra.astype(np.float64),
            price_ex_vat=price_ex_vat[output.vehicles],
            consumption_tax_rate=at_gate[output.vehicles],
        )
        for output in outputs
    ]
    sales = CitySales(additional_by_vehicle(outcome), price_ex_vat, at_plate)
    return city_accounts(city_rates(_rates(draws), len(draws)), plants=plants, sales=sales)


def _rates(draws: ParameterDraws) -> Mapping[str, Floats]:
    return {name: values for name, values in draws.values.items() if name.startswith("accounts.")}


def additional_by_vehicle(outcome: Outcome) -> Floats:
    """Cars (R, J) sold in the city over the horizon, with minus without."""
    return np.asarray(outcome.bought.sum(axis=1) - outcome.instead, dtype=np.float64)
