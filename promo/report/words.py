"""Which words does the report use, in Chinese and in English?"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from promo.schema import MEASURES, Standing, Words

Language: TypeAlias = Literal["zh", "en"]

BASIS: dict[str, Words] = {
    "gross": Words("毛", "gross"),
    "net": Words("净", "net"),
    "identity": Words("构成", "part"),
}
STANDING: dict[str, Words] = {
    Standing.PUBLISHED.value: Words("全部依据公布的数", "published"),
    Standing.PART_ASSUMED.value: Words("部分为假设", "part assumed"),
    Standing.ILLUSTRATIVE.value: Words("示意", "illustrative"),
}
STATUS: dict[str, Words] = {
    "verified": Words("已核实", "verified"),
    "verified second hand": Words("转引核实", "verified second hand"),
    "derived": Words("推算", "derived"),
    "recalled": Words("凭记忆", "recalled"),
    "judgement": Words("判断", "judgement"),
    "not published": Words("未公布", "not published"),
    "measured": Words("实测", "measured"),
}
SIDE: dict[str, Words] = {
    "costs": Words("支出", "costs"),
    "goes": Words("去向", "it goes"),
    "gains": Words("收益", "gains"),
}
LEVEL: dict[str, Words] = {
    "city": Words("市", "city"),
    "province": Words("省", "province"),
    "central": Words("中央", "central"),
    "firms": Words("企业", "firms"),
    "buyers": Words("购车人", "buyers"),
    "elsewhere": Words("外地", "elsewhere"),
}
VERDICT: dict[str, Words] = {
    "within": Words("在其中", "within"),
    "below": Words("偏低", "below"),
    "above": Words("偏高", "above"),
}
BACKTEST: dict[str, Words] = {
    "method": Words("方法", "method"),
    "horizon_months": Words("预测月数", "months ahead"),
    "origins": Words("次数", "tries"),
    "mape": Words("平均误差", "mean error"),
    "smape": Words("对称误差", "symmetric"),
    "error_p05": Words("实际/预测 5%", "actual/forecast 5 %"),
    "error_p95": Words("实际/预测 95%", "95 %"),
}
METHODS: dict[str, Words] = {
    "level_and_season": Words("水平加季节", "level and season"),
    "level_season_and_trend": Words("水平、季节加趋势", "level, season, trend"),
    "same_month_last_year": Words("去年同月(朴素)", "same month last year (naive)"),
    "last_month": Words("上月(朴素)", "last month (naive)"),
}

TITLES: dict[str, Words] = {
    "headline": Words("主要结果", "Headline"),
    "money": Words("资金", "Money"),
    "parts": Words(
        "获补贴车辆的五部分(没有活动时会怎样)",
        "The five parts of the subsidised cars",
    ),
    "spend_path": Words("累计支出", "Cumulative spend"),
    "exhaustion": Words("到哪天钱用完的概率", "Chance that the money has run out"),
    "plants": Words("企业逐月生产(辆)", "Plants by month (cars)"),
    "two_by_two": Words("活动与稳产措施两两对照：产量(辆)", "Campaign and measures, cars built"),
    "plant_weeks": Words("企业逐周生产与约束(辆)", "Plants by week and what binds them (cars)"),
    "conquest": Words(
        "本地产车多卖的车从哪里来(辆)", "Where the extra sales of local cars come from (cars)"
    ),
    "unmet": Words("买不到现车的人(人)", "Buyers who find no car (buyers)"),
    "targets": Words("全年产量与目标(辆)", "Output of the year against the target (cars)"),
    "monthly_sales": Words("全市逐月销量(辆)", "City sales by month (cars)"),
    "accounts": Words("收支两面", "Accounts, both sides"),
    "sensitivity": Words("哪些假设左右结果", "What moves the answer"),
    "additionality": Words(
        "净增车辆与购车人对下一轮的预期", "Additional cars by belief in another round"
    ),
    "beside_published": Words("与已公布的反应对照", "Beside published responses"),
    "identity": Words("观察期恒等式", "Identity of the horizon"),
    "assumptions": Words("假设", "Assumptions"),
    "vehicles": Words("分车型(各次抽样的平均)", "By vehicle (means over draws)"),
    "backtest": Words("预测方法的历史误差", "Past error of the forecast"),
    "limits": Words("不适用的情形", "Limits"),
    "warnings": Words("请注意", "Warnings"),
    "sources": Words("假设的来源", "Sources of the assumptions"),
    "provenance": Words("来历", "Provenance"),
    "differences": Words("方案之差", "Differences between designs"),
    "designs": Words("各方案的主要结果", "Headline of each design"),
}

HEADINGS: dict[str, Words] = {
    "measure": Words("指标", "measure"),
    "basis": Words("口径", "basis"),
    "unit": Words("单位", "unit"),
    "mean": Words("平均", "mean"),
    "p50": Words("中位", "median"),
    "interval": Words("九成区间", "9 in 10 draws"),
    "se": Words("标准误", "se"),
    "never": Words("不发生", "never"),
    "note": Words("说明", "note"),
    "pot": Words("资金池", "pot"),
    "share_of_cars": Words("占比", "share"),
    "plant": Words("企业", "plant"),
    "month": Words("月份", "month"),
    "day": Words("日期", "day"),
    "until": Words("截至", "by the end of"),
    "run_out": Words("已用完", "run out"),
    "left": Words("仍有余", "money left"),
    "built_without": Words("无活动", "without"),
    "built_with": Words("有活动", "with"),
    "extra": Words("净多产", "extra, net"),
    "dealer_stock_without": Words("经销商库存(无活动)", "stock without"),
    "dealer_stock_with": Words("经销商库存(有活动)", "stock with"),
    "capacity": Words("产能", "capacity"),
    "utilisation_with": Words("产能利用率", "used"),
    "week": Words("周起", "week from"),
    "sold_with": Words("销量", "sold"),
    "built_by_week": Words("产量", "built"),
    "built_by_week_without": Words("无活动产量", "built without"),
    "ordered_with": Words("经销商订货", "ordered"),
    "plant_stock_with": Words("厂内库存", "plant stock"),
    "binding": Words("约束", "what binds"),
    "binding_share": Words("占抽样", "of draws"),
    "built_bare": Words("无措施产量", "no measures"),
    "binding_bare": Words("无措施时的约束", "what binds without measures"),
    "binding_bare_share": Words("占抽样", "of draws"),
    "year": Words("年份", "year"),
    "target": Words("目标", "target"),
    "net": Words("净", "net"),
    "source_of_sales": Words("来自", "from"),
    "year_output": Words("全年产量", "output of the year"),
    "reached": Words("达标概率", "target reached"),
    "of_estimate": Words("估计的九成区间", "9 in 10 of the estimate"),
    "built_in_window": Words("活动期内", "in the window"),
    "built_in_horizon": Words("观察期内", "in the horizon"),
    "without": Words("无活动", "without"),
    "with_": Words("有活动", "with"),
    "additional": Words("净增", "additional"),
    "item": Words("项目", "item"),
    "side": Words("方向", "side"),
    "level": Words("归属", "whose"),
    "yuan": Words("金额", "amount"),
    "standing": Words("依据", "standing"),
    "assumption": Words("假设", "assumption"),
    "name": Words("名称", "name"),
    "value": Words("取值", "value"),
    "range": Words("范围", "range"),
    "low_value": Words("低值", "low"),
    "high_value": Words("高值", "high"),
    "at_low": Words("取低值时", "at low"),
    "at_base": Words("基准", "base"),
    "at_high": Words("取高值时", "at high"),
    "variance_share": Words("方差占比", "of variance"),
    "belief": Words("相信还有下一轮", "believed chance"),
    "subsidised_cars": Words("获补贴(毛)", "subsidised, gross"),
    "additional_cars_in_window": Words("活动期内净增", "net, window"),
    "additional_cars_in_horizon": Words("观察期内净增", "net, horizon"),
    "additional_per_subsidised_car": Words("每辆获补贴车净增", "net per subsidised car"),
    "lever": Words("反应", "response"),
    "published_low": Words("已公布最小", "published, least"),
    "published_high": Words("已公布最大", "published, largest"),
    "verdict": Words("位置", "stands"),
    "source": Words("来源", "source"),
    "status": Words("状态", "status"),
    "term": Words("项", "term"),
    "cars": Words("车辆", "cars"),
    "vehicle": Words("车型配置", "vehicle"),
    "model": Words("车型", "model"),
    "energy": Words("动力", "energy"),
    "price_yuan": Words("价格", "price"),
    "local": Words("本地产", "local"),
    "subsidised": Words("获补贴", "subsidised"),
    "would_have_bought_anyway": MEASURES["would_have_bought_anyway"].words,
    "switched": MEASURES["switched"].words,
    "moved_in_time": MEASURES["moved_in_time"].words,
    "came_from_outside": MEASURES["came_from_outside"].words,
    "new_buyers": MEASURES["new_buyers"].words,
    "design": Words("方案", "design"),
    "marked": Words("可分高下", "told apart"),
    "best": Words("最好", "best"),
    "entry": Words("项目", "entry"),
    "content": Words("内容", "content"),
}

# Labels that would otherwise name their unit twice.
_LABELS: dict[str, Words] = {
    "exhaustion_day": Words("资金用完日", "day the money runs out"),
    "person_months": Words("工作量", "work"),
}


def label(measure: str, language: Language) -> str:
    """What a measure is called in a table; its unit is written beside it."""
    return chosen(_LABELS.get(measure, MEASURES[measure].words), language)


def heading(name: str, language: Language) -> str:
    """The heading of a column; an unknown column keeps its own name."""
    words = HEADINGS.get(name)
    return chosen(words, language) if words else name


_CHINESE = re.compile(r"[\u3400-\u9fff]")
_HALF_WIDTH = re.compile(r"(?<=[\u3400-\u9fff）)])([,;:]) ")
_FULL_WIDTH = {",": "，", ";": "；", ":": "："}


def chosen(words: Words, language: Language) -> str:
    """The words in the reader's language; Chinese with Chinese punctuation.

    >>> chosen(Words("市场是生成的, 规模是假定", "generated, its size assumed"), "zh")
    '市场是生成的，规模是假定'
    """
    if language == "en":
        return words.en
    return _HALF_WIDTH.sub(lambda mark: _FULL_WIDTH[mark[1]], words.zh)


def own_half(text: str, language: Language) -> str:
    """Of a remark written `中文 / English` the half in the reader's language, else all of it.

    >>> own_half("总额未公布 / never published", "zh"), own_half("never published", "zh")
    ('总额未公布', 'never published')
    """
    zh, slash, en = text.partition(" / ")
    if not slash or _CHINESE.search(en) or not _CHINESE.search(zh):
        return text
    return zh if language == "zh" else en


def translated(key: str, table: dict[str, Words], language: Language) -> str:
    """A coded word in the reader's language; an unknown one as it is."""
    words = table.get(key)
    return chosen(words, language) if words else key
