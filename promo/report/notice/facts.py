"""How does a notice speak of the facts of a purchase: names, units, values, true and untrue?

A fact that is not listed here keeps its words of the schema; a value that is not listed stays as
the campaign writes it.
"""

from __future__ import annotations

import re

from promo.report.words import Language, chosen
from promo.schema import FACTS, Words

# Where the words of the schema are too short for a sentence, or carry their unit.
NAMES: dict[str, Words] = {
    "price": Words("车价（价税合计）", "price with VAT"),
    "price_ex_vat": Words("车价（不含税）", "price without VAT"),
    "list_price": Words("厂家指导价（含税）", "list price with VAT"),
    "list_price_ex_vat": Words("厂家指导价（不含税）", "list price without VAT"),
    "energy": Words("新车动力类型", "energy of the new car"),
    "registered_in": Words("新车上牌地", "place of registration of the new car"),
    "registered_in_province": Words("新车上牌省份", "province of registration of the new car"),
    "made_in": Words("新车产地", "place where the new car was made"),
    "made_in_province": Words("新车产地省份", "province where the new car was made"),
    "registration_date": Words("新车注册登记日期", "registration date"),
    "registration_time": Words("新车注册登记时间", "time of registration"),
    "invoice_time": Words("开票时间", "time of the invoice"),
    "order_time": Words("订购时间", "time of the order"),
    "claim_time": Words("申领时间", "time of the claim"),
    "displacement_l": Words("排量", "engine displacement"),
    "seats": Words("座位数", "number of seats"),
    "electric_range_km": Words("纯电续航里程", "electric range"),
    "emission_class": Words("新车排放标准（国标或者欧标）", "emission stage of the new car"),
    "co2_g_km": Words("二氧化碳排放量", "CO2 emission"),
    "miles_per_gallon": Words("新车每加仑行驶里程", "fuel economy of the new car"),
    "battery_kwh": Words("动力电池容量", "battery capacity"),
    "battery_price_ex_vat": Words("动力电池价格（不含税）", "battery price without VAT"),
    "lease_months": Words("租赁期限", "term of the lease"),
    "income_yearly": Words("年收入", "yearly income"),
    "household_income": Words("家庭收入（或者收入指标）", "household income or its indicator"),
    "residence": Words("购车人居住地", "residence of the buyer"),
    "trade_in": Words("旧车处置方式", "disposal of the old car"),
    "trade_in_registered": Words("旧车注册登记日期", "first registration of the old car"),
    "trade_in_owned_since": Words("旧车取得日期", "day the old car was acquired"),
    "trade_in_energy": Words("旧车动力类型", "energy of the old car"),
    "trade_in_date": Words("旧车注销或者转出日期", "day the old car was scrapped or passed on"),
    "trade_in_destination": Words("旧车转入地", "place to which the old car went"),
    "trade_in_age_years": Words("旧车车龄", "age of the old car"),
    "trade_in_owned_days": Words("旧车持有时间", "time the old car was owned"),
    "trade_in_insured_days": Words(
        "旧车连续登记并投保时间", "time the old car was continuously registered and insured"
    ),
    "trade_in_emission_class": Words(
        "旧车排放标准（国标或者欧标）", "emission stage of the old car"
    ),
    "trade_in_category": Words("旧车类型", "category of the old car"),
    "trade_in_model_year": Words("旧车年款", "model year of the old car"),
    "trade_in_miles_per_gallon": Words("旧车每加仑行驶里程", "fuel economy of the old car"),
    "vehicle_class": Words("车辆类别", "class of vehicle"),
    "vehicle_category": Words("新车类型", "category of the new car"),
    "voucher_face": Words("消费券面额", "face value of the voucher"),
    "voucher_redeemed": Words("消费券核销时间", "time the voucher was redeemed"),
    "voucher_expires": Words("消费券失效时间", "time the voucher expires"),
    "buyer_kind": Words("购买方", "buyer"),
    "paid_to_buyer": Words("本人已获补贴次数", "earlier payments to this buyer"),
    "paid_to_household": Words("本户已获补贴次数", "earlier payments to this household"),
    "paid_to_firm": Words("本单位已获补贴次数", "earlier payments to this firm"),
    "paid_for_vin": Words("本车已获补贴次数", "earlier payments for this car"),
    "already_paid": Words("本申请已付金额", "amount already paid on this claim"),
    "dealer_listed": Words("经销商是否参与活动", "participation of the dealer"),
    "in_catalogue": Words("车型是否在规定的目录内", "entry of the model in the catalogue"),
    "first_car": Words("是否首次购车", "first car or not"),
    "identity_matches": Words("身份信息是否一致", "agreement of names and identity"),
    "battery_swap": Words("是否换电模式", "battery-swap car or not"),
    "battery_invoiced_apart": Words("电池是否单独开票", "separate invoice for the battery"),
    "buyer_is_dealer": Words("购买方是否为参与经销商或者其关联方", "tie of the buyer to a dealer"),
    "maker_share_granted": Words("企业让利是否兑现", "grant of the maker's share"),
    "paid_elsewhere": Words("是否享受过互斥政策", "payment under an excluded programme"),
}

# A unit stands behind its number.
UNITS: dict[str, Words] = {
    "displacement_l": Words("升", " litres"),
    "seats": Words("座", ""),
    "electric_range_km": Words("公里", " km"),
    "emission_class": Words("阶段", ""),
    "trade_in_emission_class": Words("阶段", ""),
    "co2_g_km": Words("克/公里", " g/km"),
    "miles_per_gallon": Words("英里", " miles per gallon"),
    "trade_in_miles_per_gallon": Words("英里", " miles per gallon"),
    "battery_kwh": Words("千瓦时", " kWh"),
    "lease_months": Words("个月", " months"),
    "trade_in_age_years": Words("年", " years"),
    "trade_in_owned_days": Words("天", " days"),
    "trade_in_insured_days": Words("天", " days"),
    "trade_in_model_year": Words("年", ""),
    "paid_to_buyer": Words("次", ""),
    "paid_to_household": Words("次", ""),
    "paid_to_firm": Words("次", ""),
    "paid_for_vin": Words("次", ""),
}

ENERGY: dict[str, Words] = {
    "ICE": Words("燃油", "a combustion car"),
    "HEV": Words("普通混合动力", "a hybrid without plug"),
    "PHEV": Words("插电式混合动力", "a plug-in hybrid"),
    "EREV": Words("增程式电动", "a range-extended electric car"),
    "BEV": Words("纯电动", "a battery-electric car"),
    "FCEV": Words("燃料电池", "a fuel-cell car"),
}
_OLD_FUELS = {
    "ICE": Words("燃油", "petrol or diesel"),
    "HEV": Words("普通混合动力", "petrol, as a hybrid without plug"),
    "PHEV": Words("插电式混合动力", "petrol and mains electricity"),
    "EREV": Words("增程式电动", "mains electricity with a range extender"),
    "BEV": Words("纯电动", "mains electricity alone"),
    "FCEV": Words("燃料电池", "hydrogen"),
    "NEV": Words("新能源", "new energy"),
    "petrol": Words("汽油", "petrol"),
    "diesel": Words("柴油", "diesel"),
    "other": Words("其他燃料", "other fuel"),
}
_CATEGORIES = {
    "passenger": Words("乘用车", "passenger car"),
    "truck": Words("货车", "truck"),
    "bus": Words("客车", "bus"),
    "commercial": Words("商用车", "commercial vehicle"),
    "other": Words("其他", "other"),
    "category 1": Words("第一类", "category 1"),
    "category 2": Words("第二类", "category 2"),
    "category 3": Words("第三类", "category 3"),
    "M1": Words("M1类乘用车", "M1 (passenger car)"),
    "pickup": Words("皮卡", "pickup"),
    "bus of 7 m or more": Words("7米以上的客车", "bus of 7 m or more"),
    "truck of 4.5 t or more": Words("载质量4.5吨以上的货车", "truck of 4.5 t or more"),
    "tractor of that class": Words("同等的牵引车", "tractor of that class"),
    "minibus under 3.5 m": Words("3.5米以下的微型客车", "minibus under 3.5 m"),
    "other commercial": Words("其他商用车", "other commercial vehicle"),
    "trailer": Words("挂车", "trailer"),
}
VALUES: dict[str, dict[str, Words]] = {
    "energy": ENERGY,
    "trade_in_energy": _OLD_FUELS,
    "buyer_kind": {
        "individual": Words("个人", "an individual"),
        "firm": Words("企业", "a firm"),
        "public body": Words("机关事业单位", "a public body"),
    },
    "trade_in": {
        "none": Words("无旧车", "not there"),
        "scrapped": Words("报废", "scrapped"),
        "sold": Words("转让", "passed on"),
    },
    "vehicle_use": {
        "private": Words("非营运", "private"),
        "commercial": Words("营运", "commercial"),
    },
    "vehicle_class": _CATEGORIES,
    "vehicle_category": _CATEGORIES,
    "trade_in_category": _CATEGORIES,
}

# What a flag says when it holds, and when it does not.
FLAGS: dict[str, tuple[Words, Words]] = {
    "dealer_listed": (
        Words("新车购自参与活动的经销商", "the dealer is on the list of participating dealers"),
        Words("新车不是购自参与活动的经销商", "the dealer is not on that list"),
    ),
    "in_catalogue": (
        Words("新车车型在规定的目录内", "the model is in the official catalogue"),
        Words("新车车型不在规定的目录内", "the model is not in the official catalogue"),
    ),
    "first_car": (
        Words("购车人为首次购车", "it is the buyer's first car"),
        Words("购车人不是首次购车", "it is not the buyer's first car"),
    ),
    "identity_matches": (
        Words(
            "各项材料和申领账号上的姓名、证件等身份信息一致",
            "name and identity agree on all papers and on the account that claims",
        ),
        Words(
            "各项材料和申领账号上的姓名、证件等身份信息不一致",
            "name or identity differ between the papers or the account that claims",
        ),
    ),
    "battery_swap": (
        Words("新车为换电模式车辆", "the new car is a battery-swap car"),
        Words("新车不是换电模式车辆", "the new car is no battery-swap car"),
    ),
    "battery_invoiced_apart": (
        Words("动力电池单独开具发票", "the battery is on an invoice of its own"),
        Words("动力电池没有单独开具发票", "the battery is not on an invoice of its own"),
    ),
    "buyer_is_dealer": (
        Words(
            "购买方是参与活动的经销商或者其关联方",
            "the buyer is a participating dealer or tied to one",
        ),
        Words(
            "购买方不是参与活动的经销商，也不是其关联方",
            "the buyer is neither a participating dealer nor tied to one",
        ),
    ),
    "maker_share_granted": (
        Words("企业承担的让利已经兑现", "the maker's own share has been granted"),
        Words("企业承担的让利没有兑现", "the maker's own share has not been granted"),
    ),
    "paid_elsewhere": (
        Words(
            "已经享受不得与本活动同时享受的政策",
            "something was already paid under an excluded programme",
        ),
        Words(
            "没有享受过不得与本活动同时享受的政策",
            "nothing was paid under an excluded programme",
        ),
    ),
}

# Where "the name is the value" is no English.
PREDICATES: dict[str, Words] = {
    "energy": Words("{left}为{right}", "the new car is {right}"),
    "trade_in": Words("{left}为{right}", "the old car is {right}"),
    "registered_in": Words("{left}为{right}", "the new car is registered in {right}"),
    "registered_in_province": Words("{left}为{right}", "the new car is registered in {right}"),
    "made_in": Words("{left}为{right}", "the new car was made in {right}"),
    "made_in_province": Words("{left}为{right}", "the new car was made in {right}"),
    "trade_in_energy": Words("{left}为{right}", "the old car ran on {right}"),
    "trade_in_destination": Words("{left}为{right}", "the old car went to {right}"),
    "vehicle_use": Words("{left}为{right}", "the car is in {right} use"),
    "residence": Words("{left}为{right}", "the buyer lives in {right}"),
}
DENIALS: dict[str, Words] = {
    "energy": Words("{left}不是{right}", "the new car is not {right}"),
    "trade_in": Words("{left}不是{right}", "the old car is not {right}"),
    "registered_in": Words("{left}不是{right}", "the new car is not registered in {right}"),
    "registered_in_province": Words(
        "{left}不是{right}", "the new car is not registered in {right}"
    ),
    "made_in": Words("{left}不是{right}", "the new car was not made in {right}"),
    "made_in_province": Words("{left}不是{right}", "the new car was not made in {right}"),
    "trade_in_energy": Words("{left}不是{right}", "the old car did not run on {right}"),
    "trade_in_destination": Words("{left}不是{right}", "the old car did not go to {right}"),
    "vehicle_use": Words("{left}不是{right}", "the car is not in {right} use"),
    "residence": Words("{left}不是{right}", "the buyer does not live in {right}"),
}

_UNIT_IN_NAME = re.compile(r"[(（][^()（）]*[)）]$")


def fact_name(name: str, language: Language) -> str:
    """What a fact is called in a sentence.

    >>> fact_name("price", "zh"), fact_name("price", "en")
    ('车价（价税合计）', 'price with VAT')
    """
    known = NAMES.get(name)
    if known is not None:
        return chosen(known, language)
    return _UNIT_IN_NAME.sub("", chosen(FACTS[name].words, language)).strip()


def unit(name: str, language: Language) -> str:
    """What stands behind a number of this fact."""
    known = UNITS.get(name)
    if known is None:
        return ""
    return known.zh if language == "zh" else known.en


def value_word(name: str, value: str, language: Language) -> str:
    """What a value of a text fact is called.

    >>> value_word("energy", "BEV", "zh"), value_word("registered_in", "开封", "en")
    ('纯电动', '开封')
    """
    known = VALUES.get(name, {}).get(value)
    return chosen(known, language) if known is not None else value


def flag_words(name: str, language: Language, *, holds: bool) -> str:
    """A flag as a clause."""
    if name in FLAGS:
        return chosen(FLAGS[name][0 if holds else 1], language)
    said = chosen(FACTS[name].words, language)
    if language == "zh":
        return f"属于“{said}”" if holds else f"不属于“{said}”"
    return f"it is true that: {said}" if holds else f"it is not true that: {said}"
