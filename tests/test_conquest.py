"""Whose sales the extra cars are: sums that come out in every draw, and one case by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.appraisal import live
from promo.crew import crew
from promo.plant_results import conquest, sources_of_sales, won_from_each_other
from promo.pull_through import additional_by_vehicle, pull_through
from promo.results import Worlds
from promo.simulation.draws import draw_parameters

OUTSIDE_BUYERS = """\
outside:
  cars_per_month: {assumed: 200, range: [100, 400], why: made up}
  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}
  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}
"""


@pytest.fixture(scope="module")
def both_worlds(tiny):
    study = tiny(manufacturers="plant.yaml, second.yaml", outside=OUTSIDE_BUYERS)
    drawn = draw_parameters(study.assumptions, seed=1, draws=32, shapes=study.shapes())
    with crew([study], workers=1) as hands:
        outcome = live(study, hands, drawn, lambda share, what: None)
    return Worlds(study, outcome, pull_through(study, drawn, outcome))


def test_the_sources_add_up_to_the_extra_cars_of_each_plant_in_every_draw(both_worlds):
    sources = sources_of_sales(both_worlds)
    sold = sources.pop("sold")
    # Sums of some hundreds of cars in doubles.
    assert np.abs(sum(sources.values()) - sold).max() < 1e-9
    by_vehicle = additional_by_vehicle(both_worlds.outcome)
    for number, output in enumerate(both_worlds.pull.outputs):
        assert (sold[:, number] == by_vehicle[:, output.vehicles].sum(axis=1)).all()
    # What one local plant wins from the other, the other loses.
    assert np.abs(sources["from_local"].sum(axis=1)).max() < 1e-9
    assert np.abs(sources["from_local"]).max() > 1


def test_the_city_wins_from_elsewhere_what_all_its_plants_do(both_worlds):
    """New, outside and later buyers of all makers are the city's net cars: the rest is won."""
    sources, outcome = sources_of_sales(both_worlds), both_worlds.outcome
    local = both_worlds.study.stage.setting.local
    elsewhere = additional_by_vehicle(outcome)[:, ~local].sum(axis=1)
    nobody = ("from_new_buyers", "from_outside", "from_later")
    of_local = sum(sources[name].sum(axis=1) for name in nobody)
    parts = outcome.parts.sum(axis=2)
    of_all = parts[:, 3:].sum(axis=1) + outcome.from_beyond
    lost = elsewhere - (of_all - of_local)
    assert np.abs(sources["from_elsewhere"].sum(axis=1) + lost).max() < 1e-9


def test_gains_come_from_losers_in_proportion_to_their_losses():
    """+60, +20, -20, -60: the first wins 60 x 20/80 = 15 and 45, the second 5 and 15."""
    won = won_from_each_other(np.array([[60.0, 20.0, -20.0, -60.0]]))[0]
    expected = [[0, 0, 15, 45], [0, 0, 5, 15], [-15, -5, 0, 0], [-45, -15, 0, 0]]
    assert won.tolist() == expected


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=5))
def test_what_each_wins_adds_up_and_what_one_wins_the_other_loses(gains):
    net = np.array([[*gains, -sum(gains)]], dtype=np.float64)
    won = won_from_each_other(net)[0]
    assert np.abs(won.sum(axis=1) - net[0]).max() < 1e-9
    assert (won == -won.T).all()


def test_one_plant_alone_has_no_neighbour_to_win_from(both_worlds):
    assert "from_local" in conquest(both_worlds)["term"].to_list()
    first = replace(both_worlds.pull, outputs=both_worlds.pull.outputs[:1])
    alone = conquest(replace(both_worlds, pull=first))
    assert "from_local" not in alone["term"].to_list()
    *sources, sold = alone["cars"].to_list()
    assert sum(sources) == pytest.approx(sold, abs=1e-9)
