"""The worked cases of a campaign in words, each decided anew by the compiled rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from promo.policy.conditions import Plain
from promo.policy.rules import Rules, fact_frame
from promo.report.notice.outline import Block, Item
from promo.report.notice.voice import Voice
from promo.report.words import chosen
from promo.schema import FACTS, Words

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_UNDECLARED: dict[str, Words] = {
    "last-yuan": Words("剩余资金不足时如何处理", "what is done where too little money is left"),
    "rounding": Words("金额如何取整", "how amounts are rounded"),
    "paid-claims": Words("已经付款的申请如何处理", "what becomes of claims already paid"),
}


def example_items(rules: Rules, voice: Voice) -> Iterator[Block]:
    """The ordinary purchase, then each case by what differs from it."""
    examples = rules.campaign.examples
    outcome = outcome_text(decided(rules, examples.ordinary), voice)
    said = facts_text(examples.ordinary, voice)
    yield voice.say(
        f"常例：{said}。结果：{outcome}。", f"The ordinary case: {said}. Result: {outcome}."
    )
    if examples.cases:
        yield voice.say(
            "以下各例只写与常例不同之处。",
            "Each case below names what differs from the ordinary one.",
        )
    for case in examples.cases:
        facts = {**examples.ordinary, **case.facts}
        outcome = outcome_text(decided(rules, facts, dict(case.pots)), voice)
        texts = [_title(case.says, voice), facts_text(case.facts, voice)]
        texts += [
            voice.say(
                f"资金池“{pot}”余额{voice.money(left)}", f"{voice.money(left)} left in pot '{pot}'"
            )
            for pot, left in case.pots.items()
        ]
        said = voice.say("；", "; ").join(text for text in texts if text)
        said = said or voice.say("与常例相同", "as the ordinary case")
        yield Item(
            voice.say(f"{said}。结果：{outcome}。", f"{_capital(said)}. Result: {outcome}.")
        )


def decided(
    rules: Rules, facts: Mapping[str, Plain | None], pots: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """The decision on one purchase."""
    return rules.decide(fact_frame([dict(facts)]), pots).row(0, named=True)


def outcome_text(row: Mapping[str, Any], voice: Voice) -> str:
    """A decision in words: the amount, or why there is none."""
    reasons = voice.say("、", ", ").join(row["reasons"])
    if row["decision"] == "approved":
        amount = voice.money(row["amount_fen"])
        if row["amount_published"]:
            return voice.say(f"补贴{amount}", f"{amount} paid")
        return voice.say(f"补贴{amount}（金额系推定）", f"{amount} paid (an assumed amount)")
    if row["decision"] == "incomplete":
        papers = missing_papers(row["missing"], voice)
        return voice.say(f"待补正，缺少{papers}", f"incomplete; lacking: {papers}")
    if row["decision"] == "waiting":
        return voice.say("暂不受理，申领开始后再提交", "waits until claims may be filed")
    if row["decision"] == "undeclared":
        what = voice.say("、", ", ").join(
            chosen(_UNDECLARED[each], voice.language) if each in _UNDECLARED else each
            for each in row["reasons"]
        )
        return voice.say(
            f"无法确定，因为{what}没有规定", f"cannot be told: {what} is not declared"
        )
    return refusal_text(row["reasons"], reasons, voice)


def refusal_text(codes: list[str], reasons: str, voice: Voice) -> str:
    """Why nothing is paid."""
    by_code = {
        "no-money": Words(
            "资金已经用完或者余额不足", "the money is used up or too little is left"
        ),
        "no-benefit": Words("没有适用的补贴标准", "no benefit applies"),
        "already-paid": Words("已经付款，不再支付", "it was paid already"),
    }
    known = by_code.get(codes[0]) if len(codes) == 1 else None
    if known is not None:
        return voice.say(f"不予支付，{known.zh}", f"nothing paid; {known.en}")
    return voice.say(f"不予支付，代码{reasons}", f"nothing paid; code {reasons}")


def missing_papers(facts: list[str], voice: Voice) -> str:
    """The lacking facts, each with the paper that proves it."""
    texts = []
    for name in facts:
        paper = chosen(FACTS[name].document, voice.language)
        texts.append(voice.say(f"{voice.fact(name)}（{paper}）", f"{voice.fact(name)} ({paper})"))
    return voice.say("、", ", ").join(texts)


def facts_text(facts: Mapping[str, Plain | None], voice: Voice) -> str:
    """Facts with their values, in the order given."""
    texts = []
    for name, value in facts.items():
        if value is None:
            known = voice.fact(name)
            texts.append(voice.say(f"没有{known}的材料", f"no paper on the {known}"))
        else:
            texts.append(voice.is_so(name, value))
    return voice.say("；", "; ").join(texts)


def _title(says: str, voice: Voice) -> str:
    """What the campaign calls the case; left out of a Chinese text where it is not Chinese."""
    own = voice.own(says)
    if voice.language == "zh" and not _CHINESE.search(own):
        return ""
    return own


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
