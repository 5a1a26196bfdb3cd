"""The localised table against the published figures of the national one, and the arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from promo.production.accounts import LocalisedTable
from promo.production.input_output import (
    CODES,
    DOMESTIC,
    IMPORTED,
    PARTS,
    VALUE_ADDED,
    VEHICLES,
    chain,
    local_shares,
)


def test_what_a_sector_uses_imports_and_adds_is_its_output() -> None:
    # four decimals of 21 entries each
    assert DOMESTIC.sum(axis=0) + IMPORTED + VALUE_ADDED == pytest.approx(np.ones(19), abs=5e-4)


def test_the_national_table_gives_the_published_figures_to_a_thousandth() -> None:
    """Nineteen sectors: multiplier 2.978, value added 0.841; loops 1.076 and 1.410 of all 153."""
    nation = chain(np.ones((1, len(CODES))))
    assert nation.output.item() == pytest.approx(2.978, abs=1e-3)
    assert nation.value_added.item() == pytest.approx(0.841, abs=1e-3)
    inverse = np.linalg.inv(np.eye(len(CODES)) - DOMESTIC)
    assert inverse[VEHICLES, VEHICLES] == pytest.approx(1.076, abs=1e-3)
    assert inverse[PARTS, PARTS] == pytest.approx(1.410, abs=1e-3)
    # within one per cent of the table of 153 sectors, as it was checked when it was made
    assert nation.output.item() == pytest.approx(2.954, rel=0.01)


@pytest.mark.parametrize(
    ("parts", "goods", "output", "value_added"),
    [
        (0.10, 0.05, 1.146, 0.281),
        (0.20, 0.10, 1.196, 0.292),
        (0.35, 0.15, 1.270, 0.309),
        (0.50, 0.20, 1.353, 0.329),
    ],
)
def test_a_city_that_buys_some_parts_itself_has_the_published_illustration(
    parts: float, goods: float, output: float, value_added: float
) -> None:
    city = chain(local_shares(np.array([parts]), np.array([goods]), np.array([0.5])))
    assert city.output.item() == pytest.approx(output, abs=1e-3)
    assert city.value_added.item() == pytest.approx(value_added, abs=1e-3)


def test_a_city_that_buys_nothing_itself_has_its_car_plant_and_no_more() -> None:
    none = LocalisedTable(*np.zeros((3, 2)))
    assert none.chain.output.tolist() == [1, 1]
    assert none.output(np.full(2, 1e6), np.full(2, 0.22)).tolist() == [0, 0]
    assert none.supplier_value_added_rate.tolist() == [0, 0]


def test_more_local_parts_keep_more_in_the_city_and_never_as_much_as_in_the_nation() -> None:
    shares = np.linspace(0, 1, 21)
    cities = chain(local_shares(shares, np.full(21, 0.1), np.full(21, 0.5)))
    assert np.all(np.diff(cities.output) > 0)
    assert np.all(np.diff(cities.value_added) > 0)
    assert cities.output[-1] < 2.0


def test_the_table_says_what_suppliers_add_and_employ_by_hand() -> None:
    """Parts alone, at 100 %: the parts' own loop and nothing else of the chain."""
    shares = np.zeros((1, len(CODES)))
    shares[0, PARTS] = 1.0
    alone = chain(shares)
    parts = 0.2845 / (1 - 0.2831)
    assert alone.output.item() == pytest.approx(1 + parts)
    assert alone.value_added.item() == pytest.approx(0.2204 + 0.1924 * parts)
    assert alone.parts_staff.item() == pytest.approx(108 * parts)
