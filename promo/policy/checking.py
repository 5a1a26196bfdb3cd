"""What is wrong with a campaign before anything runs?

The file model has already refused what cannot be read. Here: references, contradictions, benefits
nobody gets, bands with gaps, pots, funding, sources, fair competition, and the examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from promo.errors import Diagnostic, did_you_mean
from promo.policy.benefits import Bands, Benefit
from promo.policy.campaign import Campaign
from promo.policy.cells import can_hold, refuses_someone
from promo.policy.conditions import (
    All,
    Compare,
    Comparison,
    Condition,
    Constant,
    FactValue,
    Not,
    OneOf,
    Test,
)
from promo.policy.examples import Case
from promo.policy.examples import FactValue as ExampleValue
from promo.policy.money import BASIS
from promo.policy.rules import Rules, compile_rules, fact_frame
from promo.quantities import KeyPath
from promo.schema import CLOCKS, EVENT_ORDER
from promo.textfile import Finding, Loaded, resolve

MOST_DAYS = 3 * 366


@dataclass(frozen=True, slots=True)
class _Checked:
    """A campaign under examination, with the places of its parts."""

    loaded: Loaded[Campaign]
    campaign: Campaign
    local_places: frozenset[str]

    def at(
        self, path: KeyPath, code: str, message: str, help: str = "", *, at_key: bool = False
    ) -> Diagnostic:
        return self.loaded.diagnostic(path, code, message, help=help, at_key=at_key)


Check = Callable[[_Checked], Iterator[Diagnostic]]


def check_campaign(
    loaded: Loaded[Campaign], *, local_places: frozenset[str] = frozenset()
) -> tuple[Diagnostic, ...]:
    """All findings about the logic, the money and the examples of a campaign that could be read.

    `local_places` are the places of the listed manufacturers, for the review of fair competition.
    """
    if loaded.value is None:
        return ()
    checked = _Checked(loaded, loaded.value, local_places)
    found = [finding for check in CHECKS for finding in check(checked)]
    if not any(finding.severity == "error" for finding in found):
        found.extend(_examples(checked))
    return tuple(sorted(set(_not_silenced(checked, found))))


def _not_silenced(checked: _Checked, found: list[Diagnostic]) -> list[Diagnostic]:
    everywhere = {silence.code for silence in checked.campaign.silence}
    by_line: dict[int, set[str]] = {}
    for place, rule in enumerate(checked.campaign.eligibility):
        line = checked.loaded.place(("eligibility", place, "when")).line
        by_line.setdefault(line, set()).update(silence.code for silence in rule.silence)
    return [
        each
        for each in found
        if each.severity == "error"
        or (each.code not in everywhere and each.code not in by_line.get(each.line, ()))
    ]


# --- files and names --------------------------------------------------------------------------


def _linked_files(checked: _Checked) -> Iterator[Diagnostic]:
    links: list[tuple[KeyPath, str]] = []
    if checked.campaign.market is not None:
        links.append((("market",), checked.campaign.market))
    for place, path in enumerate(checked.campaign.manufacturers):
        links.append((("manufacturers", place), path))
    for keypath, path in links:
        try:
            resolve(checked.loaded.path, path)
        except Finding as finding:
            fault = finding.diagnostic
            yield checked.at(keypath, fault.code, fault.message, fault.help)


def _lasts_too_long(checked: _Checked) -> Iterator[Diagnostic]:
    """A campaign to simulate is followed day by day; a policy that holds anyway is not."""
    windows = checked.campaign.windows
    name, purchase = next((n, w) for n, w in windows.named() if w is windows.purchase)
    first = min(windows.announced or purchase.first, purchase.first)
    if checked.campaign.market is not None and (purchase.end - first).days > MOST_DAYS:
        where: KeyPath = ("windows", name, "to" if purchase.to is not None else "before")
        message = f"{(purchase.end - first).days} days from the announcement to the end"
        yield checked.at(where, "V211", message, f"at most {MOST_DAYS} days can be simulated")


def _declared_twice(checked: _Checked) -> Iterator[Diagnostic]:
    rules = [rule.id for rule in checked.campaign.eligibility]
    pots = [pot.id for pot in checked.campaign.money.pots]
    payers = [payer.payer for payer in checked.campaign.money.funding]
    places: tuple[tuple[list[str], KeyPath, str], ...] = (
        (rules, ("eligibility",), "id"),
        (pots, ("money", "pots"), "id"),
        (payers, ("money", "funding"), "from"),
    )
    for names, keypath, key in places:
        for place, name in enumerate(names):
            if name in names[:place]:
                yield checked.at((*keypath, place, key), "R410", f"'{name}' is declared twice")


def _references(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    benefits = tuple(campaign.benefits)
    named = [
        (("combine", *path), name, benefits)
        for path, name in (campaign.combine.named() if campaign.combine is not None else ())
    ]
    for pot_place, pot in enumerate(campaign.money.pots):
        for place, name in enumerate(pot.pays):
            named.append((("money", "pots", pot_place, "pays", place), name, benefits))
    named.extend(_named_in_cases(campaign))
    for keypath, name, known in named:
        if name not in known:
            message = f"'{name}' is not declared"
            yield checked.at(keypath, "R406", message, did_you_mean(name, known))


def _named_in_cases(campaign: Campaign) -> list[tuple[KeyPath, str, tuple[str, ...]]]:
    known = reason_codes(campaign)
    pots = tuple(pot.id for pot in campaign.money.pots)
    named: list[tuple[KeyPath, str, tuple[str, ...]]] = []
    for place, case in enumerate(campaign.examples.cases):
        path: KeyPath = ("examples", "cases", place)
        for outcome in ("refused", "incomplete", "waiting"):
            reason = getattr(case, outcome)
            if reason is not None:
                named.append(((*path, outcome), reason, known))
        named.extend(((*path, "pots", pot), pot, pots) for pot in case.pots)
    return named


def reason_codes(campaign: Campaign) -> tuple[str, ...]:
    """Every reason that a decision can give."""
    windows = (f"window-{name}" for name, _ in campaign.windows.named())
    rules = (rule.id for rule in campaign.eligibility)
    benefits = (f"benefit-{name}" for name in campaign.benefits)
    return (*windows, *rules, *benefits, "no-benefit", "no-money")


def _combined_once(checked: _Checked) -> Iterator[Diagnostic]:
    if checked.campaign.combine is None:
        return
    named = list(checked.campaign.combine.named())
    times = Counter(name for _, name in named)
    for name in checked.campaign.benefits:
        if times[name] == 0:
            message = f"the benefit '{name}' is never combined"
            help = "name it under 'combine', or remove it"
            yield checked.at(("benefits", name), "R407", message, help, at_key=True)
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield checked.at(("combine", *path), "R410", f"'{name}' is combined twice")
        seen.add(name)


# --- conditions -------------------------------------------------------------------------------


def _in_window(campaign: Campaign) -> list[Test]:
    """The windows as conditions."""
    tests: list[Test] = []
    for name, window in campaign.windows.named():
        clock = FactValue(CLOCKS[name])
        after = Compare(clock, ">=", Constant(window.first))
        before = Compare(clock, "<", Constant(window.end))
        tests.append(All((after, before)))
    return tests


def _contradictions(checked: _Checked) -> Iterator[Diagnostic]:
    """The first rule with which nobody is left."""
    held = _in_window(checked.campaign)
    for place, rule in enumerate(checked.campaign.eligibility):
        keypath: KeyPath = ("eligibility", place, "when")
        if can_hold([rule.when.tree]) is False:
            yield checked.at(keypath, "R401", "no purchase fulfils this condition")
            return
        held.append(rule.when.tree)
        if can_hold(held) is False:
            message = "no purchase fulfils this condition and those before it"
            yield checked.at(keypath, "R401", message)
            return


def _eligible(campaign: Campaign) -> list[Test]:
    return [*_in_window(campaign), *(rule.when.tree for rule in campaign.eligibility)]


def _refuses_no_one(checked: _Checked) -> Iterator[Diagnostic]:
    windows = _in_window(checked.campaign)
    rules = checked.campaign.eligibility
    for place, rule in enumerate(rules):
        others = [*windows, *(each.when.tree for each in rules if each is not rule)]
        if can_hold(others) and refuses_someone(rule.when.tree, others) is False:
            message = f"the condition '{rule.id}' refuses no one whom the others let pass"
            yield checked.at(("eligibility", place, "when"), "R403", message, "remove it")


def _benefits_reached(checked: _Checked) -> Iterator[Diagnostic]:
    eligible = _eligible(checked.campaign)
    if not can_hold(eligible):
        return
    for name, benefit in checked.campaign.benefits.items():
        applies = [*eligible, *_condition_of(benefit)]
        if can_hold(applies) is False:
            message = f"no eligible purchase gets the benefit '{name}'"
            yield checked.at(("benefits", name, "when"), "R402", message)
        elif isinstance(benefit, Bands):
            yield from _bands_reached(checked, name, benefit, applies)


def _condition_of(benefit: Benefit) -> list[Test]:
    return [benefit.when.tree] if benefit.when is not None else []


def _bands_reached(
    checked: _Checked, name: str, benefit: Bands, applies: list[Test]
) -> Iterator[Diagnostic]:
    steps = benefit.bands
    path: KeyPath = ("benefits", name, "bands", "steps")
    starts = [start for start, _ in steps.steps]
    reached = [_reached(benefit, start) for start in starts]
    if can_hold([*applies, Not(reached[0])]):
        message = f"eligible purchases below the first band of '{name}' get no amount"
        help = "start lower, add a step [0, 0], or make the lower bound a condition"
        yield checked.at((*path, 0), "R405", message, help)
    if steps.up_to is not None and can_hold([*applies, _reached(benefit, steps.up_to)]):
        message = f"eligible purchases above the last band of '{name}' get no amount"
        keypath: KeyPath = ("benefits", name, "bands", "up_to")
        yield checked.at(keypath, "R405", message, "add a step, or make the bound a condition")
    for place in range(len(reached)):
        above = [Not(reached[place + 1])] if place + 1 < len(reached) else []
        if can_hold([*applies, reached[place], *above]) is False:
            message = f"no eligible purchase reaches this band of '{name}'"
            yield checked.at((*path, place), "R402", message)


def _reached(benefit: Bands, start: int) -> Test:
    sign: Comparison = ">=" if benefit.bands.closed == "lower" else ">"
    bound = Constant(benefit.bands.threshold(start))
    return Compare(FactValue(benefit.bands.on), sign, bound)


# --- money ------------------------------------------------------------------------------------


def _pots(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    if campaign.money.unlimited:
        return
    combined = {name for _, name in campaign.combination.named()}
    paid = {name for pot in campaign.money.pots for name in pot.pays}
    for name in campaign.benefits:
        if name not in paid:
            message = f"no pot pays the benefit '{name}'"
            help = "name it under 'pays' of a pot"
            yield checked.at(("benefits", name), "R411", message, help, at_key=True)
    for place, pot in enumerate(campaign.money.pots):
        if combined.isdisjoint(pot.pays):
            message = f"nothing draws on the pot '{pot.id}'"
            yield checked.at(("money", "pots", place, "id"), "R408", message)


def _order_of_events(checked: _Checked) -> Iterator[Diagnostic]:
    money = checked.campaign.money
    if money.order_by is None:
        return
    event = money.order_by.removesuffix("_time")
    if EVENT_ORDER.index(event) > EVENT_ORDER.index(money.commit_on):
        message = f"money is committed on {money.commit_on}, before {event} is known"
        help = f"write '{money.commit_on}_time'"
        yield checked.at(("money", "order_by"), "R409", message, help)


def _funding(checked: _Checked) -> Iterator[Diagnostic]:
    funding = checked.campaign.money.funding
    whole = sum(payer.share for payer in funding)
    if funding and whole != BASIS:
        message = f"the shares add up to {whole / 100:g} %, not to 100 %"
        yield checked.at(("money", "funding"), "R412", message)


# --- sources and fairness ---------------------------------------------------------------------


def _sources(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    if campaign.source is not None or campaign.illustrative is not None:
        return
    help = "add 'source:' to the campaign or here"
    for place, pot in enumerate(campaign.money.pots):
        if not pot.amount.assumed and pot.source is None:
            message = f"the amount of the pot '{pot.id}' has no source"
            yield checked.at(("money", "pots", place, "amount"), "S701", message, help)
    for name, benefit in campaign.benefits.items():
        if benefit.uncertainty is None and benefit.source is None:
            message = f"the amount of the benefit '{name}' has no source"
            yield checked.at(("benefits", name, benefit.form), "S701", message, help, at_key=True)


def _fair_competition(checked: _Checked) -> Iterator[Diagnostic]:
    """Conditions that let only cars of local plants pass."""
    if not checked.local_places:
        return
    elsewhere = Not(OneOf(FactValue("made_in"), tuple(sorted(checked.local_places))))
    for keypath, condition in _conditions(checked.campaign):
        if "made_in" not in condition.facts or can_hold([condition.tree, elsewhere]) is not False:
            continue
        message = "only cars of local plants pass this condition (fair-competition review)"
        help = "a neutral test, such as energy, emissions or price, is open to every maker; "
        help += "check with counsel, or silence S702 with a reason"
        yield checked.at(keypath, "S702", message, help)


def _conditions(campaign: Campaign) -> Iterator[tuple[KeyPath, Condition]]:
    for place, rule in enumerate(campaign.eligibility):
        yield ("eligibility", place, "when"), rule.when
    for name, benefit in campaign.benefits.items():
        if benefit.when is not None:
            yield ("benefits", name, "when"), benefit.when


# --- examples ---------------------------------------------------------------------------------


def _examples(checked: _Checked) -> Iterator[Diagnostic]:
    rules = compile_rules(checked.campaign)
    examples = checked.campaign.examples
    ordinary = _decide(rules, examples.ordinary, {})
    if ordinary["decision"] != "approved":
        message = f"the ordinary case is {_outcome(ordinary)}"
        yield checked.at(("examples", "ordinary"), "E602", message)
        return
    for place, case in enumerate(examples.cases):
        found = _decide(rules, examples.ordinary | case.facts, case.pots)
        if not _holds(case, found):
            message = f"'{case.says}': {_expected(case)} expected, but it is {_outcome(found)}"
            yield checked.at(("examples", "cases", place), "E601", message)


def _decide(
    rules: Rules, facts: Mapping[str, ExampleValue], money_left: Mapping[str, int]
) -> dict[str, object]:
    return rules.decide(fact_frame([facts]), money_left).row(0, named=True)


def _holds(case: Case, found: Mapping[str, object]) -> bool:
    decision, reasons = found["decision"], found["reasons"]
    if case.amount is not None:
        decided = decision == "approved" or (case.amount == 0 and decision == "refused")
        return decided and found["amount_fen"] == case.amount
    if case.approved is not None:
        return (decision == "approved") is case.approved
    reason = getattr(case, case.outcome)
    return decision == case.outcome and isinstance(reasons, list) and reason in reasons


def _expected(case: Case) -> str:
    if case.amount is not None:
        return f"{case.amount / 100:.15g} yuan"
    return f"{case.outcome} ({getattr(case, case.outcome)})"


def _outcome(found: Mapping[str, object]) -> str:
    reasons, amount = found["reasons"], found["amount_fen"]
    if found["decision"] == "approved" and isinstance(amount, int):
        return f"approved with {amount / 100:.15g} yuan"
    named = ", ".join(reasons) if isinstance(reasons, list) else ""
    return f"{found['decision']} ({named})"


CHECKS: tuple[Check, ...] = (
    _linked_files,
    _lasts_too_long,
    _declared_twice,
    _references,
    _combined_once,
    _contradictions,
    _refuses_no_one,
    _benefits_reached,
    _pots,
    _order_of_events,
    _funding,
    _sources,
    _fair_competition,
)
