"""What is wrong with a campaign before anything runs?

The file model has already refused what cannot be read. Here: references, contradictions, benefits
nobody gets, bands with gaps, pots, funding, sources, fair competition, and the examples.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import polars as pl

from promo.errors import Diagnostic, did_you_mean
from promo.policy.benefits import Bands, Benefit
from promo.policy.campaign import Campaign, Rule
from promo.policy.cells import Cells
from promo.policy.combination import Combination, Part
from promo.policy.conditions import (
    All,
    Condition,
    Constant,
    FactValue,
    Holds,
    Not,
    OneOf,
    Some,
    Test,
    as_condition,
    facts_of,
)
from promo.policy.examples import Case
from promo.policy.examples import FactValue as ExampleValue
from promo.policy.lists import nobody_on
from promo.policy.money import BASIS, NOT_DECLARED
from promo.policy.rules import Rules, compile_rules, fact_frame, with_all_facts
from promo.quantities import KeyPath
from promo.schema import CLOCKS, EVENT_ORDER, VEHICLE_COLUMNS
from promo.textfile import MAX_FINDINGS, Finding, Loaded

MOST_DAYS = 3 * 366
NEUTRAL = (
    "a neutral test, such as energy, emissions or price, is open to every maker; "
    "check with counsel, or silence S702 with a reason"
)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A campaign under examination, with the places of its parts."""

    loaded: Loaded[Campaign]
    campaign: Campaign
    rules: Rules
    cells: Cells
    local_places: frozenset[str]
    catalogue: pl.DataFrame | None

    def can_hold(self, tests: Sequence[Test]) -> bool | None:
        """Is there a purchase for which all conditions hold? None where nobody looked."""
        return self.cells.can_hold(tests)

    def refuses_someone(self, test: Test, others: Sequence[Test]) -> bool | None:
        """Is there a purchase that the others let pass and this condition refuses?"""
        return self.can_hold([Not(test), *others])

    def example(self, tests: Sequence[Test], about: Sequence[str]) -> str:
        """One purchase for which all conditions hold, in the facts of interest."""
        purchase = self.cells.witness(tests) or {}
        return as_condition({name: purchase[name] for name in purchase if name in about})

    def at(
        self, path: KeyPath, code: str, message: str, help: str = "", *, at_key: bool = False
    ) -> Diagnostic:
        return self.loaded.diagnostic(path, code, message, help=help, at_key=at_key)


Check = Callable[[_Checked], Iterator[Diagnostic]]
Named: TypeAlias = tuple[KeyPath, str, tuple[str, ...]]  # place, name, the names that are known


def check_campaign(
    loaded: Loaded[Campaign],
    *,
    local_places: frozenset[str] = frozenset(),
    catalogue: pl.DataFrame | None = None,
) -> tuple[Diagnostic, ...]:
    """All findings about the logic, the money and the examples of a campaign that could be read.

    `local_places` are the places of the listed manufacturers and `catalogue` the vehicles on sale,
    one row each, for the review of fair competition.
    """
    if loaded.value is None:
        return ()
    rules = compile_rules(loaded.value)
    cells = Cells([*_all_tests(rules), _elsewhere(local_places)])
    checked = _Checked(loaded, loaded.value, rules, cells, local_places, catalogue)
    found = [finding for check in CHECKS for finding in check(checked)]
    if not any(finding.severity == "error" for finding in found):
        found.extend(_examples(checked))
    kept = sorted(set(_not_silenced(checked, found)), key=lambda each: each.severity != "error")
    return tuple(sorted(kept[:MAX_FINDINGS]))


def _all_tests(rules: Rules) -> Iterator[Test]:
    """Every condition that some question below is made of."""
    yield Holds(Constant(value=True))
    yield from (each.condition.tree for each in rules.requirements)
    yield from (amendment.guard for amendment in rules.campaign.amendments)
    for _, _, benefit in rules.campaign.every_benefit:
        yield from _condition_of(benefit)
        yield from (test for test, _ in benefit.cases or ())
        if isinstance(benefit, Bands):
            yield from (benefit.bands.at_or_above(start) for start, _ in benefit.bands.steps)
            if benefit.bands.up_to is not None:
                yield benefit.bands.at_or_above(benefit.bands.up_to)


def _elsewhere(local_places: frozenset[str]) -> Test:
    """Was the car made where no listed plant is?"""
    return Not(OneOf(FactValue("made_in"), tuple(sorted(local_places))))


def _not_silenced(checked: _Checked, found: list[Diagnostic]) -> list[Diagnostic]:
    everywhere = {silence.code for silence in checked.campaign.silence}
    by_line: dict[tuple[str, int], set[str]] = {}
    for keypath, rule in checked.campaign.every_rule:
        place = checked.loaded.place((*keypath, rule.key))
        own = by_line.setdefault((place.file, place.line), set())
        own.update(silence.code for silence in rule.silence)
    for keypath, _, benefit in checked.campaign.every_benefit:
        for key in ("when", benefit.form):
            place = checked.loaded.place((*keypath, key))
            own = by_line.setdefault((place.file, place.line), set())
            own.update(silence.code for silence in benefit.silence)
    return [
        each
        for each in found
        if each.severity == "error"
        or (
            each.code not in everywhere
            and each.code not in by_line.get((each.file, each.line), ())
        )
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
            checked.loaded.linked(keypath, path)
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
        if purchase.is_open:
            message = "a window without an end cannot be simulated"
        yield checked.at(where, "V211", message, f"at most {MOST_DAYS} days can be simulated")


def _declared_twice(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    places: tuple[tuple[list[str], KeyPath, str], ...] = (
        ([rule.id for rule in campaign.eligibility], ("eligibility",), "id"),
        ([pot.id for pot in campaign.money.pots], ("money", "pots"), "id"),
        ([payer.payer for payer in campaign.money.funding], ("money", "funding"), "from"),
        ([limit.per for limit in campaign.limits], ("limits",), "per"),
        ([amendment.id for amendment in campaign.amendments], ("amendments",), "id"),
        ([quota.per for quota in campaign.money.quotas], ("money", "quotas"), "per"),
    )
    for names, keypath, key in places:
        seen: set[str] = set()
        for place, name in enumerate(names):
            if name in seen:
                yield checked.at((*keypath, place, key), "R410", f"'{name}' is declared twice")
            seen.add(name)


def _references(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    benefits = campaign.benefit_names
    named = [
        (("combine", *path), name, benefits)
        for path, name in (campaign.combine.named() if campaign.combine is not None else ())
    ]
    for pot_place, pot in enumerate(campaign.money.pots):
        for place, name in enumerate(pot.pays):
            named.append((("money", "pots", pot_place, "pays", place), name, benefits))
    named.extend(_named_in_cases(checked))
    named.extend(_named_by_uplifts(campaign))
    named.extend(_named_by_amendments(campaign))
    allocation = campaign.money.allocation
    if allocation is not None and allocation.voucher is not None:
        path: KeyPath = ("money", "allocation", "voucher", "for")
        for place, name in enumerate(allocation.voucher.benefits):
            named.append(((*path, place), name, benefits))
    yield from _private_money(checked)
    for keypath, name, known in named:
        if name not in known:
            message = f"'{name}' is not declared"
            help, is_key = did_you_mean(name, known), keypath[-1] == name
            yield checked.at(keypath, "R406", message, help, at_key=is_key)


def _private_money(checked: _Checked) -> Iterator[Diagnostic]:
    """What makers and dealers give is neither combined with public money nor paid from a pot."""
    campaign = checked.campaign
    private = set(campaign.benefit_names) - set(campaign.public_benefits)
    combine = campaign.combine.named(("combine",)) if campaign.combine is not None else ()
    paid = (
        (("money", "pots", number, "pays", place), name)
        for number, pot in enumerate(campaign.money.pots)
        for place, name in enumerate(pot.pays)
    )
    for keypath, name in (*combine, *paid):
        if name in private:
            message = f"'{name}' is private money, listed beside the public"
            help = "remove it here, or remove its 'payer'"
            yield checked.at(keypath, "R406", message, help)


def _named_by_uplifts(campaign: Campaign) -> Iterator[Named]:
    """An uplift is a share of plain benefits, not of itself or of another uplift."""
    plain = set(campaign.benefit_names) - {
        name for _, name, benefit in campaign.every_benefit if benefit.of
    }
    for path, _, benefit in campaign.every_benefit:
        for place, name in enumerate(benefit.of):
            yield (*path, benefit.form, "of", place), name, tuple(sorted(plain))


def _named_by_amendments(campaign: Campaign) -> Iterator[Named]:
    known = (*(rule.id for _, rule in campaign.every_rule), *campaign.benefit_names)
    for place, amendment in enumerate(campaign.amendments):
        for inner, name in enumerate(amendment.withdraws):
            yield ("amendments", place, "withdraws", inner), name, known


def _named_in_cases(checked: _Checked) -> Iterator[Named]:
    known = reason_codes(checked.rules)
    pots = tuple(pot.id for pot in checked.campaign.money.pots)
    for place, case in enumerate(checked.campaign.examples.cases):
        path: KeyPath = ("examples", "cases", place)
        for outcome in ("refused", "incomplete", "waiting", "undeclared"):
            reason = getattr(case, outcome)
            if reason is not None:
                yield (*path, outcome), reason, known
        for pot in case.pots:
            yield (*path, "pots", pot), pot, pots


def reason_codes(rules: Rules) -> tuple[str, ...]:
    """Every reason that a decision can give."""
    required = (each.id for each in rules.requirements)
    benefits = (f"benefit-{name}" for name in rules.entitlements)
    money = ("no-benefit", "no-money", "already-paid", "last-yuan", "rounding", "paid-claims")
    return (*required, *benefits, *money)


def _combined_once(checked: _Checked) -> Iterator[Diagnostic]:
    if checked.campaign.combine is None:
        return
    named = list(checked.campaign.combine.named())
    times = Counter(name for _, name in named)
    for keypath, name, benefit in checked.campaign.every_benefit:
        if times[name] == 0 and benefit.is_public:
            message = f"the benefit '{name}' is never combined"
            help = "name it under 'combine', or remove it"
            yield checked.at(keypath, "R407", message, help, at_key=True)
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield checked.at(("combine", *path), "R410", f"'{name}' is combined twice")
        seen.add(name)


# --- conditions -------------------------------------------------------------------------------


def _required(checked: _Checked, *kinds: str) -> list[tuple[KeyPath, Test]]:
    """The requirements of some kinds, with their places."""
    return [
        (each.path, each.condition.tree)
        for each in checked.rules.requirements
        if each.kind in kinds
    ]


def _contradictions(checked: _Checked) -> Iterator[Diagnostic]:
    """The first rule with which nobody is left."""
    held = [tree for _, tree in _required(checked, "window")]
    for keypath, tree in _required(checked, "rule"):
        if checked.can_hold([tree]) is False:
            yield checked.at(keypath, "R401", "no purchase fulfils this condition")
            return
        held.append(tree)
        if checked.can_hold(held) is False:
            message = "no purchase fulfils this condition and those before it"
            yield checked.at(keypath, "R401", message)
            return


def _eligible(checked: _Checked) -> list[Test]:
    return [tree for _, tree in _required(checked, "window", "rule")]


def _refuses_no_one(checked: _Checked) -> Iterator[Diagnostic]:
    every = _eligible(checked)
    rules = [each for each in checked.rules.requirements if each.kind == "rule"]
    for rule in rules:
        others = [tree for tree in every if tree is not rule.condition.tree]
        if (
            checked.can_hold(others)
            and checked.refuses_someone(rule.condition.tree, others) is False
        ):
            message = f"the condition '{rule.id}' refuses no one whom the others let pass"
            yield checked.at(rule.path, "R403", message, "remove it")


def _benefits_reached(checked: _Checked) -> Iterator[Diagnostic]:
    eligible = _eligible(checked)
    if not checked.can_hold(eligible):
        return
    for keypath, name, benefit in checked.campaign.every_benefit:
        applies = [*eligible, *_governs(checked, keypath), *_condition_of(benefit)]
        if checked.can_hold(applies) is False:
            message = f"no eligible purchase gets the benefit '{name}'"
            yield checked.at((*keypath, "when"), "R402", message)
        elif (
            benefit.when is not None
            and checked.refuses_someone(benefit.when.tree, eligible) is False
        ):
            message = f"every eligible purchase fulfils the condition of '{name}'"
            yield checked.at((*keypath, "when"), "R419", message, "remove it")
        elif isinstance(benefit, Bands):
            yield from _bands_reached(checked, keypath, benefit, applies)


def _governs(checked: _Checked, keypath: KeyPath) -> list[Test]:
    """Under which circumstances the text of a benefit governs at all."""
    name = keypath[-1]
    place = keypath[1] if keypath[0] == "amendments" else None
    amendments = list(enumerate(checked.campaign.amendments))
    tests: list[Test] = []
    for number, amendment in amendments:
        changed = name in amendment.benefits or name in amendment.withdraws
        if number == place:
            tests.append(amendment.guard)
        elif changed and (not isinstance(place, int) or number > place):
            tests.append(Not(amendment.guard))
    return tests


def _condition_of(benefit: Benefit) -> list[Test]:
    return [benefit.when.tree] if benefit.when is not None else []


def _exclusive(checked: _Checked) -> Iterator[Diagnostic]:
    """Routes that exclude each other and yet meet in one purchase."""
    combine = checked.campaign.combine
    if combine is None:
        return
    eligible = _eligible(checked)
    for path, part in _exclusive_parts(("combine",), combine):
        routes = [(place, _applies(checked, each)) for place, each in enumerate(part)]
        for place, (_, later) in enumerate(routes):
            for _, earlier in routes[:place]:
                if checked.can_hold([*eligible, earlier, later]):
                    about = facts_of(All((earlier, later)))
                    example = checked.example([*eligible, earlier, later], about)
                    message = f"a purchase can get this benefit and one before it: {example}"
                    help = "narrow one of them with 'when', or combine them with 'best_of'"
                    yield checked.at((*path, place), "R416", message, help)
                    break


def _exclusive_parts(
    path: KeyPath, combination: Combination
) -> Iterator[tuple[KeyPath, tuple[Part, ...]]]:
    if combination.exclusive is not None:
        yield (*path, "exclusive"), combination.exclusive
    for place, part in enumerate(combination.parts):
        if isinstance(part, Combination):
            yield from _exclusive_parts((*path, combination.kind, place), part)


def _applies(checked: _Checked, part: Part) -> Test:
    """Does a part of a combination pay anything, as far as conditions tell?"""
    names = [part] if isinstance(part, str) else [name for _, name in part.named()]
    tests: list[Test] = [Not(Holds(Constant(value=True)))]  # what is not declared pays nothing
    for keypath, name, benefit in checked.campaign.every_benefit:
        if name in names:
            paying = [test for test, fen in benefit.cases or () if fen > 0]
            amounts = [Some(tuple(paying))] if paying else []
            amounts += [Some(tuple(_applies(checked, each) for each in benefit.of))] * bool(
                benefit.of
            )
            around = [*_governs(checked, keypath), *_condition_of(benefit)]
            tests.append(All((*around, *amounts, Holds(Constant(value=True)))))
    return Some(tuple(tests))


def _bands_reached(
    checked: _Checked, keypath: KeyPath, benefit: Bands, applies: list[Test]
) -> Iterator[Diagnostic]:
    steps, name = benefit.bands, keypath[-1]
    path: KeyPath = (*keypath, "bands", "steps")
    starts = [start for start, _ in steps.steps]
    reached = [steps.at_or_above(start) for start in starts]
    below = [*applies, Not(reached[0])]
    if checked.can_hold(below):
        example = checked.example(below, [benefit.bands.on])
        message = f"eligible purchases below the first band of '{name}' get no amount: {example}"
        help = "start lower, add a step [0, 0], or make the lower bound a condition"
        yield checked.at((*path, 0), "R405", message, help)
    above = [*applies, steps.at_or_above(steps.up_to)] if steps.up_to is not None else None
    if above is not None and checked.can_hold(above):
        example = checked.example(above, [benefit.bands.on])
        message = f"eligible purchases above the last band of '{name}' get no amount: {example}"
        help = "add a step, or make the bound a condition"
        yield checked.at((*keypath, "bands", "up_to"), "R405", message, help)
    for place in range(len(reached)):
        under_next = [Not(reached[place + 1])] if place + 1 < len(reached) else []
        if checked.can_hold([*applies, reached[place], *under_next]) is False:
            message = f"no eligible purchase reaches this band of '{name}'"
            yield checked.at((*path, place), "R402", message)


def _facts_unread(checked: _Checked) -> Iterator[Diagnostic]:
    """Facts of the ordinary case that no rule asks for, often a rule that was forgotten."""
    read = {*checked.rules.facts, *checked.campaign.money.priority}
    for name in checked.campaign.examples.ordinary:
        if name not in read:
            message = f"no rule reads the fact '{name}'"
            help = "remove it, or add the rule that asks for it"
            yield checked.at(("examples", "ordinary", name), "R418", message, help, at_key=True)


def _amendments(checked: _Checked) -> Iterator[Diagnostic]:
    """Amendments that say nothing, or only what the first text says."""
    campaign, amended = checked.campaign, set[str]()
    first = _text(campaign.eligibility, campaign.benefits)
    for place, amendment in enumerate(campaign.amendments):
        text = _text(amendment.eligibility, amendment.benefits)
        same = all(first.get(name) == said and name not in amended for name, said in text.items())
        if same and not amendment.withdraws:
            message = f"the amendment '{amendment.id}' changes nothing"
            yield checked.at(("amendments", place, "id"), "R422", message)
        amended.update(text, amendment.withdraws)
    for place, (before, amendment) in enumerate(pairwise(campaign.amendments)):
        if before.by == amendment.by and amendment.first < before.first:
            message = f"the amendment '{amendment.id}' governs from before '{before.id}'"
            help = "list amendments in the order of their days: the last that governs counts"
            yield checked.at(("amendments", place + 1, "from"), "R421", message, help)


def _text(rules: Sequence[Rule], benefits: Mapping[str, Benefit]) -> dict[str, Test | Benefit]:
    """What the rules and benefits of one text say, by their names."""
    return {rule.id: rule.condition.tree for rule in rules} | dict(benefits)


def _lists(checked: _Checked) -> Iterator[Diagnostic]:
    """Dated lists on which nobody stands on some day of the window of that day."""
    windows = {CLOCKS[event]: window for event, window in checked.campaign.windows.named()}
    for keypath, rule in checked.campaign.every_rule:
        window = windows.get(rule.listed.on or "") if rule.listed is not None else None
        day = nobody_on(rule.condition, window.first, window.last) if window is not None else None
        if rule.listed is not None and day is not None:
            message = f"'{rule.listed.file}' names nobody on {day}"
            yield checked.at((*keypath, "listed", "file"), "R423", message)


# --- money ------------------------------------------------------------------------------------


def _pots(checked: _Checked) -> Iterator[Diagnostic]:
    campaign = checked.campaign
    if campaign.money.unlimited:
        return
    combined = {name for _, name in campaign.combination.named()}
    paid = {name for pot in campaign.money.pots for name in pot.pays}
    for keypath, name, benefit in campaign.every_benefit:
        if name not in paid and benefit.is_public:
            message = f"no pot pays the benefit '{name}'"
            help = "name it under 'pays' of a pot"
            yield checked.at(keypath, "R411", message, help, at_key=True)
    for place, pot in enumerate(campaign.money.pots):
        if combined.isdisjoint(pot.pays):
            message = f"nothing draws on the pot '{pot.id}'"
            yield checked.at(("money", "pots", place, "id"), "R408", message)


def _rounds(checked: _Checked) -> Iterator[Diagnostic]:
    """Pots for the same benefit that open before the one before them, or leave to none."""
    pots = checked.campaign.money.pots
    for place, pot in enumerate(pots):
        later = [each for each in pots[place + 1 :] if not set(each.pays).isdisjoint(pot.pays)]
        if pot.unused == "next_pot" and not later:
            message = f"no pot after '{pot.id}' pays the same benefits"
            help = "list a later pot for these benefits, or write 'unused: lost'"
            yield checked.at(("money", "pots", place, "unused"), "R406", message, help)
    for place, (before, pot) in enumerate(pairwise(pots)):
        in_turn = before.opens is None or pot.opens is None or before.opens <= pot.opens
        if before.face == pot.face and not in_turn and not set(before.pays).isdisjoint(pot.pays):
            message = f"the pot '{pot.id}' opens before '{before.id}'"
            help = "list pots in the order in which they open"
            yield checked.at(("money", "pots", place + 1, "opens"), "R421", message, help)


def _order_of_events(checked: _Checked) -> Iterator[Diagnostic]:
    money = checked.campaign.money
    if money.order_by is None:
        return
    event = money.order_by.removesuffix("_time")
    if EVENT_ORDER.index(event) > EVENT_ORDER.index(money.commit_on):
        message = f"money is committed on {money.commit_on}, before {event} is known"
        help = f"write '{money.commit_on}_time'"
        yield checked.at(("money", "order_by"), "R409", message, help)


def _stocks(checked: _Checked) -> Iterator[Diagnostic]:
    """Faces that no benefit ever has, and vouchers for amounts without fixed faces."""
    campaign = checked.campaign
    for place, pot in enumerate(campaign.money.pots):
        faces = _faces(campaign, pot.pays)
        if pot.face is not None and faces is not None and pot.face not in faces:
            message = f"no benefit of the pot '{pot.id}' is ever {pot.face / 100:.15g}"
            yield checked.at(("money", "pots", place, "face"), "R408", message)
    yield from _without_stock(checked)
    allocation = campaign.money.allocation
    voucher = allocation.voucher if allocation is not None else None
    if voucher is not None and voucher.must_match:
        names = voucher.benefits or campaign.public_benefits
        if _faces(campaign, names) is None:
            path: KeyPath = ("money", "allocation", "voucher", "must_match")
            message = "a voucher must match an amount that has no fixed faces"
            help = "name benefits of fixed amounts under 'for'"
            yield checked.at(path, "R424", message, help)


def _without_stock(checked: _Checked) -> Iterator[Diagnostic]:
    """Amounts for which there is no stock, where stocks by face value are all that pays."""
    campaign = checked.campaign
    if list(campaign.combination.ceilings()) or any(c.cap for c in _nested(campaign.combination)):
        return  # what a ceiling leaves is no longer the amount of a benefit
    for keypath, name, benefit in campaign.every_benefit:
        faces = {pot.face for pot in campaign.money.pots if name in pot.pays}
        lacking = {fen for _, fen in benefit.cases or () if fen > 0} - faces
        if faces and None not in faces and lacking:
            message = f"no pot holds the face {min(lacking) / 100:.15g} of the benefit '{name}'"
            help = "add a pot with this face, or one with an amount"
            yield checked.at((*keypath, benefit.form), "R411", message, help, at_key=True)


def _nested(combination: Combination) -> Iterator[Combination]:
    """A combination and all inside it."""
    yield combination
    for part in combination.parts:
        if isinstance(part, Combination):
            yield from _nested(part)


def _faces(campaign: Campaign, names: Sequence[str]) -> set[int] | None:
    """The amounts that some benefits can have; None where they are not few."""
    faces: set[int] = set()
    for _, name, benefit in campaign.every_benefit:
        if name in names:
            if benefit.cases is None:
                return None
            faces.update(fen for _, fen in benefit.cases)
    return faces


def _not_declared(checked: _Checked) -> Iterator[Diagnostic]:
    """What the notice leaves open and the file says so."""
    for keypath, value in _policies(checked.campaign):
        if value == NOT_DECLARED:
            message = f"the notice does not say what '{keypath[-1]}' is"
            help = "ask the bureau; silence S703 with a reason if it stays open"
            yield checked.at(keypath, "S703", message, help)


def needed_to_simulate(loaded: Loaded[Campaign]) -> tuple[Diagnostic, ...]:
    """What a notice may leave open, but a simulation cannot do without."""
    campaign = loaded.value
    if campaign is None:
        return ()
    open_terms = (
        ("last_yuan", campaign.money.last_yuan == NOT_DECLARED),
        ("rounding", not campaign.money.rounding.declared and _computes(campaign)),
    )
    return tuple(
        loaded.diagnostic(
            ("money", key),
            "R420",
            f"a simulation needs '{key}' to be declared",
            help="assume one, say so in a comment, and try the others with 'extends:'",
        )
        for key, is_open in open_terms
        if is_open
    )


def _computes(campaign: Campaign) -> bool:
    """Is any amount more than one of a few stated ones, so that it may have to be rounded?"""
    amended = (amendment.benefits.values() for amendment in campaign.amendments)
    benefits = (*campaign.benefits.values(), *itertools.chain.from_iterable(amended))
    computed = any(each.cases is None or each.uncertainty is not None for each in benefits)
    return computed or (campaign.combine is not None and any(campaign.combine.ceilings()))


def _policies(campaign: Campaign) -> Iterator[tuple[KeyPath, str | None]]:
    money = campaign.money
    yield ("money", "last_yuan"), money.last_yuan
    yield ("money", "rounding"), money.rounding.mode
    for place, pot in enumerate(money.pots):
        yield ("money", "pots", place, "unused"), pot.unused
    for place, amendment in enumerate(campaign.amendments):
        yield ("amendments", place, "paid_claims"), amendment.paid_claims
    if campaign.holding is not None:
        yield ("holding", "clawback"), campaign.holding.clawback
    allocation = money.allocation
    if allocation is not None and allocation.voucher is not None:
        path: KeyPath = ("money", "allocation", "voucher")
        yield (*path, "lapsed"), allocation.voucher.lapsed
        yield (*path, "lapsed_holder"), allocation.voucher.lapsed_holder
    if allocation is not None and allocation.reservation is not None:
        yield ("money", "allocation", "reservation", "lapsed"), allocation.reservation.lapsed


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
    for keypath, name, benefit in campaign.every_benefit:
        if benefit.uncertainty is None and benefit.source is None:
            message = f"the amount of the benefit '{name}' has no source"
            yield checked.at((*keypath, benefit.form), "S701", message, help, at_key=True)


def _fair_competition(checked: _Checked) -> Iterator[Diagnostic]:
    """Conditions that let only cars of local plants pass, by their words or by the catalogue."""
    if not checked.local_places:
        return
    for keypath, condition in _conditions(checked.campaign):
        if not (_names_local(checked, condition) or _passes_local(checked, condition)):
            continue
        message = "only cars of local plants pass this condition (fair-competition review)"
        yield checked.at(keypath, "S702", message, NEUTRAL)


def _names_local(checked: _Checked, condition: Condition) -> bool:
    elsewhere = _elsewhere(checked.local_places)
    return "made_in" in condition.facts and checked.can_hold([condition.tree, elsewhere]) is False


def _passes_local(checked: _Checked, condition: Condition) -> bool:
    """Are all vehicles on sale that could pass made by local plants, and others are not?"""
    vehicles = checked.catalogue
    if vehicles is None or not set(condition.facts) & set(VEHICLE_COLUMNS):
        return False
    facts = tuple(name for name in condition.facts if name not in vehicles.columns)
    could_pass = condition.expression().fill_null(value=True)
    local = pl.col("made_in").is_in(sorted(checked.local_places))
    seen = with_all_facts(vehicles, facts).select(
        could_pass=could_pass, local=local.fill_null(value=False)
    )
    passing = seen.filter("could_pass")
    return 0 < passing.height < seen.height and bool(passing["local"].all())


def _conditions(campaign: Campaign) -> Iterator[tuple[KeyPath, Condition]]:
    for keypath, rule in campaign.every_rule:
        yield (*keypath, rule.key), rule.condition
    for keypath, _, benefit in campaign.every_benefit:
        if benefit.when is not None:
            yield (*keypath, "when"), benefit.when


# --- examples ---------------------------------------------------------------------------------


def _examples(checked: _Checked) -> Iterator[Diagnostic]:
    examples = checked.campaign.examples
    cases = [(examples.ordinary, dict[str, int]())]
    cases += [(examples.ordinary | case.facts, case.pots) for case in examples.cases]
    ordinary, *found = _decide(checked.rules, cases)
    if ordinary["decision"] != "approved":
        message = f"the ordinary case is {_outcome(ordinary)}"
        help = _where_it_stands(checked, ordinary["reasons"])
        yield checked.at(("examples", "ordinary"), "E602", message, help)
        return
    for place, (case, decided) in enumerate(zip(examples.cases, found, strict=True)):
        if not _holds(case, decided):
            message = f"'{case.says}': {_expected(case)} expected, but it is {_outcome(decided)}"
            yield checked.at(("examples", "cases", place), "E601", message)


def _decide(
    rules: Rules, cases: Sequence[tuple[Mapping[str, ExampleValue], Mapping[str, int]]]
) -> list[dict[str, object]]:
    """The decision on each case; those that find the same money are decided together."""
    decided: dict[int, dict[str, object]] = {}
    for money_left in {tuple(sorted(money.items())): money for _, money in cases}.values():
        alike = [place for place, (_, money) in enumerate(cases) if money == money_left]
        frame = fact_frame([cases[place][0] for place in alike])
        rows = rules.decide(frame, money_left).iter_rows(named=True)
        decided |= dict(zip(alike, rows, strict=True))
    return [decided[place] for place in range(len(cases))]


def _where_it_stands(checked: _Checked, reasons: object) -> str:
    """The line of the first rule, window or benefit among the reasons of a decision."""
    campaign = checked.campaign
    places: dict[str, KeyPath] = {}
    for keypath, rule in campaign.every_rule:
        places.setdefault(rule.id, keypath)
    places |= {f"window-{event}": ("windows", event) for event, _ in campaign.windows.named()}
    places |= {f"benefit-{name}": keypath for keypath, name, _ in campaign.every_benefit}
    for reason in reasons if isinstance(reasons, list) else ():
        if reason in places:
            place = checked.loaded.source.key(places[reason])
            if place.file == checked.loaded.path:
                return f"'{reason}' stands in line {place.line}"
            return f"'{reason}' stands in line {place.line} of {place.file}"
    return ""


def _holds(case: Case, found: Mapping[str, object]) -> bool:
    decision, reasons = found["decision"], found["reasons"]
    if case.amount is not None:
        decided = decision == "approved" or (case.amount == 0 and decision == "refused")
        return decided and found["amount_fen"] == case.amount
    if case.unpublished is not None:
        return decision == "approved" and found["amount_published"] is not case.unpublished
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
    _exclusive,
    _facts_unread,
    _amendments,
    _lists,
    _pots,
    _rounds,
    _stocks,
    _not_declared,
    _order_of_events,
    _funding,
    _sources,
    _fair_competition,
)
