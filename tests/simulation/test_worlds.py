"""Laws that hold in every draw: parts, budgets, the identity of the horizon, null campaigns.

Campaigns are made at random; nothing here compares the program with its own numbers, only with
sums that must come out whatever the numbers are.
"""

import numpy as np
import pytest

from promo.pull_through import additional_by_vehicle
from promo.simulation.draws import ParameterDraws, draw_parameters
from promo.simulation.streams import ANYWAY, MOVED, NEW, OUTSIDE, SWITCHED
from promo.simulation.worlds import chance, means

OUTSIDE_BUYERS = """\
outside:
  cars_per_month: {assumed: 200, range: [100, 400], why: made up}
  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}
  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}
"""

FLAT = "  base: {pay: %d}"
BANDS = """\
  base:
    bands: {on: price, closed: lower, steps: [[50000, %d], [80000, %d], [120000, %d]]}
    amount: {assumed: true, range: 50%%..150%%, why: made up}"""
SHARE = "  base: {share: {of: price, rate: 3%%, cap: %d}}"
SECOND = """
  green:
    when: "energy IN ('BEV', 'PHEV')"
    share: {of: price, rate: %d%%, cap: 4000}"""
LATE = """
  late:
    when: "invoice_date >= DATE '2022-11-16'"
    pay: %d"""


def random_campaign(number):
    """Keywords of a tiny study: one or two pots, caps, percentages, phases, policies."""
    stream = np.random.default_rng([20221101, number])
    low, middle, high = np.sort(stream.integers(5, 60, 3)) * 100
    benefits = [FLAT % low, BANDS % (low, middle, high), SHARE % high][number % 3]
    names, total = ["base"], int(stream.integers(100, 900)) * 1_000
    if number % 2:
        benefits += SECOND % stream.integers(1, 5)
        names.append("green")
    if number % 4 == 3:
        benefits += LATE % (stream.integers(5, 30) * 100)
        names.append("late")
    listed = ", ".join(names)
    pots = f"    - {{id: main, amount: {total}, pays: [{listed}]}}"
    if number % 4 == 1:
        pots = (
            f"    - {{id: main, amount: {total}, pays: [base]}}\n"
            f"    - {{id: second, amount: {{assumed: {total // 3}, range: [{total // 6}, {total}],"
            " why: made up}, pays: [green]}"
        )
    cap = f", cap: {{per_car: {high}}}" if number % 3 == 1 else ""
    return {
        "benefits": benefits,
        "combine": f"{{sum: [{listed}]{cap}}}",
        "pots": pots,
        "last_yuan": ("refuse", "part", "overspend")[number // 2 % 3],
        "outside": OUTSIDE_BUYERS if number % 2 == 0 else "",
        "policy_until": (None, "2022-11-20", "2022-12-31")[number % 3],
        "in_baseline": "yes" if number % 2 else "no",
        "announced": ("2022-11-01", "2022-10-20")[number // 3 % 2],
    }


def lived(study, *, draws=32, seed=1):
    """Both worlds of a study in some draws of everything it assumes."""
    drawn = draw_parameters(study.assumptions, seed=seed, draws=draws, shapes=study.shapes())
    return study.stage.block(drawn).live(chance(seed))


def central(study, *, draws=1, **held):
    """Draws in which every assumption has its stated value, or the value given here."""
    values = {a.name: np.full(draws, float(a.value)) for a in study.assumptions}
    drawn = ParameterDraws(seed=1, number=np.arange(draws), values=values)
    for name, value in held.items():
        assert name in values
        drawn = drawn.holding(name, value)
    return drawn


@pytest.fixture(scope="module", params=range(12), ids=lambda n: f"campaign {n}")
def campaign(request, tiny):
    """A random campaign and what happened in 32 draws of it."""
    study = tiny(**random_campaign(request.param))
    return study, lived(study)


def largest_amounts(study):
    """The most each pot can pay for one car, in fen, read off the file by hand: 4,000 + 6,000 at
    the very most under the caps above, times the half that an assumed band may be larger."""
    return 1_500_000 if study.campaign.money.pots else 0


# --- random campaigns --------------------------------------------------------------------------


def test_random_campaigns_do_pay_somebody_and_some_run_out(campaign):
    """A guard: laws about nothing hold for nothing."""
    _, outcome = campaign
    assert (outcome.parts.sum(axis=(1, 2)) > 0).all()
    assert (outcome.spent.sum(axis=(1, 2)) > 0).all()


def test_a_pot_is_never_overdrawn_beyond_its_rule(campaign):
    study, outcome = campaign
    spent, budget = outcome.spent.sum(axis=1), outcome.budget
    ran_out = np.isfinite(outcome.closing)
    assert outcome.spent.dtype.kind == outcome.budget.dtype.kind == "i"  # whole fen
    assert (outcome.spent >= 0).all()
    rule = study.campaign.money.last_yuan
    if rule == "overspend":
        assert (spent <= budget + largest_amounts(study)).all()
    else:
        assert (spent <= budget).all()
    if rule == "part":
        assert (spent == budget)[ran_out].all()
    if rule == "refuse":
        assert (budget - spent < largest_amounts(study))[ran_out].all()
    if rule != "overspend":
        assert not ran_out[spent < budget - largest_amounts(study)].any()


def test_nothing_is_paid_after_a_pot_has_closed(campaign):
    _, outcome = campaign
    day = np.arange(outcome.spent.shape[1])[None, :, None]
    assert not outcome.spent[day > outcome.closing[:, None, :]].any()


def test_cars_are_whole_and_never_negative(campaign):
    _, outcome = campaign
    for cars in (outcome.parts, outcome.with_campaign, outcome.without_campaign, outcome.instead):
        assert cars.dtype.kind == "i"
        assert (cars >= 0).all()


def test_every_subsidised_car_is_paid_something(campaign):
    """The smallest benefit of these files is 500 yuan; a partial last payment may be less."""
    study, outcome = campaign
    cars, fen = outcome.parts.sum(axis=(1, 2)), outcome.spent.sum(axis=(1, 2))
    last = outcome.budget.shape[1] if study.campaign.money.last_yuan == "part" else 0
    # Half of 500 yuan where the band is drawn at 50 %, 3 % of 60,000 yuan is more.
    assert (fen >= (cars - last) * 25_000).all()


def test_the_identity_of_the_horizon_holds_to_the_car(campaign):
    """With = without + new + from outside + from beyond the horizon, in each draw."""
    _, outcome = campaign
    parts = outcome.parts.sum(axis=2)
    with_, without = (
        cars.sum(axis=(1, 2)) for cars in (outcome.with_campaign, outcome.without_campaign)
    )
    assert (with_ == without + parts[:, NEW] + parts[:, OUTSIDE] + outcome.from_beyond).all()
    assert outcome.from_beyond.dtype.kind == "i"


def test_additional_cars_by_vehicle_are_the_difference_of_the_two_worlds(campaign):
    study, outcome = campaign
    difference = outcome.with_campaign - outcome.without_campaign
    by_vehicle = additional_by_vehicle(outcome)
    assert (by_vehicle.sum(axis=1) == difference.sum(axis=(1, 2))).all()
    local = study.stage.setting.local
    assert (by_vehicle[:, local] == difference[..., :-1].sum(axis=1)).all()
    assert (by_vehicle[:, ~local].sum(axis=1) == difference[..., -1].sum(axis=1)).all()


def test_subsidised_households_buy_one_car_in_either_world(campaign):
    """Those who bought nothing here without, plus those who bought later than the horizon, are
    what `instead` lacks of the subsidised cars."""
    _, outcome = campaign
    parts = outcome.parts.sum(axis=2)
    missing = parts.sum(axis=1) - outcome.instead.sum(axis=1)
    assert (missing == parts[:, NEW] + parts[:, OUTSIDE] + outcome.from_beyond).all()
    assert (outcome.from_beyond <= parts[:, MOVED]).all()


def test_buyers_never_gain_more_than_the_money_they_receive(campaign):
    """A household can always do as it would have done; its gain is at most what it is paid.

    Cars carry mean gains of their stream, so that a handful of dear claims may be short of their
    stream's mean: 4 % of the money is more than four spreads of the mean of a hundred claims whose
    amounts differ by a tenth.
    """
    _, outcome = campaign
    received = outcome.spent.sum(axis=(1, 2)) / 100
    assert (outcome.gain >= 0).all()
    assert (outcome.gain + outcome.unnoticed <= 1.04 * received).all()


def test_nobody_comes_from_outside_unless_somebody_lives_there(campaign):
    study, outcome = campaign
    came = outcome.parts[:, OUTSIDE].sum()
    assert (came > 0) == (study.stage.setting.outside is not None)


def test_the_days_of_the_other_world_are_the_days_of_the_plan(campaign):
    """The world without the campaign is a Poisson world around the plan, whatever was subsidised.

    Counts of 32 draws over the whole horizon: spread sqrt(sum of the plan).
    """
    _, outcome = campaign
    counted, planned = outcome.without_campaign.sum(axis=0), outcome.planned.sum(axis=0)
    assert abs(counted.sum() - planned.sum()) < 4 * np.sqrt(planned.sum())
    for cars in (0, 1, 2):
        assert abs((counted - planned)[:, cars].sum()) < 4 * np.sqrt(planned[:, cars].sum())
    # By week: about 17 weeks x 12 campaigns x 3 columns, so 5 spreads (1 in 1.7 million).
    weeks = np.arange(0, len(counted), 7)
    off = np.add.reduceat(counted - planned, weeks)
    assert (np.abs(off) < 5 * np.sqrt(np.add.reduceat(planned, weeks)) + 1).all()


# --- means ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(12))
def test_mean_cars_without_the_campaign_are_the_plan_to_the_last_digit(tiny, number):
    study = tiny(**random_campaign(number))
    drawn = draw_parameters(study.assumptions, seed=3, draws=16, shapes=study.shapes())
    outcome = study.stage.block(drawn).live(means)
    planned = outcome.planned.sum(axis=1)
    # Sums of a few hundred products of doubles where no pot closes. The mean path cuts a closing
    # day into 200 slices: what is paid and what is taken out of the plan differ by one slice.
    calm = np.isinf(outcome.closing).all(axis=1)
    a_slice = outcome.parts.sum(axis=(1, 2)) / 200
    off = np.abs(outcome.without_campaign.sum(axis=1) - planned).sum(axis=1)
    assert (off <= np.where(calm, 1e-9 * planned.sum(axis=1), a_slice)).all()
    assert np.allclose(outcome.without_campaign[calm], outcome.planned[calm], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("number", range(0, 12, 3))
def test_means_of_chance_are_the_means(tiny, number):
    """Counts of many draws of one world against the expected counts.

    The closing of a pot makes counts dependent and the two lucks differ in second order (the
    money of the mean path ends once, that of chance around it), hence 1 % beside four spreads.
    """
    study = tiny(**random_campaign(number))
    drawn = central(study, draws=128)
    counted = study.stage.block(drawn).live(chance(11)).parts.sum(axis=2)
    expected = study.stage.block(central(study)).live(means).parts.sum(axis=2)[0]
    error = 4 * counted.std(axis=0) / np.sqrt(128) + 0.01 * expected.sum()
    assert (np.abs(counted.mean(axis=0) - expected) < error).all()


# --- null campaigns ------------------------------------------------------------------------------

SCALED = """\
  base:
    pay: 3000
    amount: {assumed: true, range: 0%..200%, why: made up}"""

NULL = {
    "amounts drawn as nothing": {"benefits": SCALED},
    "no car on sale qualifies": {"who": "price > 900000", "ordinary_price": 950_000},
    "an empty pot": {"pots": "    - {id: main, amount: 0, pays: [base]}"},
}


@pytest.mark.parametrize("policy", [None, "2022-11-20"], ids=["alone", "beside a policy"])
@pytest.mark.parametrize("kind", NULL)
def test_a_campaign_that_pays_nobody_changes_nothing_on_any_day(tiny, kind, policy):
    study = tiny(**NULL[kind], policy_until=policy, outside=OUTSIDE_BUYERS, in_baseline="no")
    drawn = draw_parameters(study.assumptions, seed=1, draws=32, shapes=study.shapes())
    if "benefits.base.amount" in drawn.values:
        drawn = drawn.holding("benefits.base.amount", 0.0)
    outcome = study.stage.block(drawn).live(chance(1))
    assert (outcome.with_campaign == outcome.without_campaign).all()
    for nothing in ("spent", "parts", "instead", "from_beyond", "gain", "unnoticed"):
        assert not getattr(outcome, nothing).any()
    assert outcome.without_campaign.sum() > 1_000  # and yet it moves


def test_a_policy_that_holds_anyway_brings_its_rush_without_any_campaign(tiny):
    """More cars before the end of a tax cut, fewer after it, in both worlds alike."""
    policy, plain = (
        tiny(benefits=SCALED, policy_until=until, in_baseline="yes")
        for until in ("2022-12-10", None)
    )
    rush, usual = (
        study.stage.block(central(study, **{"benefits.base.amount": 0.0})).live(means)
        for study in (policy, plain)
    )
    assert (rush.with_campaign == rush.without_campaign).all()
    before, after = (
        slice(first, first + 7)
        for day in ("2022-12-04", "2022-12-11")
        for first in [[d.isoformat() for d in policy.stage.setting.days].index(day)]
    )
    weekly = rush.without_campaign[0].sum(axis=1), usual.without_campaign[0].sum(axis=1)
    assert weekly[0][before].sum() > 1.02 * weekly[1][before].sum()
    assert weekly[0][after].sum() < 0.99 * weekly[1][after].sum()


# --- one pot, one amount, everybody: every number by hand --------------------------------------


def test_a_uniform_offer_to_all_makes_nobody_switch(tiny):
    everybody = "price >= 50000"
    outcome = lived(tiny(who=everybody))
    assert outcome.parts[:, ANYWAY].sum() > 0
    assert not outcome.parts[:, SWITCHED].any()


def test_a_uniform_offer_to_all_is_worth_its_face_to_those_who_stay(tiny):
    """Without moving in time and new buyers, gain = perceived money = 3,000 x 0.8 per claim."""
    study = tiny(who="price >= 50000", last="2022-11-03", announced="2022-11-01")
    held = {
        "aware_public": 0.0,
        "aware_dealer": 1.0,
        "pass_through": 1.0,
        "salience": 0.8,
        "moving_cost_earlier": 1e9,
    }
    outcome = study.stage.block(central(study, **held)).live(means)
    claims = outcome.parts.sum()
    assert outcome.parts[0, ANYWAY].sum() == pytest.approx(claims, rel=1e-12)
    # Gain counts newcomers (none here: nobody at home knows) by [exp(x) - 1] / (x exp(x)) a claim,
    # x = zeta alpha b < 0.02: within 1 %.
    assert outcome.gain[0] == pytest.approx(2_400 * claims, rel=0.01)
    assert outcome.unnoticed[0] == pytest.approx(600 * claims, rel=1e-9)


def test_claims_of_a_generous_pot_are_the_aware_buyers_of_the_window(tiny):
    """6,000 cars a year, 80 % persons, all told: claims = aware share x their purchases."""
    study = tiny(pots="    - {id: main, amount: 90000000, pays: [base]}")
    held = {"aware_public": 0.0, "aware_dealer": 0.9}
    outcome = study.stage.block(central(study, **held)).live(means)
    setting = study.stage.setting
    persons = setting.planned_by_type()[:2, setting.window_days].sum()
    assert outcome.parts.sum() == pytest.approx(0.9 * persons, rel=1e-9)
    assert outcome.spent.sum() == pytest.approx(0.9 * persons * 300_000, rel=1e-9)


def test_the_level_of_the_market_scales_both_worlds_alike(tiny):
    study = tiny(pots="    - {id: main, amount: 90000000, pays: [base]}")
    one, half = (
        study.stage.block(central(study, **{"forecast.level": level})).live(means)
        for level in (1.0, 0.5)
    )
    assert np.allclose(half.with_campaign, 0.5 * one.with_campaign, rtol=1e-9)
    assert np.allclose(half.parts, 0.5 * one.parts, rtol=1e-9)


# --- better offers -------------------------------------------------------------------------------

PLENTY = "    - {id: main, amount: 9000000000, pays: [%s]}"


def claims_by_type(study, drawn):
    """Expected claims (R, I) before any pot closes, added up from the rates of all streams."""
    from promo.simulation.streams import columns, streams

    block = study.stage.block(drawn)
    state = block.with_hurry()
    kinds = len(study.stage.setting.types)
    found = np.zeros((len(drawn), kinds))
    for kind in range(kinds):
        alone = _only(state, kind)
        found[:, kind] = columns(
            streams(block.setting, block.window, block.planned, alone)
        ).rates.sum(axis=(1, 2))
    return found


def _only(state, kind):
    """The same state, in which no other type is paid anything."""
    from dataclasses import replace

    fen = state.fen.copy()
    others = [n for n in range(fen.shape[2]) if n != kind]
    fen[:, :, others] = 0
    return replace(state, fen=fen)


def better_offers():
    """Pairs of campaigns of which the second offers somebody more and nobody less."""
    flat = {"benefits": FLAT % 2_000, "pots": PLENTY % "base"}
    part = {**flat, "who": "buyer_kind = 'individual' AND price >= 80000"}
    bands = {"benefits": BANDS % (1_000, 2_000, 3_000), "pots": PLENTY % "base"}
    both = {
        "benefits": (FLAT % 2_000) + SECOND % 2,
        "combine": "{sum: [base, green]}",
        "pots": PLENTY % "base, green",
    }
    return {
        "a larger amount": (flat, {**flat, "benefits": FLAT % 2_500}),
        "more vehicles": (part, flat),
        "everybody": (flat, {**flat, "who": "price >= 50000"}),
        "a higher band": (bands, {**bands, "benefits": BANDS % (1_000, 2_000, 4_000)}),
        "an addition for some": (flat, both),
        "a small amount for a dear car": (
            {**flat, "who": "price BETWEEN 50000 AND 200000"},
            {**flat, "who": "price >= 50000"},
        ),
    }


@pytest.mark.parametrize("policy", [None, "2022-11-20"], ids=["alone", "beside a policy"])
@pytest.mark.parametrize("kind", better_offers())
def test_a_better_offer_never_lowers_the_take_up_of_a_type(tiny, kind, policy):
    worse, better = (
        tiny(**each, policy_until=policy, announced="2022-10-20") for each in better_offers()[kind]
    )
    names = [a.name for a in worse.assumptions]
    assert names == [a.name for a in better.assumptions]
    drawn = draw_parameters(worse.assumptions, seed=5, draws=16, shapes=worse.shapes())
    before, after = (claims_by_type(study, drawn) for study in (worse, better))
    # Equal where nothing changed for a type, up to the rounding of sums.
    assert (after >= before * (1 - 1e-12)).all()
    assert (after.sum(axis=1) > before.sum(axis=1)).all()


def test_a_better_offer_in_a_later_phase_never_lowers_the_take_up_of_a_type(tiny):
    """Waiting for the better phase costs no claim: whoever waits is paid there."""
    first = "  base:\n    when: \"invoice_date <= DATE '2022-11-15'\"\n    pay: 3000\n"
    second = (
        "  late:\n    when: \"invoice_date >= DATE '2022-11-16' AND price < 100000\"\n    pay: %d"
    )
    worse, better = (
        tiny(
            benefits=first + second % late,
            combine="{sum: [base, late]}",
            pots=PLENTY % "base, late",
        )
        for late in (1_000, 2_000)
    )
    drawn = draw_parameters(worse.assumptions, seed=5, draws=16, shapes=worse.shapes())
    before, after = (claims_by_type(study, drawn) for study in (worse, better))
    assert (after >= before * (1 - 1e-12)).all()
