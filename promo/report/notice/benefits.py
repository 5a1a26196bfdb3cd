"""How much is paid, by whom, and how do several amounts combine? Section three in words."""

from __future__ import annotations

from collections.abc import Iterator

from promo.policy.benefits import (
    Bands,
    Benefit,
    FixedAmount,
    PerName,
    Points,
    ShareOfPrice,
    Uplift,
)
from promo.policy.combination import Cap, Combination, Part
from promo.policy.rules import Rules
from promo.report.notice.outline import Item, provision, sentence
from promo.report.notice.quantities import rate
from promo.report.notice.voice import Voice
from promo.schema import FEN_PER_YUAN


def benefit_items(rules: Rules, voice: Voice) -> Iterator[Item]:
    """Each public benefit of the first text, then what the makers give."""
    amended = {name for each in rules.campaign.amendments for name in each.benefits}
    amended |= {name for each in rules.campaign.amendments for name in each.withdraws}
    for name in (*rules.public, *rules.private):
        benefit = rules.campaign.benefits.get(name)
        if benefit is not None:
            yield benefit_item(name, benefit, voice, amended=name in amended)


def benefit_item(
    name: str, benefit: Benefit, voice: Voice, *, head: str = "", amended: bool = False
) -> Item:
    """One benefit: who pays it, to which purchases, how much; `head` leads into it."""
    parts: list[Item] = []
    if benefit.when is not None:
        where = voice.say("适用条件：", "Applies where ")
        parts.append(provision(voice.said(benefit.when.tree), voice.language, head=where))
    parts += _amount(benefit, voice)
    if benefit.uncertainty is not None:
        low, high = (
            f"{100 * each:g}%" for each in (benefit.uncertainty.low, benefit.uncertainty.high)
        )
        why = voice.own(benefit.uncertainty.why)
        parts.append(
            Item(
                voice.say(
                    f"（推定）上列金额没有公布，系推定，实际可能为所列金额的{low}至{high}。理由：{why}。",
                    f"(Assumed) The amounts are not published but assumed; they may be {low} to "
                    f"{high} of those stated. Reason: {why}.",
                )
            )
        )
    return Item(head + _title(name, benefit, voice, amended=amended), tuple(parts))


def _title(name: str, benefit: Benefit, voice: Voice, *, amended: bool) -> str:
    title = voice.say(f"补贴项{voice.named(name)}", f"Benefit {voice.named(name)}")
    if benefit.payer is not None:
        payer = voice.payer(benefit.payer)
        title += voice.say(
            f"，由{payer}支付，不属于财政资金，不计入补贴合计",
            f", paid by {payer}; it is not public money and not part of the total",
        )
    if amended:
        title += voice.say("（已修订，见第七部分）", " (amended, see section 7)")
    return title + voice.tail(source=benefit.source) + voice.say("：", ":")


def _amount(benefit: Benefit, voice: Voice) -> list[Item]:
    if isinstance(benefit, FixedAmount):
        amount = voice.money(benefit.pay)
        return [Item(voice.say(f"每车{amount}。", f"{amount} a car."))]
    if isinstance(benefit, ShareOfPrice):
        text = share_text(benefit, voice)
        return [Item(voice.say(f"每车按{text}。", f"{text} a car."))]
    if isinstance(benefit, Bands | PerName):
        return [Item(_case(test_text, fen, voice)) for test_text, fen in _cases(benefit, voice)]
    if isinstance(benefit, Uplift):
        of = voice.both(map(voice.named, benefit.uplift.of))
        share = rate(benefit.uplift.rate)
        return [
            Item(
                voice.say(
                    f"另加{of}单独应得金额的{share}。",
                    f"A further {share} of what {of} would pay alone.",
                )
            )
        ]
    assert isinstance(benefit, Points)
    return _points(benefit, voice)


def _cases(benefit: Bands | PerName, voice: Voice) -> Iterator[tuple[str, int]]:
    for test, fen in benefit.cases:
        if fen > 0:
            yield voice.line(test), fen


def _case(said: str, fen: int, voice: Voice) -> str:
    amount = voice.money(fen)
    return voice.say(f"{said}的，每车{amount}。", f"{amount} a car where {said}.")


def share_text(benefit: ShareOfPrice, voice: Voice) -> str:
    """A rate of a price with its cap and floor."""
    share = benefit.share
    of, part = voice.fact(share.of), rate(share.rate)
    text = voice.say(f"{of}的{part}计算", f"{part} of the {of}")
    if share.cap is not None:
        text += voice.say(f"，最高{voice.money(share.cap)}", f", at most {voice.money(share.cap)}")
    if share.floor is not None:
        text += voice.say(
            f"，最低{voice.money(share.floor)}", f", at least {voice.money(share.floor)}"
        )
    return text


def _points(benefit: Points, voice: Voice) -> list[Item]:
    merits = tuple(
        Item(
            voice.say(
                f"{voice.line(merit.when.tree)}的，计{merit.points}分。",
                f"{merit.points} points where {voice.line(merit.when.tree)}.",
            )
        )
        for merit in benefit.points.of
    )
    steps = tuple(
        Item(
            voice.say(
                f"合计{start / FEN_PER_YUAN:g}分以上（含本数）的，每车{voice.money(fen)}。",
                f"From {start / FEN_PER_YUAN:g} points on (included): {voice.money(fen)} a car.",
            )
        )
        for start, fen in benefit.points.steps
    )
    return [
        Item(voice.say("计分：", "Points:"), merits),
        Item(
            voice.say(
                "按合计得分取下列各档中最高的一档；得分不足最低一档的没有补贴：",
                "The highest step reached counts; below the lowest step nothing is paid:",
            ),
            steps,
        ),
    ]


# --- combination ------------------------------------------------------------------------------


def combination_text(rules: Rules, voice: Voice) -> str:
    """How the benefits add up, exclude each other, and where they are capped; "" for one alone."""
    combination = rules.campaign.combination
    if len(rules.public) < 2 and combination.cap is None:
        return ""
    return sentence(_combined(combination, voice), voice.language)


def _combined(combination: Combination, voice: Voice) -> str:
    parts = [_part(part, voice) for part in combination.parts]
    if len(parts) == 1:
        text = parts[0]
    elif combination.kind == "sum":
        text = voice.say(
            f"{voice.both(parts)}可以同时享受，金额相加", f"{voice.both(parts)} are added"
        )
    elif combination.kind == "best_of":
        text = voice.say(
            f"{voice.both(parts)}不能同时享受，只取金额最高的一项",
            f"of {voice.both(parts)} only the highest is paid",
        )
    else:
        text = voice.say(
            f"{voice.both(parts)}只能享受其中一项",
            f"only one of {voice.both(parts)} is paid",
        )
    return text + _cap(combination, voice)


def _part(part: Part, voice: Voice) -> str:
    if isinstance(part, str):
        return voice.named(part)
    return voice.say(f"［{_combined(part, voice)}］", f"[{_combined(part, voice)}]")


def _cap(combination: Combination, voice: Voice) -> str:
    cap = combination.cap
    if cap is None:
        return ""
    text = voice.say(
        f"，每车最高{_ceiling(cap, voice)}", f", at most {_ceiling(cap, voice)} a car"
    )
    if len(list(combination.named())) > 1:
        text += voice.say(
            "，超出部分从排列在后的项目中扣减",
            "; what exceeds this is cut from the benefits named last",
        )
    return text


def _ceiling(cap: Cap, voice: Voice) -> str:
    texts = []
    if cap.per_car is not None:
        texts.append(voice.money(cap.per_car))
    if cap.share_of is not None and cap.rate is not None:
        of, part = voice.fact(cap.share_of), rate(cap.rate)
        texts.append(voice.say(f"{of}的{part}", f"{part} of the {of}"))
    if len(texts) == 1:
        return texts[0]
    return voice.say(f"{texts[0]}，并且不超过{texts[1]}", f"{texts[0]} and at most {texts[1]}")
