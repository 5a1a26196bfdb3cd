"""What are the columns, facts, types and units of every table that crosses a folder?

Everything here is a noun of the field without behaviour: the facts a condition may ask for, the
columns of the vehicle, buyer and sales tables, an assumption, a measure of the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

FEN_PER_YUAN = 100
DAYS_PER_MONTH = 30.4
ENERGIES = ("ICE", "HEV", "PHEV", "EREV", "BEV", "FCEV")


class Words(NamedTuple):
    """The same words in both languages of the program."""

    zh: str
    en: str


class FactType(StrEnum):
    """The types that a condition can compare."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"  # in conditions: yuan with up to two decimals; in frames: Int64 fen
    DAY = "day"
    FLAG = "flag"


Changing: TypeAlias = Literal["changeable", "fixed"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of a purchase: its type, whether the buyer could still change it, the paper.

    `order` of changing follows the order of `FACTS`; `document` names what proves the fact.
    """

    name: str
    type: FactType
    changing: Changing
    document: Words
    words: Words
    choices: tuple[str, ...] = ()


_INVOICE = Words("机动车销售统一发票", "unified motor-vehicle sales invoice")
_REGISTRATION = Words("机动车登记证书", "vehicle registration certificate")
_CERTIFICATE = Words("整车出厂合格证", "factory certificate")
_IDENTITY = Words("居民身份证或营业执照", "identity card or business licence")
_OLD_CAR = Words("旧车登记证书或报废回收证明", "old car's registration or scrapping certificate")
_HOUSEHOLD = Words("申报材料", "application form")
_ORDER = Words("购车合同", "purchase contract")
_CLAIM = Words("申领记录", "claim record")

_FACTS = (
    Fact(
        "price",
        FactType.MONEY,
        "changeable",
        _INVOICE,
        Words("价税合计", "invoice price with VAT"),
    ),
    Fact(
        "price_ex_vat",
        FactType.MONEY,
        "changeable",
        _INVOICE,
        Words("不含税价", "price without VAT"),
    ),
    Fact(
        "energy", FactType.TEXT, "changeable", _CERTIFICATE, Words("动力类型", "energy"), ENERGIES
    ),
    Fact("order_date", FactType.DAY, "changeable", _ORDER, Words("订购日期", "order date")),
    Fact("invoice_date", FactType.DAY, "changeable", _INVOICE, Words("开票日期", "invoice date")),
    Fact(
        "registration_date",
        FactType.DAY,
        "changeable",
        _REGISTRATION,
        Words("注册登记日期", "first-registration date"),
    ),
    Fact("claim_date", FactType.DAY, "changeable", _CLAIM, Words("申领日期", "claim date")),
    Fact(
        "registered_in", FactType.TEXT, "changeable", _REGISTRATION, Words("上牌地", "plated in")
    ),
    Fact("dealer", FactType.TEXT, "changeable", _INVOICE, Words("经销商", "dealer")),
    Fact(
        "dealer_listed",
        FactType.FLAG,
        "changeable",
        _INVOICE,
        Words("参与经销商", "listed dealer"),
    ),
    Fact("made_in", FactType.TEXT, "changeable", _INVOICE, Words("产地", "made in")),
    Fact("maker", FactType.TEXT, "changeable", _CERTIFICATE, Words("生产企业", "maker")),
    Fact("brand", FactType.TEXT, "changeable", _CERTIFICATE, Words("品牌", "brand")),
    Fact("model", FactType.TEXT, "changeable", _CERTIFICATE, Words("车型", "model")),
    Fact("vehicle", FactType.TEXT, "changeable", _CERTIFICATE, Words("配置", "vehicle (trim)")),
    Fact("segment", FactType.TEXT, "changeable", _CERTIFICATE, Words("级别", "segment")),
    Fact(
        "displacement_l", FactType.NUMBER, "changeable", _CERTIFICATE, Words("排量(升)", "litres")
    ),
    Fact("seats", FactType.NUMBER, "changeable", _CERTIFICATE, Words("座位数", "seats")),
    Fact(
        "electric_range_km",
        FactType.NUMBER,
        "changeable",
        _CERTIFICATE,
        Words("纯电续航", "range, km"),
    ),
    Fact(
        "in_catalogue",
        FactType.FLAG,
        "changeable",
        _CERTIFICATE,
        Words("在目录内", "in the catalogue"),
    ),
    Fact(
        "buyer_kind",
        FactType.TEXT,
        "fixed",
        _IDENTITY,
        Words("购买方类型", "kind of buyer"),
        ("individual", "firm", "public body"),
    ),
    Fact("residence", FactType.TEXT, "fixed", _IDENTITY, Words("居住地", "residence")),
    Fact("first_car", FactType.FLAG, "fixed", _HOUSEHOLD, Words("首次购车", "first car")),
    Fact("income_yearly", FactType.MONEY, "fixed", _HOUSEHOLD, Words("年收入", "yearly income")),
    Fact(
        "trade_in",
        FactType.TEXT,
        "changeable",
        _OLD_CAR,
        Words("旧车处置", "old car"),
        ("none", "scrapped", "sold"),
    ),
    Fact(
        "trade_in_registered",
        FactType.DAY,
        "fixed",
        _OLD_CAR,
        Words("旧车注册日期", "old car first registered"),
    ),
    Fact(
        "trade_in_owned_since",
        FactType.DAY,
        "fixed",
        _OLD_CAR,
        Words("旧车取得日期", "old car owned since"),
    ),
    Fact("trade_in_energy", FactType.TEXT, "fixed", _OLD_CAR, Words("旧车动力", "old car energy")),
    Fact(
        "identity_matches",
        FactType.FLAG,
        "changeable",
        _CLAIM,
        Words("姓名证件一致", "names agree on all papers"),
    ),
)
FACTS: dict[str, Fact] = {fact.name: fact for fact in _FACTS}

CLOCKS: dict[str, str] = {
    "order": "order_date",
    "invoice": "invoice_date",
    "registration": "registration_date",
    "claim": "claim_date",
}
EVENT_ORDER = ("order", "invoice", "registration", "claim", "approval")

# One row per vehicle (a trim) of the catalogue. Money in fen; `made_in` is a place name.
VEHICLE_COLUMNS: dict[str, str] = {
    "vehicle": "text, unique",
    "model": "text; trims of one model share it",
    "brand": "text",
    "maker": "text",
    "made_in": "text, place of the plant",
    "segment": "text",
    "energy": "text, one of ENERGIES",
    "price": "Int64, fen with VAT",
    "price_ex_vat": "Int64, fen",
    "displacement_l": "Float64 or null",
    "seats": "Float64 or null",
}

# One row per month and vehicle: cars sold to buyers of the city.
SALES_COLUMNS: dict[str, str] = {
    "month": "Date, first day of the month",
    "vehicle": "text",
    "units": "Int64, cars",
}


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number nobody published, or published elsewhere: value, range, unit, source, status.

    `value` is the median of the draws; `low` and `high` are the ends of the range that the draws
    cover and that "what moves the answer" tries. `status` is one of `verified`,
    `verified second hand`, `derived`, `recalled`, `judgement`, `not published`, `measured`.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    status: str
    words: Words


class Standing(StrEnum):
    """How far the result rests on published facts."""

    PUBLISHED = "published"
    PART_ASSUMED = "part assumed"
    ILLUSTRATIVE = "illustrative"


Basis: TypeAlias = Literal["gross", "net", "identity"]


@dataclass(frozen=True, slots=True)
class MeasureKind:
    """The public definition of one measure of the JSON contract."""

    name: str
    unit: str
    basis: Basis
    words: Words


_M = MeasureKind
_MEASURES = (
    _M("subsidised_cars", "cars", "gross", Words("获补贴车辆", "subsidised cars")),
    _M("spend", "CNY", "gross", Words("补贴支出", "public money spent")),
    _M("budget", "CNY", "gross", Words("资金池", "budget")),
    _M(
        "exhaustion_probability",
        "share",
        "gross",
        Words("资金用完的概率", "probability that the money runs out"),
    ),
    _M("exhaustion_day", "days", "gross", Words("资金用完日(第几天)", "day the money runs out")),
    _M(
        "would_have_bought_anyway",
        "cars",
        "identity",
        Words("本来就会买", "would have bought anyway"),
    ),
    _M("switched", "cars", "identity", Words("换了车型", "switched vehicle")),
    _M("moved_in_time", "cars", "identity", Words("提前或推迟", "moved in time")),
    _M("came_from_outside", "cars", "identity", Words("外地购车人", "came from outside")),
    _M("new_buyers", "cars", "identity", Words("新增购车人", "new buyers")),
    _M(
        "additional_cars_in_window",
        "cars",
        "net",
        Words("活动期内净增", "additional cars, window"),
    ),
    _M(
        "additional_cars_in_horizon",
        "cars",
        "net",
        Words("观察期内净增", "additional cars, horizon"),
    ),
    _M(
        "additional_local_cars_in_window",
        "cars",
        "net",
        Words("本地产车活动期净增", "additional local cars, window"),
    ),
    _M(
        "additional_local_cars_in_horizon",
        "cars",
        "net",
        Words("本地产车观察期净增", "additional local cars, horizon"),
    ),
    _M("built_in_window", "cars", "net", Words("活动期内多生产", "cars built, window")),
    _M("built_in_horizon", "cars", "net", Words("观察期内多生产", "cars built, horizon")),
    _M(
        "pull_through_per_subsidised_car",
        "ratio",
        "net",
        Words("每辆获补贴车拉动生产", "built per subsidised car"),
    ),
    _M(
        "pull_through_per_additional_car",
        "ratio",
        "net",
        Words("每辆净增车拉动生产", "built per additional car"),
    ),
    _M(
        "sales_value_subsidised",
        "CNY",
        "gross",
        Words("获补贴车辆销售额", "sales value, subsidised cars"),
    ),
    _M("leverage_gross", "ratio", "gross", Words("撬动比(毛)", "leverage, gross")),
    _M(
        "sales_value_additional",
        "CNY",
        "net",
        Words("净增销售额", "sales value, additional"),
    ),
    _M("leverage_net", "ratio", "net", Words("撬动比(净)", "leverage, net")),
    _M("output_value", "CNY", "net", Words("产值", "output value")),
    _M("value_added", "CNY", "net", Words("增加值", "value added")),
    _M("person_months", "months", "net", Words("工作量(人月)", "person-months of work")),
    _M("city_tax_return", "CNY", "net", Words("市级税收回流", "the city's tax return")),
    _M("consumer_gain", "CNY", "net", Words("购车人得益", "consumers' gain")),
    _M(
        "cost_per_additional_car",
        "CNY",
        "net",
        Words("每辆净增车成本", "cost per additional car"),
    ),
    _M(
        "cost_per_local_car_built",
        "CNY",
        "net",
        Words("每辆多生产车成本", "cost per local car built"),
    ),
)
MEASURES: dict[str, MeasureKind] = {kind.name: kind for kind in _MEASURES}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured quantity over the draws: its definition, its spread, its sampling error.

    Attributes
    ----------
    draws : (R,) one value a draw; infinite where the thing never happens in that draw
    se : standard error of `mean` from independent scramblings of the draws
    never : share of draws in which it never happens
    group : what it is split by, such as {"pot": "main"}, or None for the whole
    reason : why there is no value, where there is none
    """

    kind: MeasureKind
    draws: Floats
    mean: float | None
    se: float | None
    p05: float | None
    p50: float | None
    p95: float | None
    never: float
    standing: Standing
    group: dict[str, str] | None = None
    reason: Words | None = None


Json: TypeAlias = dict[str, Any]
