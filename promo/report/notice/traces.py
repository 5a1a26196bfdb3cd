"""Why is one purchase decided so? The trace of a case in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from promo.policy.conditions import Condition, Plain
from promo.policy.explaining import BenefitStep, CaseTrace, Fate, Step
from promo.policy.mending import Obstacle, SmallestChange
from promo.policy.points import ANOTHER
from promo.policy.requirements import Requirement, first_text
from promo.policy.rules import Rules, fact_frame, with_all_facts
from promo.report.notice.examples import facts_text, missing_papers, outcome_text
from promo.report.notice.outline import Block, Item, Outline, Section
from promo.report.notice.sections import limit_text
from promo.report.notice.voice import Voice
from promo.report.words import Language, chosen
from promo.schema import FACTS, FEN_PER_YUAN, FactType, Words

_MARKS: dict[bool | None, Words] = {
    True: Words("符合", "Holds"),
    False: Words("不符合", "Fails"),
    None: Words("缺少材料，无法判断", "Cannot be told, a paper is missing"),
}
_FATES: dict[Fate, Words] = {
    "paid": Words("全额支付", "paid in full"),
    "does-not-apply": Words("不适用", "does not apply"),
    "nothing": Words("适用，但金额为零", "applies, but its amount is zero here"),
    "unknown": Words("缺少材料，金额无法确定", "a paper is missing, the amount cannot be told"),
    "undeclared": Words("如何取整没有规定，金额无法确定", "how to round is not declared"),
    "another-is-better": Words("另一项金额更高，只取其一", "another benefit is higher"),
    "another-excludes": Words("与另一项只能享受其一", "another benefit excludes it"),
    "cap": Words("受每车最高金额限制", "cut by the cap"),
    "no-money": Words("资金不足", "the money does not suffice"),
    "paid-before": Words("此前已经支付", "paid before"),
    "not-approved": Words("申请没有通过，不支付", "the claim is not approved"),
    "beside": Words("由企业支付，不属于财政资金", "private money, not part of the subsidy"),
}
_OBSTACLES: dict[Obstacle, Words] = {
    "approved": Words("已经可以获得补贴，不需要改动", "Nothing is to be changed"),
    "incomplete": Words("先补齐材料才能判断", "The papers must be completed first"),
    "undeclared": Words("取决于没有规定的事项", "It hangs on what is not declared"),
    "ledger": Words(
        "此前已经获得过补贴，改动购车情况没有用",
        "It was paid before; no change of the purchase helps",
    ),
    "no-money": Words("购车情况符合，但资金不足", "The purchase qualifies, the money is lacking"),
    "fixed": Words("所不符合的是不能改变的情况", "What fails cannot be changed any more"),
    "no-benefit": Words("怎样改动都没有适用的补贴标准", "Whatever is changed, no benefit applies"),
    "not-searched": Words("情况太多，没有逐一查找", "There is more to be tried than we try"),
}


def case_outline(
    rules: Rules, facts: Mapping[str, Plain | None], trace: CaseTrace, language: Language
) -> Outline:
    """The trace of one purchase in words."""
    voice = Voice(language, rules.campaign.currency, rules.campaign.titles)
    title = voice.say("一笔购车的逐项说明：", "One purchase step by step: ")
    sections = [
        Section(voice.say("购车情况", "The purchase"), (facts_text(facts, voice) + voice.stop,)),
        Section(voice.say("结论", "The decision"), tuple(_decision(trace, voice))),
        Section(voice.say("逐条核对", "Rule by rule"), tuple(_steps(rules, facts, trace, voice))),
        Section(voice.say("补贴项", "Benefits"), tuple(_benefits(trace, voice))),
        Section(voice.say("怎样才能获得补贴", "What would qualify"), tuple(_change(trace, voice))),
    ]
    title += chosen(rules.campaign.title.words, language)
    return Outline(title, (), tuple(sections), language)


def _decision(trace: CaseTrace, voice: Voice) -> Iterator[Block]:
    row = dataclasses.asdict(trace) | {"missing": [name for name, _ in trace.missing]}
    text = outcome_text(row, voice)
    yield text[:1].upper() + text[1:] + voice.stop


def _steps(
    rules: Rules, facts: Mapping[str, Plain | None], trace: CaseTrace, voice: Voice
) -> Iterator[Item]:
    frame = with_all_facts(fact_frame([dict(facts)]), rules.facts)
    requirements = {each.id: each for each in rules.requirements}
    for step in trace.steps:
        requirement = requirements[step.id]
        governing = _governing(rules, requirement, frame)
        said = requirement_text(rules, requirement, governing, voice)
        mark = chosen(_MARKS[step.outcome], voice.language)
        text = voice.say(f"{mark}：{said}", f"{mark}: {said}")
        own = facts_text(_spoken(step), voice)
        if own and own + voice.stop != said:
            text += voice.say(f"本例：{own}。", f" Here: {own}.")
        source = step.source if step.source != rules.campaign.source else ""
        yield Item(text + voice.tail(code=step.id, source=source))


def _spoken(step: Step) -> dict[str, Plain | None]:
    """The facts read; what the ledger does not hold need not be said."""
    return {
        name: value
        for name, value in step.facts_read.items()
        if value is not None or FACTS[name].changing != "ledger"
    }


def requirement_text(
    rules: Rules, requirement: Requirement, condition: Condition, voice: Voice
) -> str:
    """A requirement as a sentence, in the text of `condition`."""
    limits = {each.id: limit_text(each, voice) for each in rules.campaign.limits}
    if requirement.id in limits:
        return limits[requirement.id]
    if requirement.kind == "cap":
        name = voice.fact(requirement.facts[0])
        return voice.say(f"{name}已知，用于计算封顶。", f"the {name} is known, for the ceiling.")
    if requirement.kind == "voucher":
        return voice.say("消费券面额与应得金额相同。", "the voucher's face is the amount due.")
    rows = {rule.id: rule for _, rule in rules.campaign.every_rule}
    listed = rows[requirement.id].listed if requirement.id in rows else None
    if listed is not None:
        name = voice.fact(listed.fact)
        return voice.say(f"{name}在名单“{listed.file}”上。", f"the {name} is on '{listed.file}'.")
    return voice.line(condition.tree) + voice.stop


def _governing(rules: Rules, requirement: Requirement, frame: pl.DataFrame) -> Condition:
    """The text of a rule under the amendment that governs the case, else the first one."""
    name, campaign = requirement.id, rules.campaign
    if requirement.kind != "rule":
        return requirement.condition
    for amendment in reversed(campaign.amendments):
        changed = {rule.id: rule for rule in amendment.eligibility}
        touched = name in changed or name in amendment.withdraws
        if touched and frame.select(amendment.guard.expression()).item() is True:
            return first_text(changed.get(name))[0]
    first = {rule.id: rule for rule in campaign.eligibility}
    return first_text(first.get(name))[0]


def _benefits(trace: CaseTrace, voice: Voice) -> Iterator[Item]:
    for step in trace.benefits:
        text = voice.named(step.id) + voice.say("：", ": ") + _fate(step, voice) + voice.stop
        yield Item(text + voice.tail(source=step.source))


def _fate(step: BenefitStep, voice: Voice) -> str:
    why = chosen(_FATES[step.why], voice.language)
    if step.payer is not None and step.alone_fen:
        payer = voice.payer(step.payer)
        amount = voice.money(step.alone_fen)
        return voice.say(
            f"{payer}另付{amount}，不属于财政资金", f"{amount} from {payer}; not public money"
        )
    if step.alone_fen is None or step.alone_fen == step.paid_fen == 0:
        return why
    if step.alone_fen == step.paid_fen:
        return voice.say(
            f"{why}{voice.money(step.paid_fen)}", f"{voice.money(step.paid_fen)} {why}"
        )
    alone, paid = voice.money(step.alone_fen), voice.money(step.paid_fen)
    return voice.say(
        f"单独计算{alone}，实付{paid}（{why}）", f"{alone} by itself, {paid} paid ({why})"
    )


def _change(trace: CaseTrace, voice: Voice) -> Iterator[Block]:
    if trace.missing:
        papers = missing_papers([name for name, _ in trace.missing], voice)
        yield voice.say(f"请补交：{papers}。", f"To be handed in: {papers}.")
    if trace.smallest_change is not None:
        yield from _mended(trace.smallest_change, voice)
    elif trace.no_change is not None:
        why = chosen(_OBSTACLES[trace.no_change.why], voice.language)
        rules = voice.say("、", ", ").join(trace.no_change.rules)
        codes = voice.say(f"（代码：{rules}）", f" (code: {rules})") if rules else ""
        yield why + codes + voice.stop


def _mended(change: SmallestChange, voice: Voice) -> Iterator[Block]:
    amount = voice.money(change.amount_fen)
    assumed = (
        "" if change.amount_published else voice.say("（金额系推定）", " (an assumed amount)")
    )
    yield voice.say(
        f"最小的改动如下，改动后补贴{amount}{assumed}：",
        f"The smallest change; {amount}{assumed} would then be paid:",
    )
    for each in change.changes:
        old, new = (_value(each.fact, value, voice) for value in (each.old, each.new))
        name = voice.fact(each.fact)
        yield Item(voice.say(f"{name}由{old}改为{new}。", f"The {name}: from {old} to {new}."))


def _value(fact: str, value: Plain | None, voice: Voice) -> str:
    if value == ANOTHER:
        return voice.say("规则没有点名的其他名称", "any other that no rule names")
    if value is None:
        return voice.say("没有材料", "no paper")
    return voice.constant(fact, value)


def case_object(
    facts: Mapping[str, Plain | None], trace: CaseTrace, language: Language
) -> dict[str, Any]:
    """The trace as one JSON object; facts as in the campaign's file, amounts paid in fen."""
    change = trace.smallest_change
    made = dataclasses.asdict(trace) | {
        "facts": _as_written(facts),
        "steps": [
            dataclasses.asdict(step) | {"facts_read": _as_written(step.facts_read)}
            for step in trace.steps
        ],
        "missing": [
            {"fact": name, "document": chosen(document, language)}
            for name, document in trace.missing
        ],
    }
    if change is not None:
        made["smallest_change"]["changes"] = [
            {
                "fact": e.fact,
                **_as_written({e.fact: e.old}, "old"),
                **_as_written({e.fact: e.new}, "new"),
            }
            for e in change.changes
        ]
    return made


def _as_written(facts: Mapping[str, Plain | None], name: str = "") -> dict[str, Any]:
    """Facts as a campaign writes them: money in yuan, days as ISO text; all under one name."""
    made: dict[str, Any] = {}
    for fact, value in facts.items():
        written: Any = value.isoformat() if isinstance(value, date) else value
        if isinstance(written, int) and FACTS[fact].type is FactType.MONEY:
            written = written / FEN_PER_YUAN
        made[name or fact] = written
    return made
