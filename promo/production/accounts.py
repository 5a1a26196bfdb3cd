"""What are the extra cars worth: output, value added, work, and tax by kind and level?

Everything follows from *net additional* cars over the whole horizon, with the campaign minus
without it: cars whose buyers would have bought anyway earn the city nothing, and what is pulled
forward is taken back. Value added is where tax comes from; never price x 13 %.

The order of the reasoning, for one enterprise (R draws, J vehicles):

    output value   = extra cars built x price without VAT x ex-factory share
    value added    = output value x value-added rate
    local upstream = EITHER local share x direct inputs x output OR (city multiplier - 1) x output
    person-months  = cars x hours a car / hours a person works a month (overtime first, not hires)

and for the city: VAT on the value added inside it, shared; surcharges; income tax, shared;
consumption and purchase tax go to the centre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from promo.errors import PromoError
from promo.production.input_output import VALUE_ADDED, VEHICLES, Chain, chain, local_shares
from promo.schema import Assumption, Floats, Words

MONTHS_PER_YEAR = 12
LARGEST_CITY_MULTIPLIER = 2.0
_ELECTRIC = ("BEV", "FCEV")
_NEW_ENERGY = ("BEV", "PHEV", "EREV", "FCEV")
_IO_2020_ZH = "2020 年全国投入产出表(国家统计局，153 部门)"
_IO_2020 = "2020 national input-output table, National Bureau of Statistics (153 sectors)"

PLANT_ACCOUNTS: tuple[Assumption, ...] = (
    Assumption(
        "ex_factory_share_of_price_ex_vat",
        0.90,
        0.85,
        0.95,
        "share",
        "判断：出厂价与开票价之间有经销商毛利、返利和运费 / "
        "judgement: dealers' margin, rebates and transport lie between gate and invoice",
        "judgement",
        Words("出厂价占不含税成交价", "ex-factory price / price without VAT"),
    ),
    Assumption(
        "value_added_rate",
        0.2204,
        0.18,
        0.25,
        "share",
        f"{_IO_2020_ZH}，整车；2017 年 0.239，2018 年 0.228 / "
        f"{_IO_2020}, complete vehicles; 0.239 in 2017, 0.228 in 2018",
        "derived",
        Words("整车增加值率", "value added / output, complete vehicles"),
    ),
    Assumption(
        "person_hours_per_car",
        25.0,
        15.0,
        35.0,
        "hours",
        "判断：2022 年 2,700 人、2023 年约 23.18 万辆，合每人 86 辆 / "
        "judgement: 2,700 staff of 2022 and about 231,800 cars of 2023 give 86 cars a person",
        "judgement",
        Words("单车工时", "hours of work a car"),
    ),
    Assumption(
        "hours_per_person_month",
        190.0,
        167.0,
        230.0,
        "hours",
        "判断：法定 167 小时(20.83 天、每天 8 小时)，加班更多 / "
        "judgement: 167 by law (20.83 days of 8 hours), more with overtime",
        "judgement",
        Words("每人每月工时", "hours a person works a month"),
    ),
    Assumption(
        "local_parts_share",
        0.20,
        0.05,
        0.50,
        "share",
        "本地配套率从未公布，只作示意；乘在 2020 年全国投入产出表上 / "
        "never published: an illustration, on the national input-output table of 2020",
        "not published",
        Words("零部件本地配套率", "share of vehicle parts bought in the city"),
    ),
    Assumption(
        "local_goods_share",
        0.10,
        0.05,
        0.20,
        "share",
        "判断：钢材、塑料、电子等其他货物一成在本市 / "
        "judgement: a tenth of steel, plastics, electronics and other goods",
        "judgement",
        Words("其他货物本地采购率", "share of other goods bought in the city"),
    ),
    Assumption(
        "local_services_share",
        0.50,
        0.30,
        0.70,
        "share",
        "判断：商贸、运输、水电、金融和服务约一半在本市 / "
        "judgement: about half of trade, transport, energy, finance and services",
        "judgement",
        Words("服务业本地采购率", "share of services bought in the city"),
    ),
    Assumption(
        "supplier_value_added_rate",
        0.1924,
        0.17,
        0.22,
        "share",
        f"{_IO_2020_ZH}，零部件 / {_IO_2020}, vehicle parts",
        "derived",
        Words("零部件增加值率", "value added / output, parts"),
    ),
    Assumption(
        "supplier_persons_per_100m_yuan",
        108.0,
        70.0,
        130.0,
        "persons",
        "2018 年汽车行业全口径用工，配 2018 年投入产出表 / "
        "vehicle industry 2018, full coverage, with the input-output table of 2018",
        "derived",
        Words("零部件每亿元产值用工", "suppliers' staff per 100 million yuan of output"),
    ),
    Assumption(
        "profit_margin",
        0.05,
        0.00,
        0.08,
        "share",
        "汽车行业：2022 年 5.7%，2024 年 4.3%；单个工厂可能不赚钱 / "
        "vehicle industry: 5.7 % in 2022, 4.3 % in 2024; a single plant may earn nothing",
        "verified second hand",
        Words("销售利润率", "profit / output"),
    ),
)

CITY_ACCOUNTS: tuple[Assumption, ...] = (
    Assumption(
        "accounts.vat_effective_rate",
        0.13,
        0.06,
        0.13,
        "share",
        "整车法定 13%；抵扣投资或出口时更低 / "
        "statutory 13 % on vehicles; less where investment is deducted or cars are exported",
        "judgement",
        Words("增值税有效税率(对增加值)", "VAT / value added"),
    ),
    Assumption(
        "accounts.vat_local_share",
        0.50,
        0.50,
        0.50,
        "share",
        "国务院 2019 年 10 月：国内增值税保持五五分享 / "
        "State Council, October 2019: domestic VAT 50:50 kept",
        "verified second hand",
        Words("增值税地方分成", "local share of VAT"),
    ),
    Assumption(
        "accounts.city_share_of_local_tax",
        0.70,
        0.40,
        1.00,
        "share",
        "由省定各市分成，本市的没有查到 / "
        "set by the province for its cities; not found for this one",
        "not published",
        Words("地方税收中市级所占份额", "the city's share of local tax"),
    ),
    Assumption(
        "accounts.surcharge_rate",
        0.12,
        0.12,
        0.12,
        "share",
        "城建税 7%、教育费附加 3% 和 2%，按实缴增值税和消费税计，归地方 / "
        "urban maintenance 7 %, education 3 % and 2 % of VAT and consumption tax paid; local",
        "recalled",
        Words("附加税费率", "surcharges on VAT and consumption tax"),
    ),
    Assumption(
        "accounts.income_tax_rate",
        0.25,
        0.15,
        0.25,
        "share",
        "25%，高新技术企业 15% / 25 %, high-technology firms 15 %",
        "recalled",
        Words("企业所得税率", "corporate income tax"),
    ),
    Assumption(
        "accounts.income_tax_local_share",
        0.40,
        0.40,
        0.40,
        "share",
        "中央 60、地方 40 / central 60 : local 40",
        "verified second hand",
        Words("所得税地方分成", "local share of income tax"),
    ),
    Assumption(
        "accounts.dealer_value_added_share",
        0.05,
        0.02,
        0.08,
        "share",
        "判断：新车毛利占不含税价的比例 / "
        "judgement: dealers' gross margin on new cars, of the price without VAT",
        "judgement",
        Words("经销商增加值占不含税价", "dealers' value added / price without VAT"),
    ),
)

LIMITS: tuple[Words, ...] = (
    Words(
        "税收与增加值不可相加: 税出自增加值。各级税收按法定分成估算, 未计留抵、退税和优惠。",
        "Taxes and value added do not add up: tax is taken out of value added. Shares are the "
        "legal ones, without refunds, carried-over credits or concessions.",
    ),
    Words(
        "工作量按先加班估算, 不等于新增就业; 上游只计本市配套, 不用全国乘数。",
        "Person-months are overtime first, not new jobs; upstream counts suppliers in the city "
        "only, never a national multiplier.",
    ),
    Words(
        "扣除补贴后的财政收支只看本市; 其他城市少卖、少造的车不在账内。",
        "The fiscal balance is this city's alone; what other cities sell or build less is not in "
        "the account.",
    ),
)


# --- upstream: one of two ways ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalInputs:
    """Direct suppliers in the city: this share of the inputs of a car is bought there, (R,)."""

    share: Floats

    def output(self, output_value: Floats, value_added_rate: Floats) -> Floats:
        return self.share * (1.0 - value_added_rate) * output_value


@dataclass(frozen=True, slots=True)
class CityMultiplier:
    """All rounds of suppliers in the city, from the city's own input-output table, (R,)."""

    multiplier: Floats

    def __post_init__(self) -> None:
        if np.any(self.multiplier > LARGEST_CITY_MULTIPLIER):
            raise PromoError(
                f"an output multiplier above {LARGEST_CITY_MULTIPLIER:g} belongs to a nation",
                help="give the city's own, usually 1.1 to 1.8, or a local share of inputs",
            )

    def output(self, output_value: Floats, value_added_rate: Floats) -> Floats:
        del value_added_rate  # the multiplier already counts inputs only
        return (self.multiplier - 1.0) * output_value


@dataclass(frozen=True, slots=True)
class LocalisedTable:
    """All rounds of suppliers in the city, from the national table and local shares, (R,)."""

    parts: Floats
    goods: Floats
    services: Floats

    @property
    def chain(self) -> Chain:
        return chain(local_shares(self.parts, self.goods, self.services))

    def output(self, output_value: Floats, value_added_rate: Floats) -> Floats:
        del value_added_rate  # the table has its own
        return (self.chain.output - 1.0) * output_value

    @property
    def supplier_value_added_rate(self) -> Floats:
        """Value added / output of the suppliers, the car plant left out."""
        chain = self.chain
        added = chain.value_added - VALUE_ADDED[VEHICLES]
        return _share_of(added, chain.output - 1.0)

    @property
    def supplier_persons_per_100m_yuan(self) -> Floats:
        """Staff of the parts industry alone, per 100 million yuan of suppliers' output."""
        return _share_of(self.chain.parts_staff, self.chain.output - 1.0)


def _share_of(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


Upstream: TypeAlias = LocalInputs | CityMultiplier | LocalisedTable


# --- one enterprise ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlantRates:
    """What a car of this enterprise is worth, one value a draw (R,); see `PLANT_ACCOUNTS`."""

    ex_factory_share_of_price_ex_vat: Floats
    value_added_rate: Floats
    person_hours_per_car: Floats
    hours_per_person_month: Floats
    supplier_value_added_rate: Floats
    supplier_persons_per_100m_yuan: Floats
    profit_margin: Floats
    upstream: Upstream


@dataclass(frozen=True, slots=True)
class PlantAccounts:
    """What the extra cars of one enterprise are worth over the horizon, (R,), yuan.

    Attributes
    ----------
    output_value : the plant's own, ex-factory, without VAT
    supplier_output, supplier_value_added : of suppliers inside the city
    person_months : work at the plant and at local suppliers; overtime first, not hires
    consumption_tax : paid by the plant, to the centre
    profit : of plant and local suppliers, the base of income tax
    """

    output_value: Floats
    value_added: Floats
    supplier_output: Floats
    supplier_value_added: Floats
    person_months: Floats
    consumption_tax: Floats
    profit: Floats


def plant_accounts(
    rates: PlantRates, *, built: Floats, price_ex_vat: Floats, consumption_tax_rate: Floats
) -> PlantAccounts:
    """What are the extra cars `built` (R, J), with minus without, worth?

    `price_ex_vat` (J,) in yuan and `consumption_tax_rate` (J,) belong to the vehicles.
    """
    gate_price = rates.ex_factory_share_of_price_ex_vat[:, np.newaxis] * price_ex_vat
    value = built * gate_price
    output_value = value.sum(axis=1)
    supplier_output = rates.upstream.output(output_value, rates.value_added_rate)
    hours = rates.person_hours_per_car * built.sum(axis=1)
    persons = rates.supplier_persons_per_100m_yuan * supplier_output / 1e8
    return PlantAccounts(
        output_value=output_value,
        value_added=rates.value_added_rate * output_value,
        supplier_output=supplier_output,
        supplier_value_added=rates.supplier_value_added_rate * supplier_output,
        person_months=hours / rates.hours_per_person_month + persons * MONTHS_PER_YEAR,
        consumption_tax=(value * consumption_tax_rate).sum(axis=1),
        profit=rates.profit_margin * (output_value + supplier_output),
    )


def consumption_tax_rate(energy: str, displacement_l: float | None) -> float:
    """Rate at the plant's gate, by displacement, in force since September 2008.

    >>> consumption_tax_rate("ICE", 1.5), consumption_tax_rate("ICE", 1.6)
    (0.03, 0.05)
    >>> consumption_tax_rate("BEV", None)
    0.0
    """
    if energy in _ELECTRIC or displacement_l is None:
        return 0.0
    steps = ((1.0, 0.01), (1.5, 0.03), (2.0, 0.05), (2.5, 0.09), (3.0, 0.12), (4.0, 0.25))
    return next((rate for upto, rate in steps if displacement_l <= upto), 0.40)


def purchase_tax_rate(energy: str) -> float:
    """Usual rate on the price without VAT; new-energy cars were exempt up to the end of 2025.

    Dated reliefs of other cars are policies of the market (`without:`), not of this page.
    """
    return 0.0 if energy in _NEW_ENERGY else 0.10


# --- the city ---------------------------------------------------------------------------------

Side: TypeAlias = Literal["costs", "goes", "gains"]
Level: TypeAlias = Literal["city", "province", "central", "firms", "buyers", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the page with both sides: `yuan` (R,), with minus without.

    The side "goes" says where the costs go; it is no third side.

    `level` is a `Level`, or a payer by the name that the campaign's file gives it.
    """

    side: Side
    item: str
    level: str
    yuan: Floats
    words: Words


@dataclass(frozen=True, slots=True)
class CityRates:
    """How the city shares in tax and trade, one value a draw (R,); see `CITY_ACCOUNTS`."""

    vat_effective_rate: Floats
    vat_local_share: Floats
    city_share_of_local_tax: Floats
    surcharge_rate: Floats
    income_tax_rate: Floats
    income_tax_local_share: Floats
    dealer_value_added_share: Floats


@dataclass(frozen=True, slots=True)
class CitySales:
    """Additional sales in the city over the horizon, all makes.

    Attributes
    ----------
    additional : (R, J) cars, with minus without
    price_ex_vat, purchase_tax_rate : (J,) yuan; share of the price without VAT
    """

    additional: Floats
    price_ex_vat: Floats
    purchase_tax_rate: Floats


@dataclass(frozen=True, slots=True)
class CityAccounts:
    """What the campaign is worth to the city and to others, without the subsidy itself, (R,).

    `output_value`, `value_added` and `person_months` are of plants and local suppliers, as the
    measures of that name; `value_added_in_city` counts dealers too and carries the VAT.
    """

    output_value: Floats
    value_added: Floats
    person_months: Floats
    value_added_in_city: Floats
    city_tax_return: Floats
    items: tuple[Item, ...]


def city_rates(drawn: Mapping[str, Floats], draws: int) -> CityRates:
    """The city's rates, from the draws of `CITY_ACCOUNTS` by name; undrawn ones at their value."""
    return CityRates(
        **{
            each.name.removeprefix("accounts."): drawn.get(each.name, np.full(draws, each.value))
            for each in CITY_ACCOUNTS
        }
    )


def city_accounts(
    rates: CityRates, *, plants: Sequence[PlantAccounts], sales: CitySales
) -> CityAccounts:
    """What do plants, local suppliers and dealers add, and who gets which tax of it?"""
    zero = np.zeros(sales.additional.shape[0])
    sales_value = sales.additional * sales.price_ex_vat
    dealers = rates.dealer_value_added_share * sales_value.sum(axis=1)
    plant_added = sum((plant.value_added for plant in plants), zero)
    supplier_added = sum((plant.supplier_value_added for plant in plants), zero)
    added_in_city = plant_added + supplier_added + dealers
    consumption_tax = sum((plant.consumption_tax for plant in plants), zero)
    profit = sum((plant.profit for plant in plants), zero)
    taxes = (
        *_vat(rates, added_in_city, consumption_tax),
        *_income_tax(rates, profit),
        _gain("consumption_tax", "central", consumption_tax),
        _gain("purchase_tax", "central", (sales_value * sales.purchase_tax_rate).sum(axis=1)),
    )
    return CityAccounts(
        output_value=sum((plant.output_value + plant.supplier_output for plant in plants), zero),
        value_added=plant_added + supplier_added,
        person_months=sum((plant.person_months for plant in plants), zero),
        value_added_in_city=added_in_city,
        city_tax_return=sum((tax.yuan for tax in taxes if tax.level == "city"), zero),
        items=(
            _gain("plant_value_added", "firms", plant_added),
            _gain("supplier_value_added", "firms", supplier_added),
            _gain("dealer_value_added", "firms", dealers),
            *taxes,
        ),
    )


def _vat(rates: CityRates, value_added: Floats, consumption_tax: Floats) -> tuple[Item, ...]:
    """VAT on value added in the city, shared; surcharges on it and on consumption tax."""
    vat = rates.vat_effective_rate * value_added
    local = rates.vat_local_share * vat
    city = rates.city_share_of_local_tax * local
    surcharges = rates.surcharge_rate * (vat + consumption_tax)
    return (
        _gain("vat", "city", city),
        _gain("vat", "province", local - city),
        _gain("vat", "central", vat - local),
        _gain("surcharges", "city", surcharges),
    )


def _income_tax(rates: CityRates, profit: Floats) -> tuple[Item, ...]:
    tax = rates.income_tax_rate * profit
    local = rates.income_tax_local_share * tax
    city = rates.city_share_of_local_tax * local
    return (
        _gain("income_tax", "city", city),
        _gain("income_tax", "province", local - city),
        _gain("income_tax", "central", tax - local),
    )


_ITEM_WORDS: dict[str, Words] = {
    "plant_value_added": Words("整车企业增加值", "plants' value added"),
    "supplier_value_added": Words("本地配套企业增加值", "local suppliers' value added"),
    "dealer_value_added": Words("本市经销商增加值", "value added of the city's dealers"),
    "vat": Words("增值税", "VAT"),
    "surcharges": Words("附加税费", "surcharges"),
    "income_tax": Words("企业所得税", "corporate income tax"),
    "consumption_tax": Words("消费税", "consumption tax"),
    "purchase_tax": Words("车辆购置税", "vehicle purchase tax"),
}


def _gain(item: str, level: Level, yuan: Floats) -> Item:
    return Item("gains", item, level, yuan, _ITEM_WORDS[item])
