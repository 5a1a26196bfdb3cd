"""What the extra cars are worth, against sums done by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from promo.errors import PromoError
from promo.market.vehicles import without_vat
from promo.production.accounts import (
    CITY_ACCOUNTS,
    PLANT_ACCOUNTS,
    CityMultiplier,
    CityRates,
    CitySales,
    LocalInputs,
    PlantAccounts,
    PlantRates,
    Upstream,
    city_accounts,
    city_rates,
    consumption_tax_rate,
    plant_accounts,
    purchase_tax_rate,
)
from promo.schema import Floats


def one(value: float) -> Floats:
    return np.array([value])


def rates(upstream: Upstream) -> PlantRates:
    return PlantRates(
        ex_factory_share_of_price_ex_vat=one(0.9),
        value_added_rate=one(0.2),
        person_hours_per_car=one(20.0),
        hours_per_person_month=one(160.0),
        supplier_value_added_rate=one(0.25),
        supplier_persons_per_100m_yuan=one(100.0),
        profit_margin=one(0.05),
        upstream=upstream,
    )


def ten_cars_at_113_000(upstream: Upstream) -> PlantAccounts:
    """Ten more cars of 113,000 yuan with VAT, 1.5 litres: 100,000 without, 90,000 at the gate."""
    return plant_accounts(
        rates(upstream),
        built=np.array([[10.0]]),
        price_ex_vat=np.array([100_000.0]),
        consumption_tax_rate=np.array([consumption_tax_rate("ICE", 1.5)]),
    )


def test_ten_cars_by_hand() -> None:
    plant = ten_cars_at_113_000(LocalInputs(one(0.25)))
    assert plant.output_value.item() == pytest.approx(900_000)
    assert plant.value_added.item() == pytest.approx(180_000)
    # inputs 720,000, a quarter of them bought in the city
    assert plant.supplier_output.item() == pytest.approx(180_000)
    assert plant.supplier_value_added.item() == pytest.approx(45_000)
    assert plant.consumption_tax.item() == pytest.approx(27_000)
    assert plant.profit.item() == pytest.approx(54_000)
    # 200 hours / 160 at the plant; 100 persons x 0.0018 x 12 months at suppliers
    assert plant.person_months.item() == pytest.approx(1.25 + 2.16)


def test_a_city_multiplier_counts_what_it_adds_and_no_inputs_besides() -> None:
    plant = ten_cars_at_113_000(CityMultiplier(one(1.3)))
    assert plant.supplier_output.item() == pytest.approx(270_000)


def test_the_multiplier_of_a_nation_is_refused() -> None:
    with pytest.raises(PromoError, match="nation"):
        CityMultiplier(np.array([1.4, 2.954]))


def example_city() -> CityRates:
    return CityRates(
        vat_effective_rate=one(0.13),
        vat_local_share=one(0.5),
        city_share_of_local_tax=one(0.6),
        surcharge_rate=one(0.12),
        income_tax_rate=one(0.25),
        income_tax_local_share=one(0.4),
        dealer_value_added_share=one(0.05),
    )


def test_the_city_keeps_its_own_share_of_tax_on_value_added_inside_it() -> None:
    """Ten additional local cars, and two fewer of another make at 100,000 without VAT."""
    accounts = city_accounts(
        example_city(),
        plants=[ten_cars_at_113_000(LocalInputs(one(0.25)))],
        sales=CitySales(
            additional=np.array([[10.0, -2.0]]),
            price_ex_vat=np.array([100_000.0, 100_000.0]),
            purchase_tax_rate=np.array([purchase_tax_rate("ICE"), purchase_tax_rate("BEV")]),
        ),
    )
    # plant 180,000 + suppliers 45,000 + dealers 5 % of 800,000
    assert accounts.value_added_in_city.item() == pytest.approx(265_000)
    assert accounts.output_value.item() == pytest.approx(1_080_000)
    assert accounts.value_added.item() == pytest.approx(225_000)
    got = {(item.item, item.level): item.yuan.item() for item in accounts.items}
    assert got == pytest.approx(
        {
            ("plant_value_added", "firms"): 180_000,
            ("supplier_value_added", "firms"): 45_000,
            ("dealer_value_added", "firms"): 40_000,
            ("vat", "city"): 10_335,  # 13 % of 265,000 is 34,450; half is local, 60 % of that
            ("vat", "province"): 6_890,
            ("vat", "central"): 17_225,
            ("surcharges", "city"): 7_374,  # 12 % of 34,450 + 27,000
            ("income_tax", "city"): 3_240,  # 25 % of 54,000 is 13,500; 40 % local, 60 % of that
            ("income_tax", "province"): 2_160,
            ("income_tax", "central"): 8_100,
            ("consumption_tax", "central"): 27_000,
            ("purchase_tax", "central"): 100_000,  # ten cars; electric ones were exempt
        }
    )
    assert accounts.city_tax_return.item() == pytest.approx(10_335 + 7_374 + 3_240)
    # far below price x 13 %
    assert accounts.city_tax_return.item() < 0.2 * 10 * 13_000


@pytest.mark.parametrize(
    ("price", "before_vat", "vat", "purchase_tax"),
    [
        (80_000, 70_796.46, 9_203.54, 7_079.65),
        (120_000, 106_194.69, 13_805.31, 10_619.47),
        (200_000, 176_991.15, 23_008.85, 17_699.12),
    ],
)
def test_taxes_in_a_price_are_the_worked_examples_to_the_yuan(
    price: int, before_vat: float, vat: float, purchase_tax: float
) -> None:
    """Worked examples of the domain facts, 2.2: price with VAT, without, VAT, purchase tax."""
    fen = pl.select(without_vat(pl.lit(price * 100))).item()
    assert fen / 100 == pytest.approx(before_vat, abs=0.005)
    assert price - fen / 100 == pytest.approx(vat, abs=0.005)
    assert purchase_tax_rate("ICE") * fen / 100 == pytest.approx(purchase_tax, abs=0.005)
    assert purchase_tax_rate("BEV") == 0


def test_cars_that_would_have_been_bought_anyway_earn_the_city_nothing() -> None:
    nothing = plant_accounts(
        rates(LocalInputs(one(0.25))),
        built=np.zeros((1, 1)),
        price_ex_vat=np.array([100_000.0]),
        consumption_tax_rate=np.array([0.03]),
    )
    sales = CitySales(np.zeros((1, 1)), np.array([100_000.0]), np.array([0.1]))
    accounts = city_accounts(example_city(), plants=[nothing], sales=sales)
    assert all(item.yuan.item() == 0 for item in accounts.items)
    assert accounts.city_tax_return.item() == 0


@pytest.mark.parametrize(
    ("litres", "rate"),
    [(1.0, 0.01), (1.5, 0.03), (2.0, 0.05), (2.5, 0.09), (3.0, 0.12), (4.0, 0.25), (4.1, 0.40)],
)
def test_consumption_tax_follows_displacement(litres: float, rate: float) -> None:
    assert consumption_tax_rate("ICE", litres) == rate
    assert consumption_tax_rate("BEV", litres) == 0


def test_rates_that_were_not_drawn_keep_their_value() -> None:
    drawn = {"accounts.vat_effective_rate": np.array([0.06, 0.13])}
    city = city_rates(drawn, draws=2)
    assert city.vat_effective_rate.tolist() == [0.06, 0.13]
    assert city.vat_local_share.tolist() == [0.5, 0.5]


def test_every_accounting_assumption_lies_in_its_range_and_names_its_source() -> None:
    stated = (*PLANT_ACCOUNTS, *CITY_ACCOUNTS)
    names = [each.name for each in stated]
    assert len(set(names)) == len(names)
    for each in stated:
        assert each.low <= each.value <= each.high, each.name
        assert each.source, each.name
        assert each.words.zh, each.name
