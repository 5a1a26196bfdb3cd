"""What does the model assume of buyers where no one has published a number for this city?

Value, range, unit, source and status of each; a market file may override any by its name. What a
campaign brings about (additional cars, payback, bunching, cars built per sale) is computed and is
never among them.
"""

from __future__ import annotations

from collections.abc import Mapping

from promo.schema import Assumption, Words

DIVERSION_CONCENTRATION = 20.0
"""Of the Dirichlet from which the destinations of lost sales are drawn, with means 0.50 (same
nest), 0.30 (other nests) and 0.20 (not bought). The ranges below are the 5 % and 95 % quantiles of
its two independent parts: not bought is Beta(4, 16), and the same nest among the rest Beta(10, 6).
"""

_CHOICE = (
    Assumption(
        "own_price_elasticity",
        -3.5,
        -6.0,
        -2.0,
        "elasticity of a model's sales to its own price",
        "读到：电动车 -2.1(Muehlegger、Rapson 2022)和 -2.9(Wang)；凭记忆、未核对：-3.1 至 -6.8"
        "(Berry、Levinsohn、Pakes 1995)，-3.28(Goldberg 1995) / "
        "read: -2.1 (Muehlegger & Rapson 2022) and -2.9 (Wang) for electric cars; recalled, not "
        "read here: -3.1 to -6.8 (Berry, Levinsohn & Pakes 1995), -3.28 (Goldberg 1995)",
        "recalled",
        Words("车型自身价格弹性", "own-price elasticity of a model"),
    ),
    Assumption(
        "diversion_not_bought",
        0.20,
        0.075,
        0.36,
        "share of a model's lost sales",
        "判断；弹性取 -3.5 时整个市场为 -0.7，凭记忆的值在 -0.4(EPA 2021)至 -1.0 之间 / "
        "judgement; with elasticity -3.5 it makes the whole market's -0.7, beside recalled values "
        "of -0.4 (EPA 2021) to -1.0 (Berry, Levinsohn & Pakes 2004)",
        "judgement",
        Words("流失销量中不再购车的比例", "lost sales that buy no car"),
    ),
    Assumption(
        "diversion_same_nest",
        0.625,
        0.42,
        0.81,
        "share of a model's lost sales that buy another car",
        "判断：流失销量一半留在同级，三成离开 / "
        "judgement: half of all lost sales stay in the segment, three tenths leave it",
        "judgement",
        Words("改买他车者中留在同级的比例", "lost sales to other cars that stay in the segment"),
    ),
    Assumption(
        "income_exponent",
        0.5,
        0.0,
        1.0,
        "exponent: sensitivity falls with income to this power",
        "判断；没有中国分收入的读数 / "
        "judgement; no reading by income for China (a gap of the literature table)",
        "judgement",
        Words("价格敏感度随收入下降的指数", "how fast sensitivity falls with income"),
    ),
    Assumption(
        "correlation_energy",
        0.5,
        0.2,
        0.7,
        "correlation of tastes, same energy in the segment",
        "判断；车身比动力更能留住买家(KAPSARC，中国分省；数值未见) / "
        "judgement; body type binds more than energy (KAPSARC, Chinese provinces; values not "
        "visible)",
        "judgement",
        Words("同级同动力车型的偏好相关", "correlation inside segment and energy"),
    ),
    Assumption(
        "correlation_trim",
        0.7,
        0.5,
        0.9,
        "correlation of tastes, trims of a model",
        "判断 / judgement",
        "judgement",
        Words("同一车型各配置的偏好相关", "correlation of a model's trims"),
    ),
)

_PERCEPTION = (
    Assumption(
        "pass_through",
        0.93,
        0.73,
        1.0,
        "share of public money that reaches the buyer",
        "0.93：德国 2009 年低价车(Kaul 等 2016)；0.73–0.85：Muehlegger、Rapson 2022；"
        "约 1：Sallee 2011 / "
        "0.93: Kaul, Pfeifer & Witte 2016, Germany 2009, cheap cars; 0.73-0.85: Muehlegger & "
        "Rapson 2022; about 1: Sallee 2011",
        "verified",
        Words("补贴传导到购车人的比例", "pass-through to the buyer"),
    ),
    Assumption(
        "salience",
        0.9,
        0.7,
        1.0,
        "share of the money that counts in the decision",
        "判断：几周后才到账的钱不如当场降价 / "
        "judgement: money paid weeks after the purchase counts for less than a lower price",
        "judgement",
        Words("购车决策中计入的补贴比例", "share of the money that counts"),
    ),
    Assumption(
        "aware_public",
        0.40,
        0.05,
        0.60,
        "share of people at home who learn of it in the end",
        "范围读自电动车补贴的调查：5% 知道(Krause 等 2013)，46% 没听说过任何一项"
        "(Consumer Reports 2022)；其间取值是判断 / "
        "range read in surveys of electric-car incentives: 5 % aware (Krause et al. 2013), 46 % "
        "heard of none (Consumer Reports 2022); the value inside it is a judgement",
        "judgement",
        Words("公众最终知晓率", "awareness of the public"),
    ),
    Assumption(
        "aware_days",
        14.0,
        5.0,
        30.0,
        "days after the announcement, mean time to learn",
        "判断 / judgement",
        "judgement",
        Words("公众知晓所需天数(平均)", "days until the public learns, mean"),
    ),
    Assumption(
        "aware_dealer",
        0.95,
        0.85,
        1.0,
        "share of shoppers told by the seller",
        "判断；2025 年 5 月约七成个人买家用了国补(乘联会) / "
        "judgement; about 70 % of private buyers took the Chinese scheme up in May 2025 (CPCA)",
        "judgement",
        Words("店内购车人知晓率", "awareness at the dealer"),
    ),
)

_TIMING = (
    Assumption(
        "moving_cost_earlier",
        0.02,
        0.01,
        0.04,
        "share of the car's price per month, median",
        "判断；美国曾提前 5 至 8 个月购车，模型要能再现，而不作为假定 / "
        "judgement; purchases were pulled from up to 5-8 months ahead in the United States, which "
        "the model has to reproduce and does not assume",
        "judgement",
        Words("提前一个月购车的代价", "cost of buying a month earlier"),
    ),
    Assumption(
        "moving_cost_later",
        0.04,
        0.02,
        0.08,
        "share of the car's price per month, median",
        "判断：急用车时，晚买比早买代价大 / "
        "judgement: waiting for a car one needs costs more than having it early",
        "judgement",
        Words("推迟一个月购车的代价", "cost of buying a month later"),
    ),
    Assumption(
        "moving_cost_dispersion",
        0.9,
        0.6,
        1.2,
        "standard deviation of the logarithm",
        "判断 / judgement",
        "judgement",
        Words("改期代价的离散度", "dispersion of the cost of moving"),
    ),
    Assumption(
        "landing_days",
        14.0,
        7.0,
        28.0,
        "days, mean time to shop and sign",
        "判断 / judgement",
        "judgement",
        Words("从决定到签约的天数", "days to shop and sign"),
    ),
    Assumption(
        "renewal_belief",
        0.2,
        0.0,
        0.5,
        "chance that buyers give to another round",
        "判断 / judgement",
        "judgement",
        Words("购车人相信还有下一轮的机会", "believed chance of another round"),
    ),
    Assumption(
        "travel_cost_dispersion",
        0.9,
        0.6,
        1.2,
        "standard deviation of the logarithm",
        "判断，同改期代价 / judgement, as for the cost of moving in time",
        "judgement",
        Words("外地购车花费的离散度", "dispersion of the cost of coming from elsewhere"),
    ),
)

POOL: tuple[Assumption, ...] = (
    Assumption(
        "pool_threshold",
        0.35,
        0.25,
        0.80,
        "benefit as a share of the car's price, median",
        "判断：补贴占车价多少，才让原本不买新车的旧车车主改买新车 / "
        "judgement: what a benefit must be of the price before half of those owners buy new",
        "judgement",
        Words("旧车车主改买新车的门槛(占车价)", "benefit that turns owners to a new car"),
    ),
    Assumption(
        "pool_dispersion",
        1.0,
        0.7,
        1.3,
        "standard deviation of the logarithm",
        "判断 / judgement",
        "judgement",
        Words("旧车车主门槛的离散度", "dispersion of that benefit"),
    ),
    Assumption(
        "pool_days",
        60.0,
        30.0,
        90.0,
        "days, mean time until such an owner buys",
        "判断：没有购车计划的人，决定得慢 / judgement: who had no plan decides slowly",
        "judgement",
        Words("旧车车主从愿意到购车的天数", "days until such an owner buys"),
    ),
)
"""Of the replacement pool; drawn only where a market states one."""

_DAYS_TO_CLAIM = Assumption(
    "days_to_claim",
    7.0,
    2.0,
    21.0,
    "days from the purchase, mean",
    "美国 CARS 2009 从成交到经销商申报约一周(占用与已报金额之差)；国内没有公布的数字 / "
    "about a week from sale to claim in CARS 2009 (money committed against money submitted); "
    "no published figure for China",
    "assumed",
    Words("从购车到申领的天数", "days from purchase to claim"),
)
CLAIMING: Mapping[str, Assumption] = {
    "registration": Assumption(
        "days_to_registration",
        7.0,
        3.0,
        21.0,
        "days from the purchase, mean",
        "判断；国内没有公布的数字 / judgement; no published figure for China",
        "judgement",
        Words("从购车到上牌的天数", "days from purchase to plate"),
    ),
    "claim": _DAYS_TO_CLAIM,
    "approval": _DAYS_TO_CLAIM,
}
"""By the event that takes the money; drawn only where that is not the purchase."""

RUSH = Assumption(
    "rush_days",
    3.0,
    2.0,
    7.0,
    "days after the announcement that money runs short",
    "加拿大 iZEV 2025 年 1 月：公布余额将尽后，四家经销商在三天内申报 8,653 笔 / "
    "Canada's iZEV, January 2025: after the end was announced four dealers filed 8,653 claims in "
    "three days",
    "assumed",
    Words("公布将用完后，积压申领几天内报完", "days in which all waiting claims are then filed"),
)
"""Drawn only where the end of a pot is announced before it comes."""

WON: Mapping[str, Assumption] = {
    "vouchers": Assumption(
        "voucher_fulfilment",
        0.90,
        0.70,
        0.98,
        "share of those who win a voucher",
        "泰国首车计划 0.70 至 0.84，美国 CARS 0.98；国内汽车券的核销率未见公布 / "
        "Thailand's first-car scheme 0.70 to 0.84, CARS 0.98; no rate of redemption was published "
        "for a Chinese city's car vouchers",
        "assumed",
        Words("领到券的人中用掉的比例", "winners of a voucher who redeem it"),
    ),
    "lottery": Assumption(
        "weight_of_chance",
        0.8,
        0.6,
        1.0,
        "exponent of the chance to win",
        "判断：小机会被高估，指数 0.61 为 Tversky、Kahneman 1992(凭记忆)，1 为不高估 / "
        "judgement: small chances weigh more than they are, 0.61 in Tversky & Kahneman 1992 "
        "(recalled), 1 if they do not",
        "judgement",
        Words("中签机会在决定中的分量(指数)", "weight of a chance to win (exponent)"),
    ),
}
"""By the way in which money is promised; drawn only where it is not first come."""

BEHAVIOUR: tuple[Assumption, ...] = (*_CHOICE, *_PERCEPTION, *_TIMING)

_SHARE = (0.0, 1.0)
_MOVING = (0.0001, 10.0)
_DISPERSION = (0.05, 5.0)
BOUNDS: Mapping[str, tuple[float, float]] = {
    "own_price_elasticity": (-20.0, -0.1),
    "diversion_not_bought": _SHARE,
    "diversion_same_nest": _SHARE,
    "income_exponent": (0.0, 3.0),
    "correlation_energy": (0.0, 0.95),
    "correlation_trim": (0.0, 0.99),
    "pass_through": _SHARE,
    "salience": _SHARE,
    "aware_public": _SHARE,
    "aware_dealer": _SHARE,
    "aware_days": (0.1, 3650.0),
    "moving_cost_earlier": _MOVING,
    "moving_cost_later": _MOVING,
    "moving_cost_dispersion": _DISPERSION,
    "landing_days": (0.1, 365.0),
    "renewal_belief": _SHARE,
    "travel_cost_dispersion": _DISPERSION,
    "pool_threshold": (0.001, 10.0),
    "pool_dispersion": _DISPERSION,
    "pool_days": (0.1, 3650.0),
    "days_to_registration": (0.0, 365.0),
    "days_to_claim": (0.0, 365.0),
    "rush_days": (1.0, 60.0),
    "voucher_fulfilment": (0.01, 1.0),
    "weight_of_chance": (0.1, 2.0),
}
"""Least and most that a market file may set: beyond them the formulas say nothing, or nonsense."""
