"""A better offer never lowers take-up, through the whole of the simulation.

The law of `tests/demand/test_better_offers.py`, on expected claims of everybody: planned buyers,
movers, who waited for the opening, buyers from elsewhere, new buyers. Pots hold more than anybody
can claim, so nobody is rationed and nobody doubts the money.
"""

from dataclasses import replace

import numpy as np
import pytest

from promo.simulation import behaviour
from promo.simulation.draws import draw_parameters
from promo.simulation.offers import Paid
from promo.simulation.worlds import BLOCK, means

FEW, MANY = 60, 600
"""Blocks of 32 pairs: 1,920 in the usual suite, 19,200 in the slow one."""
OF_BINS, WORST = 1e-3, 80
"""Of all claims. Costs of moving are cut into 14 bins whose ends are the amounts of each offer, so
two offers are integrated on different bins; the rule of the middle errs by the square of their
width. Of 600 blocks 3 hold a fall above 1e-5, the largest 7e-4 in block 80. That it is
the bins is held below: with sixteen times as many it is two hundred times smaller.
"""
OUTSIDE = """\
outside:
  cars_per_month: {assumed: 200, range: [100, 400], why: made up}
  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}
  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}
"""


def pair_of_offers(rng, types, vehicles):
    """Fen (R, I, J) of an offer and of one that pays as much or more for every car.

    Up to four amounts, some cars without; raised by a fen or by thousands of yuan, for some cars
    or for all that are paid; or levelled: what was paid a little less for some is paid in full.
    """
    amounts = np.concatenate(
        [np.zeros((BLOCK, 1), np.int64), rng.integers(5, 80, (BLOCK, 4)) * 10_000], axis=1
    )
    offer = amounts[:, rng.integers(0, rng.integers(2, 6), (types, vehicles))]
    some = rng.random((types, vehicles)) < rng.random()
    step = rng.integers(1, 10 ** int(rng.integers(1, 7)), (BLOCK, 1, 1))
    if rng.random() < 1 / 3:
        return np.where(offer > 0, np.maximum(offer - some * step, 1), 0), offer
    raised = some if rng.random() < 1 / 2 else offer > 0
    return offer, offer + raised * step


def claims(block, fen):
    """Expected subsidised cars (R,) if every car is paid these fen (R, I, J), without limit."""
    usual = block.paid(block.all_pots)
    shape = usual.fen.shape
    everywhere = np.broadcast_to(fen[:, None, :, :, None], (len(fen), *shape[1:]))
    paid = Paid(np.ascontiguousarray(everywhere), usual.old_car)
    endless = replace(block, paid=lambda pots: paid, budget=np.full_like(block.budget, 10**15))
    return endless.live(means).parts.sum(axis=(1, 2))


def changes(study, number):
    """Relative change (R,) of claims from an offer to a better one, in draws of everything."""
    rng = np.random.default_rng([20221101, number])
    shapes = study.shapes()
    drawn = draw_parameters(study.assumptions, seed=number, draws=BLOCK, shapes=shapes)
    block = study.stage.block(drawn)
    fen = block.paid(block.all_pots).fen
    offer, better = pair_of_offers(rng, *fen.shape[2:4])
    before, after = claims(block, offer), claims(block, better)
    return (after - before) / np.maximum(before, 1.0)


@pytest.fixture(scope="module")
def study(tiny):
    """Announced before it opens, with buyers from elsewhere."""
    return tiny(outside=OUTSIDE, announced="2022-10-15")


@pytest.mark.parametrize("blocks", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_a_better_offer_never_lowers_expected_claims(study, blocks):
    found = np.concatenate([changes(study, number) for number in range(blocks)])
    assert found.min() > -OF_BINS
    assert (found > OF_BINS).mean() > 0.3  # a guard: better offers do make a difference


def test_what_falls_by_the_width_of_bins_goes_with_it(study, monkeypatch):
    coarse = changes(study, WORST).min()
    monkeypatch.setattr(behaviour, "COST_BINS", 16 * behaviour.COST_BINS)
    fine = changes(study, WORST).min()
    assert -OF_BINS < coarse < -1e-4
    assert fine > coarse / 100


def test_an_offer_that_is_worse_is_told_apart(study):
    """The control: the two offers of each pair the other way round."""
    assert min(-changes(study, number).max() for number in range(5)) < -10 * OF_BINS
