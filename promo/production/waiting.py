"""What do buyers do who find no car of the vehicle they want?

They wait; as many lose patience a day as wait, over their patience. Of those, declared shares
take another vehicle of the enterprise that stands in stock, take a car built elsewhere, or buy
none; who wants another local car and finds none takes one built elsewhere. Each day, exactly,

    waiting before + sales = served + took_local + took_other + gave_up + waiting after
    dealers' opening + arrived = served + substituted + closing,  sum took_local = sum substituted

in whole cars: fractions are carried from day to day, none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from promo.production.floor import CARS, DAYS_PER_WEEK, Cars, shared
from promo.production.stocks import PlantPath
from promo.schema import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Impatience:
    """What buyers of the city do who find no car of their vehicle, one value a draw, all (R,).

    Attributes
    ----------
    patience_days : days that a buyer waits on average
    takes_local : share of those who leave who want another vehicle of the enterprise, in stock
    takes_other : share who buy a car built elsewhere; the rest buy none
    """

    patience_days: Floats
    takes_local: Floats
    takes_other: Floats

    def take(self, rows: slice) -> Impatience:
        """The same of some draws."""
        return Impatience(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Left:
    """Buyers who stopped waiting on a day, and the cars that some of them got instead, (R, J)."""

    took_local: Cars
    took_other: Cars
    gave_up: Cars
    substituted: Cars

    @property
    def total(self) -> Cars:
        return self.took_local + self.took_other + self.gave_up


class Leaving:
    """Who loses patience, day by day; fractions of buyers are carried."""

    def __init__(self, impatience: Impatience, cells: tuple[int, int]) -> None:
        self.a_day = 1.0 / np.maximum(impatience.patience_days, 1.0)[:, np.newaxis]
        self.local = impatience.takes_local[:, np.newaxis]
        self.other = impatience.takes_other[:, np.newaxis]
        # Carried fractions start in the middle, so that rounding is neither up nor down.
        self.carries = np.full((3, *cells), 0.5)

    def today(self, waiting: Cars, stock: Cars) -> Left:
        """Of those `waiting` (R, J) in the evening, with what stands in `stock` (R, J)."""
        leaving = self._whole(0, waiting * self.a_day, waiting)
        wished = self._whole(1, leaving * self.local, leaving)
        other = self._whole(2, leaving * self.other, leaving - wished)
        gave_up = leaving - wished - other
        found = np.minimum(wished.sum(axis=1), stock.sum(axis=1))
        local, handed = _first(wished, found), _first(stock, found)
        return Left(local, other + (wished - local), gave_up, handed)

    def _whole(self, which: int, buyers: Floats, at_most: Cars) -> Cars:
        """Whole buyers (R, J) of fractions, never more than there are."""
        carry = self.carries[which]
        carry += buyers
        whole: Cars = np.minimum(np.floor(carry).astype(CARS), at_most)
        carry -= whole
        return whole


def _first(cars: Cars, of: Cars) -> Cars:
    """The first `of` (R,) of cars (R, J), vehicle by vehicle in the order of the catalogue."""
    running: Cars = np.minimum(cars.cumsum(axis=1, dtype=CARS), of[:, np.newaxis])
    return np.diff(running, axis=1, prepend=CARS(0)).astype(CARS)


def weeks_sold_out(path: PlantPath, weeks: int) -> Bools:
    """In which of the first weeks is every car spoken for before the week begins, (R, V, J)?

    Buyers wait, and neither what stands at the dealers nor what comes this week, which the orders
    of the weeks before have settled, is more than they will take. Sales of the week have no part.
    """
    starts = np.arange(weeks) * DAYS_PER_WEEK
    waiting = _before(np.zeros_like(path.dealer_start), path.waiting)[:, starts]
    stock = path.dealer_opening[:, starts]
    arriving = np.add.reduceat(path.arrived, starts, axis=1)[:, :weeks]
    return np.asarray((waiting > 0) & (stock + arriving <= waiting))


def _before(start: Cars, evening: Cars) -> Cars:
    return np.concatenate([start[:, None], evening[:, :-1]], axis=1)


def not_handed_over(path: PlantPath, sales: Ints, last: int) -> Ints:
    """Cars (R, T, J) ordered on each day up to `last` that nobody has got by its evening.

    First come, first served; those who lose patience are spread over all who wait.
    """
    draws, _, vehicles = sales.shape
    left = path.took_local + path.took_other + path.gave_up
    queue = np.zeros((draws * vehicles, last + 1), dtype=np.int64)
    unserved = queue.copy()
    for day in range(last + 1):
        queue[:, day] = sales[:, day].ravel()
        queue -= _first(queue, path.served[:, day].ravel())
        gone = left[:, day].ravel()
        some = np.flatnonzero(gone)
        if some.size:
            leaving = shared(queue[some], gone[some])
            queue[some] -= leaving
            unserved[some] += leaving
    found = np.zeros_like(sales)
    by_day = (unserved + queue).reshape(draws, vehicles, last + 1)
    found[:, : last + 1] = by_day.swapaxes(1, 2)
    return found
