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
    MOMENT = "moment"  # local wall clock, to the second
    FLAG = "flag"


Changing: TypeAlias = Literal["changeable", "fixed", "ledger"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of a purchase: its type, whether the buyer could still change it, the paper.

    `document` names what proves the fact. A `ledger` fact is known to the payer, not to the buyer:
    where nothing is written it is zero or untrue, never missing. `step` is the least change of a
    number (fen, days and seconds are those of money, days and moments).
    """

    name: str
    type: FactType
    changing: Changing
    document: Words
    words: Words
    choices: tuple[str, ...] = ()
    step: float = 1


_INVOICE = Words("机动车销售统一发票", "unified motor-vehicle sales invoice")
_REGISTRATION = Words("机动车登记证书", "vehicle registration certificate")
_CERTIFICATE = Words("整车出厂合格证", "factory certificate")
_IDENTITY = Words("居民身份证或营业执照", "identity card or business licence")
_OLD_CAR = Words("旧车登记证书或报废回收证明", "old car's registration or scrapping certificate")
_HOUSEHOLD = Words("申报材料", "application form")
_ORDER = Words("购车合同", "purchase contract")
_CLAIM = Words("申领记录", "claim record")
_TEXT, _NUMBER, _MONEY = FactType.TEXT, FactType.NUMBER, FactType.MONEY
_DAY, _MOMENT, _FLAG = FactType.DAY, FactType.MOMENT, FactType.FLAG
_LEDGER = Words("发放台账", "ledger of payments")
_VOUCHER = Words("消费券记录", "voucher record")
_PRICE_LIST = Words("厂家指导价目", "maker's price list")
_LEASE = Words("租赁合同", "lease contract")

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
        "displacement_l",
        FactType.NUMBER,
        "changeable",
        _CERTIFICATE,
        Words("排量(升)", "litres"),
        step=0.1,
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
    Fact(
        "list_price",
        _MONEY,
        "changeable",
        _PRICE_LIST,
        Words("厂家指导价(含税)", "list price with VAT"),
    ),
    Fact(
        "list_price_ex_vat",
        _MONEY,
        "changeable",
        _PRICE_LIST,
        Words("厂家指导价(不含税)", "list price without VAT"),
    ),
    Fact(
        "battery_price_ex_vat",
        _MONEY,
        "changeable",
        _INVOICE,
        Words("动力电池不含税价", "battery price without VAT"),
    ),
    Fact("battery_swap", _FLAG, "changeable", _CERTIFICATE, Words("换电模式", "battery-swap car")),
    Fact(
        "battery_invoiced_apart",
        _FLAG,
        "changeable",
        _INVOICE,
        Words("电池单独开票", "battery on an invoice of its own"),
    ),
    Fact(
        "vehicle_class", _TEXT, "changeable", _CERTIFICATE, Words("车辆类别", "class of vehicle")
    ),
    Fact(
        "vehicle_category",
        _TEXT,
        "changeable",
        _CERTIFICATE,
        Words("车辆类型代码", "category of vehicle"),
    ),
    Fact(
        "vehicle_use",
        _TEXT,
        "changeable",
        _REGISTRATION,
        Words("使用性质", "use"),
        ("private", "commercial"),
    ),
    Fact(
        "emission_class",
        _NUMBER,
        "changeable",
        _CERTIFICATE,
        Words("排放阶段(国几、欧几)", "emission class (CN or Euro number)"),
    ),
    Fact("co2_g_km", _NUMBER, "changeable", _CERTIFICATE, Words("二氧化碳(克/公里)", "CO2, g/km")),
    Fact(
        "miles_per_gallon",
        _NUMBER,
        "changeable",
        _CERTIFICATE,
        Words("油耗(英里/加仑)", "miles per gallon"),
    ),
    Fact(
        "battery_kwh",
        _NUMBER,
        "changeable",
        _CERTIFICATE,
        Words("电池容量(千瓦时)", "battery, kWh"),
        step=0.1,
    ),
    Fact(
        "lease_months",
        _NUMBER,
        "changeable",
        _LEASE,
        Words("租赁月数(购买为零)", "months of lease (0: bought)"),
    ),
    Fact("order_time", _MOMENT, "changeable", _ORDER, Words("订购时刻", "order time")),
    Fact("invoice_time", _MOMENT, "changeable", _INVOICE, Words("开票时刻", "invoice time")),
    Fact(
        "registration_time",
        _MOMENT,
        "changeable",
        _REGISTRATION,
        Words("注册登记时刻", "registration time"),
    ),
    Fact("claim_time", _MOMENT, "changeable", _CLAIM, Words("申领时刻", "claim time")),
    Fact(
        "registered_in_province",
        _TEXT,
        "changeable",
        _REGISTRATION,
        Words("上牌省份", "province of registration"),
    ),
    Fact(
        "made_in_province",
        _TEXT,
        "changeable",
        _CERTIFICATE,
        Words("产地省份", "province of the plant"),
    ),
    Fact(
        "buyer_is_dealer",
        _FLAG,
        "fixed",
        _IDENTITY,
        Words("购买方为参与经销商或关联方", "buyer is a participating dealer or tied to one"),
    ),
    Fact(
        "household_income",
        _MONEY,
        "fixed",
        _HOUSEHOLD,
        Words("家庭收入(或收入指标)", "household income or its indicator"),
    ),
    Fact(
        "trade_in_date",
        _DAY,
        "changeable",
        _OLD_CAR,
        Words("旧车注销或转出日期", "day the old car was scrapped or passed on"),
    ),
    Fact(
        "trade_in_destination",
        _TEXT,
        "changeable",
        _OLD_CAR,
        Words("旧车转入地", "where the old car went"),
    ),
    Fact(
        "trade_in_age_years",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车车龄(年)", "age of the old car, years"),
        step=0.01,
    ),
    Fact(
        "trade_in_owned_days",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车持有天数", "days the old car was owned"),
    ),
    Fact(
        "trade_in_insured_days",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车连续登记投保天数", "days the old car was registered and insured"),
    ),
    Fact(
        "trade_in_emission_class",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车排放阶段(国几、欧几)", "emission class of the old car"),
    ),
    Fact(
        "trade_in_category",
        _TEXT,
        "fixed",
        _OLD_CAR,
        Words("旧车类型代码", "category of the old car"),
    ),
    Fact(
        "trade_in_model_year",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车年款", "model year of the old car"),
    ),
    Fact(
        "trade_in_miles_per_gallon",
        _NUMBER,
        "fixed",
        _OLD_CAR,
        Words("旧车油耗(英里/加仑)", "miles per gallon of the old car"),
    ),
    Fact(
        "voucher_face", _MONEY, "fixed", _VOUCHER, Words("消费券面额", "face value of the voucher")
    ),
    Fact(
        "voucher_redeemed", _MOMENT, "changeable", _VOUCHER, Words("核销时刻", "voucher redeemed")
    ),
    Fact(
        "voucher_expires", _MOMENT, "fixed", _VOUCHER, Words("消费券失效时刻", "voucher expires")
    ),
    Fact(
        "maker_share_granted",
        _FLAG,
        "changeable",
        _INVOICE,
        Words("企业让利已兑现", "maker's share granted"),
    ),
    Fact(
        "paid_to_buyer",
        _NUMBER,
        "ledger",
        _LEDGER,
        Words("本人已获次数", "payments to this buyer so far"),
    ),
    Fact(
        "paid_to_household",
        _NUMBER,
        "ledger",
        _LEDGER,
        Words("本户已获次数", "payments to this household so far"),
    ),
    Fact(
        "paid_to_firm",
        _NUMBER,
        "ledger",
        _LEDGER,
        Words("本单位已获次数", "payments to this firm so far"),
    ),
    Fact(
        "paid_for_vin",
        _NUMBER,
        "ledger",
        _LEDGER,
        Words("本车已获次数", "payments for this car so far"),
    ),
    Fact(
        "paid_elsewhere",
        _FLAG,
        "ledger",
        _LEDGER,
        Words("已享受互斥政策", "paid under an excluded programme"),
    ),
    Fact(
        "already_paid",
        _MONEY,
        "ledger",
        _LEDGER,
        Words("本申请已付金额", "already paid on this claim"),
    ),
)
FACTS: dict[str, Fact] = {fact.name: fact for fact in _FACTS}

# The event of each window, and the fact that dates it; `<event>_time` is its moment.
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
    _M(
        "unpaid_cars",
        "cars",
        "gross",
        Words("符合条件、没有领到钱的车", "eligible cars that got no money"),
    ),
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
    _M(
        "city_tax_return_per_yuan",
        "ratio",
        "net",
        Words("每元补贴的市级税收回流", "the city's tax return per yuan spent"),
    ),
    _M(
        "spend_leaving",
        "CNY",
        "gross",
        Words("流出本市的补贴", "public money that leaves the city"),
    ),
    _M(
        "share_of_spend_leaving",
        "share",
        "gross",
        Words("流出本市的补贴占比", "share of the money that leaves the city"),
    ),
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
