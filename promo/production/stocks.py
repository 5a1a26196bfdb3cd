"""Where did the cars go? The path of one enterprise's cars, and what both worlds differ by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from promo.production.floor import Cars
from promo.schema import Ints

OPENINGS = ("plant_start", "dealer_start")


@dataclass(frozen=True, slots=True)
class PlantPath:
    """What was built, moved, kept and owed, in whole cars: (R, T, J), openings (R, J).

    J vehicles of the enterprise, or one axis of length 1 for all of them together.

    Attributes
    ----------
    binding : (R, W, L) what bound output in each week, a number of `floor`
    built_of : (R, J) cars of each vehicle over all days, always vehicle by vehicle
    built : cars off the line
    received_from_elsewhere : other cities' cars sent to the city because the plant had none
    shipped_to_city, shipped_elsewhere : cars out of the gate (or through it)
    plant_closing, dealer_closing : stock at the end of the day
    ordered : cars ordered by the city's dealers
    arrived : cars that reached the city's dealers
    served : cars handed to buyers
    waiting : buyers of the city still without their car at the end of the day
    took_local, took_other, gave_up : buyers who wanted this vehicle and lost patience: those who
        took another of this enterprise's in stock, one built elsewhere, or none
    substituted : cars of this vehicle handed to those who had wanted another
    owed_to_city : dealers' orders not yet shipped
    owed_elsewhere : base load not yet shipped, with the cars borrowed from other cities
    """

    plant_start: Cars
    dealer_start: Cars
    binding: Ints
    built_of: Ints
    built: Cars
    received_from_elsewhere: Cars
    shipped_to_city: Cars
    shipped_elsewhere: Cars
    plant_closing: Cars
    ordered: Cars
    arrived: Cars
    served: Cars
    dealer_closing: Cars
    waiting: Cars
    took_local: Cars
    took_other: Cars
    gave_up: Cars
    substituted: Cars
    owed_to_city: Cars
    owed_elsewhere: Cars

    @property
    def plant_opening(self) -> Cars:
        """Stock at the plant at the start of each day."""
        return _opening(self.plant_start, self.plant_closing)

    @property
    def dealer_opening(self) -> Cars:
        """Stock at the city's dealers at the start of each day."""
        return _opening(self.dealer_start, self.dealer_closing)


def _opening(start: Cars, closing: Cars) -> Cars:
    return np.concatenate([start[:, None, :], closing[:, :-1, :]], axis=1)


def one_after_another(paths: Sequence[PlantPath]) -> PlantPath:
    """Blocks of draws of one plant as one path."""
    joined = {
        each.name: np.concatenate([getattr(path, each.name) for path in paths])
        for each in fields(PlantPath)
    }
    return PlantPath(**joined)


def served_from_elsewhere(without: PlantPath, with_: PlantPath) -> Ints:
    """How many cars does the rest of the country go without at the end because of the campaign?

    Cars (R,) the city got although the plant did not build them: base load still owed on the last
    day, with minus without. A plant at capacity serves a campaign in this way only.
    """
    return extra_cars(without, with_).served_from_elsewhere


@dataclass(frozen=True, slots=True)
class ExtraCars:
    """Where the city's extra cars came from, with minus without, (R,); the parts add up exactly.

    sold counts cars handed over, `substituted` ones included.

    sold = built + served_from_elsewhere + from_plant_stock + from_the_road + from_dealer_stock

    A negative part is stock that grew. What is built in the window alone hides the trough: later
    the plant fills stock again, or builds less because buyers came earlier.
    """

    sold: Ints
    built: Ints
    served_from_elsewhere: Ints
    from_plant_stock: Ints
    from_the_road: Ints
    from_dealer_stock: Ints


def extra_cars(without: PlantPath, with_: PlantPath, days: int | None = None) -> ExtraCars:
    """Were the extra cars of the first `days` built, or where did they come from?"""

    def total(name: str) -> Ints:
        change: Ints = getattr(with_, name)[:, :days] - getattr(without, name)[:, :days]
        cars: Ints = change.sum(axis=(1, 2))
        return cars

    def at_the_end(name: str) -> Ints:
        end = slice(None, days)
        change: Ints = getattr(with_, name)[:, end][:, -1] - getattr(without, name)[:, end][:, -1]
        cars: Ints = change.sum(axis=1)
        return cars

    return ExtraCars(
        sold=total("served") + total("substituted"),
        built=total("built"),
        served_from_elsewhere=at_the_end("owed_elsewhere"),
        from_plant_stock=-at_the_end("plant_closing"),
        from_the_road=total("arrived") - total("shipped_to_city"),
        from_dealer_stock=-at_the_end("dealer_closing"),
    )
