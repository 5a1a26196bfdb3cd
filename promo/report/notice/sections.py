"""The notice of a campaign, section by section, made from the compiled rules alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from promo.policy.campaign import Amendment, Campaign, Rule
from promo.policy.conditions import All, Compare, Condition, Constant, OneOf, Some, Test
from promo.policy.limits import IDENTITY_KEYS, Limit
from promo.policy.money import NOT_DECLARED
from promo.policy.requirements import Requirement
from promo.policy.rules import Rules
from promo.report.notice.benefits import benefit_item, benefit_items, combination_text
from promo.report.notice.examples import example_items
from promo.report.notice.funds import money_items, voucher_amount
from promo.report.notice.outline import (
    Block,
    Grid,
    Item,
    Outline,
    Section,
    provision,
    sentence,
)
from promo.report.notice.standard import standard
from promo.report.notice.voice import Voice
from promo.report.words import Language, chosen
from promo.schema import FACTS, Words

_PER: dict[str, Words] = {
    "buyer": Words("同一购车人", "One buyer"),
    "household": Words("同一家庭", "One household"),
    "firm": Words("同一单位", "One firm"),
    "vin": Words("同一辆新车", "One car"),
}
_WITHIN: dict[str, Words] = {
    "campaign": Words("在本活动期间", "in this campaign"),
    "day": Words("每日", "a day"),
    "calendar_year": Words("每一自然年度", "in a calendar year"),
    "lifetime": Words("不论何时", "for good"),
}


def notice(rules: Rules, language: Language) -> Outline:
    """The rules as a notice fit to be sent to a legal office."""
    campaign = rules.campaign
    voice = Voice(language, campaign.currency, campaign.titles)
    sections = [
        Section(voice.say("活动时间", "When"), tuple(_times(rules, voice))),
        Section(voice.say("补贴对象和条件", "Who qualifies"), tuple(_conditions(rules, voice))),
        Section(voice.say("补贴标准", "How much"), tuple(_amounts(rules, voice))),
        Section(voice.say("资金", "The money"), tuple(money_items(campaign, voice))),
        Section(voice.say("限制", "Limits"), tuple(_limits(campaign, voice))),
        Section(voice.say("申领材料", "Papers"), tuple(_papers(rules, voice))),
        Section(voice.say("修订", "Amendments"), tuple(_amendments(campaign, voice))),
        Section(voice.say("尚未明确的事项", "What is left open"), tuple(_open(campaign, voice))),
        Section(voice.say("算例", "Worked cases"), tuple(example_items(rules, voice))),
    ]
    lists = tuple(_lists(campaign, voice))
    if lists:
        sections.append(Section(voice.say("名单", "Lists"), lists))
    title = chosen(campaign.title.words, language)
    return Outline(title, tuple(_preface(campaign, voice)), tuple(sections), language)


def _preface(campaign: Campaign, voice: Voice) -> Iterator[str]:
    issuers = voice.say("、", ", ").join(campaign.issuers)
    yield voice.say(f"发布单位：{issuers}", f"Issued by: {issuers}")
    yield voice.say(f"规则文件编号：{campaign.id}", f"File of rules: {campaign.id}")
    if campaign.source:
        yield voice.say(
            f"依据：{voice.own(campaign.source)}", f"Basis: {voice.own(campaign.source)}"
        )
    yield voice.say(
        "本文本由计算补贴所用的规则逐条生成，不是主管部门公告的原文。"
        "标有“推定”的内容没有公布的依据，使用前应当与主管部门核实。",
        "This text is generated from the rules by which payments are computed; it is not the "
        "notice that the authority published. What is marked 'assumed' rests on no published "
        "text and should be confirmed with the authority.",
    )
    if campaign.illustrative:
        why = voice.own(campaign.illustrative)
        yield voice.say(f"本文件为示意：{why}", f"This file is illustrative: {why}")


# --- 1 ----------------------------------------------------------------------------------------


def _times(rules: Rules, voice: Voice) -> Iterator[Block]:
    windows = rules.campaign.windows
    if windows.announced is not None:
        day = voice.day(windows.announced)
        yield Item(voice.say(f"公布日期：{day}。", f"Announced on {day}."))
    by_id = {each.id: each for each in rules.requirements if each.kind == "window"}
    for name, window in windows.named():
        requirement = by_id[f"window-{name}"]
        if name == "claim" or window.is_open:
            said = voice.line(window.condition(name).tree)
        else:
            said = voice.line(requirement.condition.tree)
        text = sentence(said, voice.language)
        if window.is_open:
            text += voice.say("没有规定截止日期。", " No end is set.")
        if name == "claim":
            text += voice.say(
                "早于开始时间提交的暂不受理，开始后可以重新提交；晚于截止时间提交的不予受理。"
                if not window.is_open
                else "早于开始时间提交的暂不受理，开始后可以重新提交。",
                " A claim filed earlier waits and may be filed again; a later one is refused."
                if not window.is_open
                else " A claim filed earlier waits and may be filed again.",
            )
        yield Item(text + voice.tail(code=requirement.id))
    yield voice.say(
        "以上时间按当地时间计算，各项须同时符合。",
        "All times are local; all of them must fit.",
    )


# --- 2 ----------------------------------------------------------------------------------------


def _conditions(rules: Rules, voice: Voice) -> Iterator[Block]:
    campaign = rules.campaign
    amended = {rule.id for each in campaign.amendments for rule in each.eligibility}
    amended |= {name for each in campaign.amendments for name in each.withdraws}
    if campaign.eligibility:
        yield voice.say(
            "下列条件须全部符合。不符合其中任何一项的，不予支付。",
            "All of these must hold. Where one does not, nothing is paid.",
        )
    else:
        yield voice.say("没有规定购买方和车辆的条件。", "Any buyer and any car qualify.")
    for rule in campaign.eligibility:
        note = voice.say("（已修订，见第七部分）", " (amended, see section 7)")
        yield rule_item(rule, voice, note=note if rule.id in amended else "")
    if any(
        rule.id not in {each.id for each in campaign.eligibility}
        for each in campaign.amendments
        for rule in each.eligibility
    ):
        yield voice.say(
            "修订另外增加了条件，见第七部分。", "An amendment adds conditions, see section 7."
        )
    for requirement in rules.requirements:
        if requirement.kind == "voucher":
            yield _voucher(rules, requirement, voice)


def rule_item(rule: Rule, voice: Voice, *, head: str = "", note: str = "") -> Item:
    """One rule as a provision with its reason code and source; `head` leads into it."""
    tail = note + voice.tail(code=rule.id, source=rule.source)
    if rule.listed is None:
        return provision(voice.said(rule.condition.tree), voice.language, head=head, tail=tail)
    name, file = voice.fact(rule.listed.fact), rule.listed.file
    text = voice.say(
        f"{name}须在名单“{file}”上（名单见最后一部分）",
        f"The {name} is on the list '{file}' (see the last section)",
    )
    if rule.listed.on is not None:
        day = voice.fact(rule.listed.on)
        text += voice.say(f"，以{day}当日的名单为准", f", as it stands on the {day}")
    return Item(head + text + voice.say("。", ".") + tail)


def _voucher(rules: Rules, requirement: Requirement, voice: Voice) -> Item:
    allocation = rules.campaign.money.allocation
    assert allocation is not None
    assert allocation.voucher is not None
    due = voucher_amount(allocation.voucher, voice)
    text = voice.say(f"消费券面额须与{due}相同。", f"The face value of the voucher equals {due}.")
    return Item(text + voice.tail(code=requirement.id))


# --- 3 ----------------------------------------------------------------------------------------


def _amounts(rules: Rules, voice: Voice) -> Iterator[Block]:
    yield from benefit_items(rules, voice)
    combined = combination_text(rules, voice)
    if combined:
        yield Item(combined)
    made = standard(rules)
    if made is None:
        return
    table = made.grid(voice)
    if table is not None:
        yield table
        yield from made.remarks(voice)


# --- 5 ----------------------------------------------------------------------------------------


def _limits(campaign: Campaign, voice: Voice) -> Iterator[Block]:
    for limit in campaign.limits:
        yield _limit(limit, voice)
    if all(limit.per == "vin" for limit in campaign.limits):
        yield Item(
            voice.say(
                "没有规定同一购车人可以获得几次补贴。",
                "How often one buyer may be paid is not limited.",
            )
        )
    if campaign.identity:
        yield Item(
            voice.say(
                f"身份以下列信息核对：{_identity(campaign.identity, voice)}。",
                f"Identity is checked by: {_identity(campaign.identity, voice)}.",
            )
        )
    if campaign.excludes:
        names = voice.say("、", ", ").join(campaign.excludes)
        text = voice.say(
            f"已经享受下列任何一项政策的，不得享受本活动的补贴：{names}。",
            f"Whoever was paid under one of these programmes is not paid here: {names}.",
        )
        yield Item(text + voice.tail(code="excluded"))
    yield from _holding(campaign, voice)


def _limit(limit: Limit, voice: Voice) -> Item:
    return Item(limit_text(limit, voice) + voice.tail(code=limit.id, source=limit.source))


def limit_text(limit: Limit, voice: Voice) -> str:
    """How often one buyer, household, firm or car is paid."""
    per, within = _PER[limit.per], _WITHIN[limit.within]
    times = "once" if limit.most == 1 else f"{limit.most} times"
    text = voice.say(
        f"{per.zh}{within.zh}最多获得{limit.most}次补贴，超过的不予支付。",
        f"{per.en} is paid at most {times} {within.en}; further claims are refused.",
    )
    if limit.identity:
        keys = _identity(limit.identity, voice)
        text += voice.say(
            f"下列信息中任何一项相同的，视为同一人：{keys}。",
            f" Whoever shares one of these counts as the same: {keys}.",
        )
    return text


def _identity(keys: tuple[str, ...], voice: Voice) -> str:
    return voice.say("、", ", ").join(chosen(IDENTITY_KEYS[key], voice.language) for key in keys)


def _holding(campaign: Campaign, voice: Voice) -> Iterator[Item]:
    holding = campaign.holding
    if holding is None:
        return
    text = voice.say(
        f"新车须持有满{holding.months}个月。", f"The car is kept for {holding.months} months."
    )
    by_policy = {
        "full": Words(
            "不满期限的，退回全部补贴。", " Where it is not, all of the money is paid back."
        ),
        "pro_rata": Words(
            "不满期限的，按未满期限的比例退回补贴。",
            " Where it is not, the money is paid back in proportion to the time lacking.",
        ),
        "none": Words("不满期限的，不要求退回补贴。", " Where it is not, nothing is paid back."),
    }
    if holding.clawback != NOT_DECLARED:
        words = by_policy[holding.clawback]
        text += voice.say(words.zh, words.en)
    yield Item(text + voice.tail(source=holding.source))


# --- 6 ----------------------------------------------------------------------------------------


def _papers(rules: Rules, voice: Voice) -> Iterator[Block]:
    proves: dict[Words, list[str]] = {}
    for name in rules.facts:
        if FACTS[name].changing != "ledger":
            proves.setdefault(FACTS[name].document, []).append(name)
    for document, facts in proves.items():
        paper = chosen(document, voice.language)
        said = voice.say("、", ", ").join(voice.fact(name) for name in facts)
        yield Item(
            voice.say(f"{paper}：用于核对{said}。", f"{_capital(paper)}, to prove: {said}.")
        )
    yield voice.say(
        "因缺少材料而无法判断的，列为待补正并告知所缺的事实，不作拒绝；"
        "已有材料表明不符合任何一项条件的，不予支付。",
        "Where a paper is lacking and the case cannot be decided, the claim is incomplete and the "
        "lacking fact is named; it is not refused. Where the papers at hand show that a condition "
        "fails, the claim is refused.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- 7 ----------------------------------------------------------------------------------------


def _amendments(campaign: Campaign, voice: Voice) -> Iterator[Block]:
    if not campaign.amendments:
        yield voice.say("没有修订。", "There are none.")
    for amendment in campaign.amendments:
        yield _amendment(campaign, amendment, voice)


def _amendment(campaign: Campaign, amendment: Amendment, voice: Voice) -> Item:
    clock = voice.fact(f"{amendment.by}_date")
    day = voice.day(amendment.first)
    head = voice.say(f"修订“{amendment.id}”", f"Amendment '{amendment.id}'")
    if amendment.announced is not None:
        on = voice.day(amendment.announced)
        head += voice.say(f"，{on}公布", f", announced on {on}")
    head += voice.say(
        f"：适用于{clock}在{day}以后（含当日）的申请；此前的申请仍按修订前的规定。",
        f": it governs claims whose {clock} is {day} or later; "
        "earlier ones stay under the older text.",
    )
    parts = [*_grandfathered(amendment, voice), *_changes(campaign, amendment, voice)]
    paid = _paid_claims(amendment, voice)
    if paid:
        parts.append(Item(paid))
    return Item(head + voice.tail(source=amendment.source), tuple(parts))


def _grandfathered(amendment: Amendment, voice: Voice) -> Iterator[Item]:
    if amendment.unless is not None:
        head = voice.say("符合下列条件的，仍按修订前的规定：", "The older text stays where ")
        yield provision(voice.said(amendment.unless.tree), voice.language, head=head)


def _changes(campaign: Campaign, amendment: Amendment, voice: Voice) -> Iterator[Item]:
    earlier = {rule.id for rule in campaign.eligibility}
    for rule in amendment.eligibility:
        new = voice.say("增加条件：", "A further condition: ")
        head = voice.say("条件改为：", "The condition reads: ") if rule.id in earlier else new
        yield rule_item(rule, voice, head=head)
    for name, benefit in amendment.benefits.items():
        new = voice.say("增加", "New: ")
        head = voice.say("改为：", "Now: ") if name in campaign.benefits else new
        yield benefit_item(name, benefit, voice, head=head)
    for name in amendment.withdraws:
        yield Item(voice.say(f"取消“{name}”。", f"'{name}' is withdrawn."))


def _paid_claims(amendment: Amendment, voice: Voice) -> str:
    if amendment.paid_claims == "top_up":
        return voice.say(
            "适用本修订而此前已经付款的申请，按修订后的标准补足差额。",
            "Claims under this text that were paid before receive the difference.",
        )
    if amendment.paid_claims == "keep":
        return voice.say(
            "适用本修订而此前已经付款的申请，金额不再变动。",
            "Claims under this text that were paid before stay as they are.",
        )
    return ""


# --- 8 ----------------------------------------------------------------------------------------


def _open(campaign: Campaign, voice: Voice) -> Iterator[Block]:
    for text in (*_undeclared(campaign, voice), *_assumed(campaign, voice)):
        yield Item(text)
    yield from _unsourced(campaign, voice)


def _unsourced(campaign: Campaign, voice: Voice) -> Iterator[Item]:
    """What rests on the source of the whole file, or on our reading of it."""
    rules = [rule.id for _, rule in campaign.every_rule if not rule.source]
    benefits = [name for _, name, benefit in campaign.every_benefit if not benefit.source]
    limits = [limit.id for limit in campaign.limits if not limit.source]
    codes = voice.say("、", ", ").join(dict.fromkeys((*rules, *benefits, *limits)))
    if codes:
        yield Item(
            voice.say(
                f"下列各项没有注明各自的依据，可能是对文首所列依据的理解：{codes}。",
                f"No basis of their own is given for: {codes}. They may be a reading of the basis "
                "named at the top.",
            )
        )
    yield Item(
        voice.say(
            "第一部分的时间和第四部分的资金安排没有逐条注明依据，应当与文首所列依据核对。",
            "For the times of section 1 and the money of section 4 no basis is given one by one; "
            "they should be compared with the basis named at the top.",
        )
    )


def _undeclared(campaign: Campaign, voice: Voice) -> Iterator[str]:
    """The policies that the notice leaves open."""
    money = campaign.money
    allocation = money.allocation
    voucher = allocation.voucher if allocation is not None else None
    reservation = allocation.reservation if allocation is not None else None
    cases = (
        (
            money.last_yuan,
            "剩余资金不足以足额支付最后一笔补贴时如何处理，没有规定。",
            "What happens to the last payment for which too little money is left is not declared.",
        ),
        (
            money.rounding.mode,
            "补贴金额如何取整没有规定；需要取整的金额无法确定。",
            "How amounts are rounded is not declared; what needs rounding cannot be told.",
        ),
        (
            voucher.lapsed if voucher is not None else None,
            "逾期未用的消费券如何处理，没有规定。",
            "What becomes of a voucher that lapses is not declared.",
        ),
        (
            voucher.lapsed_holder if voucher is not None else None,
            "消费券逾期未用的人能否再次领取，没有规定。",
            "Whether the holder of a lapsed voucher may draw again is not declared.",
        ),
        (
            reservation.lapsed if reservation is not None else None,
            "预留名额逾期未补齐材料的如何处理，没有规定。",
            "What becomes of a reservation that lapses is not declared.",
        ),
        (
            campaign.holding.clawback if campaign.holding is not None else None,
            "新车持有不满期限的是否退回补贴，没有规定。",
            "Whether money is paid back where the car is not kept so long is not declared.",
        ),
    )
    for policy, zh, en in cases:
        if policy == NOT_DECLARED:
            yield voice.say(zh, en)
    for pot in money.pots:
        if pot.unused == NOT_DECLARED:
            own = voice.named(f"pot {pot.id}")
            yield voice.say(
                f"资金池{own}截止时没有用完的资金如何处理，没有规定。",
                f"What becomes of money left in pot {own} is not declared.",
            )
    for amendment in campaign.amendments:
        if amendment.paid_claims == NOT_DECLARED:
            yield voice.say(
                f"适用修订“{amendment.id}”而此前已经付款的申请如何处理，没有规定。",
                f"What becomes of claims under '{amendment.id}' that were paid before is not "
                "declared.",
            )
    if not money.funding:
        yield voice.say(
            "由哪一级财政出资，没有规定。", "Which level of government pays is not declared."
        )


def _assumed(campaign: Campaign, voice: Voice) -> Iterator[str]:
    """The amounts that nobody published."""
    for pot in campaign.money.pots:
        if pot.amount.assumed:
            own = voice.named(f"pot {pot.id}")
            yield voice.say(
                f"资金池{own}的总额没有公布，第四部分所列金额系推定。",
                f"The amount of pot {own} is not published; the one in section 4 is assumed.",
            )
    for name in campaign.benefit_names:
        if any(
            each == name and benefit.uncertainty is not None
            for _, each, benefit in campaign.every_benefit
        ):
            yield voice.say(
                f"补贴项{voice.named(name)}的金额没有公布，所列金额系推定。",
                f"The amounts of benefit {voice.named(name)} are not published; those stated are "
                "assumed.",
            )


# --- lists ------------------------------------------------------------------------------------


def _lists(campaign: Campaign, voice: Voice) -> Iterator[Block]:
    """Every list of names with the days on which each name stands on it."""
    headings = voice.say("名称", "name"), voice.say("自", "from"), voice.say("至", "to")
    for _, rule in campaign.every_rule:
        if rule.listed is not None:
            rows = tuple(_names(rule.condition, voice))
            yield Grid(f"{rule.listed.file}", headings, rows)


def _names(condition: Condition, voice: Voice) -> Iterator[tuple[str, str, str]]:
    tree = condition.tree
    for period in tree.parts if isinstance(tree, Some) else (tree,):
        tests = period.parts if isinstance(period, All) else (period,)
        first, last = _bound(tests, ">=", voice), _bound(tests, "<=", voice)
        for test in tests:
            if isinstance(test, OneOf):
                for name in test.items:
                    yield str(name), first, last


def _bound(tests: tuple[Test, ...], sign: str, voice: Voice) -> str:
    for test in tests:
        if isinstance(test, Compare) and test.sign == sign and isinstance(test.right, Constant):
            assert isinstance(test.right.value, date)
            return voice.day(test.right.value)
    return ""
