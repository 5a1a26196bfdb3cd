"""Whose money is it, how much is there, who is served first? Section four in words."""

from __future__ import annotations

from collections.abc import Iterator

from promo.policy.campaign import Campaign
from promo.policy.money import BASIS, NOT_DECLARED, MoneyTerms, Pot, Quota, Voucher
from promo.quantities import Quantity
from promo.report.notice.outline import Item
from promo.report.notice.quantities import number, rate
from promo.report.notice.voice import Voice
from promo.schema import FEN_PER_YUAN, Words

_EVENTS: dict[str, Words] = {
    "order": Words("签订购车合同", "the order"),
    "invoice": Words("开具机动车销售统一发票", "the invoice"),
    "registration": Words("办理注册登记", "the registration"),
    "claim": Words("提出申领", "the claim"),
    "approval": Words("通过审核", "the approval"),
}
_LAPSED: dict[str, Words] = {
    "to_pool": Words("退回资金池，供其他申请人使用", "goes back to the pot for others"),
    "lost": Words("作废，不再发放", "is lost and not issued again"),
}
_PER: dict[str, Words] = {
    "dealer": Words("每家经销商", "per dealer"),
    "maker": Words("每家生产企业", "per maker"),
    "model": Words("每个车型", "per model"),
    "day": Words("每日", "per day"),
}
_FORMS: dict[str, Words] = {
    "cash": Words("现金（转账）", "in cash, by transfer"),
    "red_packet": Words("电子红包", "as an electronic red packet"),
    "coupon": Words("消费券", "as coupons"),
    "price_cut": Words("购车时直接从车价中抵扣", "as a cut in the price of the car"),
}


def money_items(campaign: Campaign, voice: Voice) -> Iterator[Item]:
    """All that the campaign says of its money."""
    money = campaign.money
    if money.unlimited:
        yield Item(
            voice.say(
                "没有规定资金总额，也没有规定资金用完后如何处理。",
                "The rules set no limit on the money, nor what happens when it runs out.",
            )
        )
    for pot in money.pots:
        yield _pot(pot, voice)
    yield from _between_pots(money, voice)
    yield from _funding(money, voice)
    yield from _service(money, voice)
    yield from _last_money(money, voice)
    yield from _rounding(money, voice)
    yield from (_quota(quota, voice) for quota in money.quotas)
    yield from _payout(money, voice)


def _between_pots(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    """What the pots do for each other."""
    served = [(name, pot.face) for pot in money.pots for name in pot.pays]
    if len(set(served)) < len(served):
        yield Item(
            voice.say(
                "同一补贴由几个资金池支付的，先用排列在前、已经开始并且没有用完的资金池。",
                "Where several pots pay the same, the first that is open and not used up does.",
            )
        )
    if money.pots and all(pot.face is not None for pot in money.pots):
        yield Item(
            voice.say(
                "某一面额发完后，应得该面额的申请不再支付，不以其他面额代替。",
                "Once a face value is used up, claims of that amount are no longer paid; "
                "other face values do not stand in for it.",
            )
        )


def quantity_text(quantity: Quantity, voice: Voice) -> str:
    """An amount of money, and that it is assumed where it is."""
    text = voice.money(quantity.value)
    if not quantity.assumed:
        return text
    low, high, why = voice.money(quantity.low), voice.money(quantity.high), voice.own(quantity.why)
    return text + voice.say(
        f"（推定，没有公布，可能在{low}至{high}之间；理由：{why}）",
        f" (assumed, not published, perhaps {low} to {high}; reason: {why})",
    )


def _pot(pot: Pot, voice: Voice) -> Item:
    pays = voice.both(map(voice.named, pot.pays))
    for_what = voice.say(f"用于支付{pays}", f"pays {pays}")
    total, own = quantity_text(pot.amount, voice), voice.named(f"pot {pot.id}")
    if pot.face is not None and pot.count is not None:
        face, count = voice.money(pot.face), number(pot.count.value)
        text = voice.say(
            f"资金池{own}：面额{face}的{count}份，合计{total}，{for_what}，"
            f"只支付金额恰为{face}的补贴",
            f"Pot {own}: {count} pieces of {face}, together {total}; "
            f"{for_what}, and only where the amount is exactly {face}",
        )
    else:
        text = voice.say(
            f"资金池{own}：{total}，{for_what}",
            f"Pot {own}: {total}; {for_what}",
        )
    text += _hours(pot, voice) + voice.say("。", ".")
    return Item(text + _unused(pot, voice) + voice.tail(source=pot.source))


def _hours(pot: Pot, voice: Voice) -> str:
    text = ""
    if pot.opens is not None:
        opens = voice.moment(pot.opens)
        text += voice.say(f"，{opens}开始发放", f"; it opens at {opens}")
    if pot.closes is not None:
        closes = voice.end(pot.closes)
        text += voice.say(f"，{closes}截止", f"; it closes at {closes}")
    return text


def _unused(pot: Pot, voice: Voice) -> str:
    if pot.unused == "next_pot":
        return voice.say(
            "截止时没有用完的，并入下一个资金池。", " What is left goes to the next pot."
        )
    if pot.unused == "lost":
        return voice.say("截止时没有用完的，不再发放。", " What is left is not issued again.")
    return ""


def _funding(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    if not money.funding:
        return
    shares = [
        voice.say(
            f"{voice.payer(each.payer)}承担{rate(each.share)}",
            f"{voice.payer(each.payer)} {rate(each.share)}",
        )
        for each in money.funding
    ]
    text = voice.say(
        f"每笔补贴由{'、'.join(shares)}", f"Each payment is borne by: {', '.join(shares)}"
    )
    if len(shares) > 1 and sum(each.share for each in money.funding) == BASIS:
        last = voice.payer(money.funding[-1].payer)
        text += voice.say(f"；不足一分的尾差由{last}承担", f"; the odd cent falls to {last}")
    yield Item(text + voice.say("。", "."))


def _service(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    """Who is served first, and from which event on money is held."""
    if money.priority:
        keys = voice.both(voice.fact(name) for name in money.priority)
        yield Item(
            voice.say(
                f"资金不足时先按{keys}排列次序，相同的再按时间先后排列。",
                f"Where money is short, claims are ordered by {keys} first, then by time.",
            )
        )
    allocation = money.allocation
    if allocation is not None and allocation.lottery is not None:
        day, seed = voice.day(allocation.lottery.draw_on), allocation.lottery.seed
        yield Item(
            voice.say(
                f"以抽签方式确定获得补贴的申请，{day}抽签，公开的随机种子为“{seed}”，任何人可以复核。",
                f"Claims are drawn by lot on {day} from the published seed '{seed}', which anyone "
                "can check.",
            )
        )
    elif money.order_by is not None and not money.unlimited:
        event = _event(money.order_by.removesuffix("_time"), voice)
        yield Item(
            voice.say(
                f"先到先得：按{event}的先后时间安排资金，用完为止。资金用完后的申请不予支付。",
                f"First come, first served, by the time of {event}, until the money is used up. "
                "Claims after that are not paid.",
            )
        )
    event = _event(money.commit_on, voice)
    yield Item(voice.say(f"自{event}时起占用资金。", f"Money is committed from {event} on."))
    yield from _vouchers(money, voice)


def _event(name: str, voice: Voice) -> str:
    words = _EVENTS[name]
    return voice.say(words.zh, words.en)


def _vouchers(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    allocation = money.allocation
    if allocation is not None and allocation.voucher is not None:
        voucher = allocation.voucher
        text = voice.say(
            "补贴以预先领取的消费券兑付。", "Payment is by vouchers drawn beforehand."
        )
        if voucher.must_match:
            text += voice.say(
                f"消费券面额须与{voucher_amount(voucher, voice)}相同，过高或者过低均不予兑付。",
                f" The face of the voucher must equal {voucher_amount(voucher, voice)}; "
                "a higher or a lower face is not honoured.",
            )
        if voucher.lapsed != NOT_DECLARED:
            what = _LAPSED[voucher.lapsed]
            text += voice.say(f"逾期未用的消费券{what.zh}。", f" A voucher that lapses {what.en}.")
        if voucher.lapsed_holder == "locked_out":
            text += voice.say(
                "消费券逾期未用的，持券人不得再次领取。", " Its holder may not draw another one."
            )
        elif voucher.lapsed_holder == "may_draw_again":
            text += voice.say(
                "消费券逾期未用的，持券人可以再次领取。", " Its holder may draw another one."
            )
        yield Item(text)
    if allocation is not None and allocation.reservation is not None:
        reservation = allocation.reservation
        days = reservation.prove_within_days
        text = voice.say(
            f"申请受理后先预留名额，须在{days}日内补齐证明材料。",
            f"Money is reserved on application; the proof must follow within {days} days.",
        )
        if reservation.lapsed != NOT_DECLARED:
            what = _LAPSED[reservation.lapsed]
            text += voice.say(
                f"逾期未补齐的，预留的名额{what.zh}。", f" A reservation that lapses {what.en}."
            )
        yield Item(text)


def _last_money(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    by_policy = {
        "refuse": Words(
            "剩余资金不足以足额支付一笔补贴的，该笔补贴不予支付。",
            "A payment for which too little money is left is not made at all.",
        ),
        "part": Words(
            "剩余资金不足以足额支付一笔补贴的，按剩余金额支付。",
            "A payment for which too little money is left is made as far as the money goes.",
        ),
        "overspend": Words(
            "剩余资金不足以足额支付最后一笔补贴的，该笔补贴仍足额支付。",
            "The last payment is made in full even if too little money is left.",
        ),
    }
    if money.last_yuan in by_policy:
        words = by_policy[money.last_yuan]
        yield Item(voice.say(words.zh, words.en))


def _rounding(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    rounding = money.rounding
    if not rounding.declared:
        return
    if rounding.to % FEN_PER_YUAN:
        count = f"{rounding.to}"
        unit = voice.say("分" if count == "1" else f"{count}分", f"{count} cent")
    else:
        count = f"{rounding.to // FEN_PER_YUAN}"
        whole = voice.money(rounding.to)
        unit = voice.say("元" if whole == "1元" else whole, whole)
    modes = {
        "down": Words(
            f"补贴金额计算到{unit}，不足的部分舍去。", f"Amounts are rounded down to {unit}."
        ),
        "half_up": Words(
            f"补贴金额四舍五入到{unit}。", f"Amounts are rounded to {unit}, halves up."
        ),
        "up": Words(
            f"补贴金额计算到{unit}，不足的部分进位。", f"Amounts are rounded up to {unit}."
        ),
    }
    words = modes[rounding.mode]
    yield Item(voice.say(words.zh, words.en))


def _quota(quota: Quota, voice: Voice) -> Item:
    per = _PER[quota.per]
    text = voice.say(f"{per.zh}最多{quota.most}辆。", f"At most {quota.most} cars {per.en}.")
    return Item(text + voice.tail(source=quota.source))


def _payout(money: MoneyTerms, voice: Voice) -> Iterator[Item]:
    payout = money.payout
    if payout is None:
        return
    form = _FORMS[payout.form]
    text = voice.say(f"补贴发放形式：{form.zh}", f"The subsidy is paid {form.en}")
    if payout.face is not None:
        text += voice.say(
            f"，每张{voice.money(payout.face)}", f", {voice.money(payout.face)} each"
        )
    if payout.min_spend is not None:
        spend = voice.money(payout.min_spend)
        text += voice.say(
            f"，单笔消费满{spend}可用一张", f", one for each payment of at least {spend}"
        )
    if payout.valid_days is not None:
        text += voice.say(
            f"，自发放之日起{payout.valid_days}日内有效", f", valid for {payout.valid_days} days"
        )
    yield Item(text + voice.say("。", ".") + voice.tail(source=payout.source))


def voucher_amount(voucher: Voucher, voice: Voice) -> str:
    """The amount that the face of a voucher must equal."""
    if not voucher.benefits:
        return voice.say("按第三部分应得的金额", "the amount due by section 3")
    named = voice.both(map(voice.named, voucher.benefits))
    return voice.say(f"{named}单独应得的金额", f"what {named} would pay alone")
