"""Which owners who would keep their car, or buy a used one, buy new for the money?

The replacement pool: every day some of them come to the decision and hear of the offer. A share
of them, by a lognormal threshold on the benefit over the price, is willing; the willing buy by a
daily hazard of their own. All is proportional to the share, so that a change of the offer changes
the cars of its own days and nobody has to be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.demand.moving import OneCost, drawn_in
from promo.demand.nested_logit import Nests
from promo.schema import Floats, Ints, Words
from promo.simulation.behaviour import Behaviour

EMPTY_POOL = Words(
    "没有保有量和过户统计, 报废换新带来的新增购车人未计, 新增购车人因此偏少。",
    "Without fleet and transfer statistics the replacement pool is zero: new buyers are "
    "understated.",
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Owners of the replacement pool who buy new.

    Attributes
    ----------
    daily : (R, W, I) cars a day
    vehicles : (R, P, I, J) vehicles taken, of sum 1 where anybody is
    gain : (R, P, I) yuan gained a car
    """

    daily: Floats
    vehicles: Floats
    gain: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """What the pool is offered.

    Attributes
    ----------
    shares : (R, P, I, J) what each type buys
    benefit : (R, P, I, J) yuan as perceived
    price : (I,) mean price of what each type buys, yuan
    """

    shares: Floats
    benefit: Floats
    price: Floats


def drawn_from_pool(
    nests: Nests,
    behaviour: Behaviour,
    asked: Asked,
    *,
    aware: Floats,
    hazard: Floats,
    period: Ints,
) -> Drawn:
    """Cars of the pool on each day of the window.

    Parameters
    ----------
    aware : (R, W) share of owners who know
    hazard : (R, W) daily probability that a willing owner buys
    period : (W,) period of each day
    """
    shape = asked.benefit.shape
    daily = np.zeros((shape[0], period.size, shape[2]))
    vehicles, gain = np.zeros(shape), np.zeros(shape[:-1])
    types = np.flatnonzero(behaviour.pool_per_day.any(axis=0) & asked.benefit.any(axis=(0, 1, 3)))
    if not types.size:
        return Drawn(daily, vehicles, gain)
    some = (shape[0], shape[1], types.size)
    median = behaviour.pool_threshold[:, None, None] * asked.price[types]
    share, gain[:, :, types] = drawn_in(
        nests,
        asked.shares[:, :, types],
        asked.benefit[:, :, types],
        behaviour.alpha[:, None, types],
        behaviour.correlations[:, None, None],
        OneCost(
            np.broadcast_to(median, some),
            np.broadcast_to(behaviour.pool_dispersion[:, None, None], some),
        ),
    )
    buying = share.sum(axis=-1)
    vehicles[:, :, types] = np.divide(
        share, buying[..., None], out=np.zeros_like(share), where=buying[..., None] > 0
    )
    landing = landing_of_a_flow(aware, hazard)
    flow = behaviour.pool_per_day[:, None, types]
    daily[:, :, types] = flow * buying[:, period] * landing[:, :, None]
    return Drawn(daily, vehicles, gain)


def landing_of_a_flow(aware: Floats, hazard: Floats) -> Floats:
    """Cars a day (R, W) of a flow of one willing owner a day, `aware` of whom know (R, W).

    >>> landing_of_a_flow(np.ones((1, 3)), np.full((1, 3), 0.5)).tolist()
    [[0.5, 0.75, 0.875]]
    """
    landed = np.zeros_like(hazard)
    waiting = np.zeros(hazard.shape[0])
    for day in range(hazard.shape[1]):
        waiting = waiting + aware[:, day]
        landed[:, day] = waiting * hazard[:, day]
        waiting = waiting - landed[:, day]
    return landed
