"""From both worlds to the reader: measures, tables, plants, draws, workers, what moves the answer.

Sums that must come out whatever the numbers are, and the same bytes however the work is shared.
"""

from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from promo.appraisal import Appraisal, appraise, live
from promo.crew import crew
from promo.production.plants import both_worlds
from promo.pull_through import plant_case, pull_through
from promo.results import Worlds, measures
from promo.schema import MEASURES, Standing
from promo.sensitivity import variance_shares
from promo.simulation.draws import draw_parameters
from promo.study import load_study

PARTS = (
    "would_have_bought_anyway",
    "switched",
    "moved_in_time",
    "came_from_outside",
    "new_buyers",
)

RATIOS = (
    "pull_through_per_subsidised_car",
    "pull_through_per_additional_car",
    "leverage_gross",
    "leverage_net",
    "city_tax_return_per_yuan",
    "share_of_spend_leaving",
    "cost_per_additional_car",
    "cost_per_local_car_built",
)

OUTSIDE_BUYERS = """\
outside:
  cars_per_month: {assumed: 200, range: [100, 400], why: made up}
  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}
  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}
"""

RICH = {
    "benefits": """\
  base:
    bands: {on: price, closed: lower, steps: [[50000, 1000], [80000, 2000], [120000, 3000]]}
    amount: {assumed: true, range: 50%..150%, why: made up}
  green:
    when: "energy IN ('BEV', 'PHEV')"
    share: {of: price, rate: 2%, cap: 2000}""",
    "combine": "{sum: [base, green], cap: {per_car: 4500}}",
    "pots": "    - {id: main, amount: {assumed: 300000, range: [150000, 900000], why: made up},"
    " pays: [base]}\n    - {id: second, amount: 150000, pays: [green]}",
    "outside": OUTSIDE_BUYERS,
    "policy_until": "2022-11-20",
    "announced": "2022-10-20",
    "manufacturers": "plant.yaml, second.yaml",
    "horizon_months": 2,
}
"""Two pots, an assumed amount and an assumed pot, outside buyers, a policy, two plants."""

EMPTY = "    - {id: main, amount: 0, pays: [base]}"


def silent(share, what):
    del share, what


def worlds(study, *, draws, seed=1):
    """Both worlds and the plants, without trying each assumption."""
    drawn = draw_parameters(study.assumptions, seed=seed, draws=draws, shapes=study.shapes())
    with crew([study], workers=1) as hands:
        outcome = live(study, hands, drawn, silent)
    return Worlds(study, outcome, pull_through(study, drawn, outcome))


@pytest.fixture(scope="module")
def rich(tiny):
    return tiny(**RICH)


@pytest.fixture(scope="module")
def appraisal(rich):
    return appraise(rich, seed=1, draws=64)


def test_progress_is_told_from_the_beginning_to_the_end_and_never_goes_back(rich):
    told = []
    appraise(rich, seed=1, draws=64, progress=lambda share, what: told.append((share, what.en)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    # 64 draws are two blocks of 32; more than 32 variants are tried after them, in several.
    assert [what for _, what in told].count("simulating both worlds") == 1 + 2
    assert len({share for share, what in told if what == "trying each assumption"}) >= 4


# --- measures and tables ----------------------------------------------------------------------


def test_every_measure_of_the_contract_is_there_in_order_and_those_by_pot_follow(appraisal):
    whole = [m.kind.name for m in appraisal.measures if m.group is None]
    assert whole == list(MEASURES)
    by_pot = [(m.kind.name, m.group["pot"]) for m in appraisal.measures if m.group]
    assert by_pot == [
        (name, pot)
        for name in ("spend", "budget", "exhaustion_probability", "exhaustion_day")
        for pot in ("main", "second")
    ]


def test_the_five_parts_sum_to_the_subsidised_cars_in_every_draw(appraisal):
    draws = appraisal.draws
    assert (draws.select(PARTS).sum_horizontal() == draws["subsidised_cars"]).all()
    assert draws["subsidised_cars"].min() > 0


def test_the_money_of_the_pots_is_the_money_spent(appraisal):
    found = {(m.kind.name, m.group["pot"]): m.draws for m in appraisal.measures if m.group}
    for name in ("spend", "budget"):
        both = found[name, "main"] + found[name, "second"]
        # Yuan with two decimals: exact to the rounding of doubles.
        assert np.allclose(both, appraisal.measure(name).draws, rtol=1e-14)
    assert (found["spend", "main"] <= found["budget", "main"]).all()
    assert (found["spend", "second"] <= 150_000).all()
    first = np.minimum(found["exhaustion_day", "main"], found["exhaustion_day", "second"])
    assert (first == appraisal.measure("exhaustion_day").draws).all()


def test_a_pot_runs_out_in_just_the_draws_that_have_a_day(appraisal):
    day, chance = (appraisal.measure(f"exhaustion_{n}") for n in ("day", "probability"))
    assert (np.isfinite(day.draws) == (chance.draws == 1)).all()
    assert chance.mean == pytest.approx(1 - day.never)
    assert chance.mean > 0  # some do


def test_the_path_of_spending_ends_at_the_money_spent(appraisal):
    path = appraisal.spend_path
    assert path["mean"][-1] == pytest.approx(appraisal.measure("spend").mean, rel=1e-12)
    for column in ("mean", "p05", "p50", "p95"):
        assert path[column].diff().min() >= 0
    assert (path["day"][0], path["day"][-1]) == appraisal.window


def test_the_printed_identity_adds_up(appraisal):
    cars = dict(appraisal.identity.select("term", "cars").iter_rows())
    total = cars["baseline"] + cars["new"] + cars["outside"] + cars["beyond"] - cars["given_up"]
    assert total == pytest.approx(cars["total"], rel=1e-12)
    more = appraisal.measure("additional_cars_in_horizon").mean
    assert cars["total"] - cars["baseline"] == pytest.approx(more, rel=1e-9)
    sales = appraisal.monthly_sales
    assert sales["without"].sum() == pytest.approx(cars["baseline"], rel=1e-12)
    assert sales["with_"].sum() == pytest.approx(cars["total"], rel=1e-12)


def test_vehicles_add_up_to_the_whole(appraisal):
    frame = appraisal.vehicles
    for part in PARTS:
        assert frame[part].sum() == pytest.approx(appraisal.measure(part).mean, rel=1e-12)
    assert np.allclose(frame.select(PARTS).sum_horizontal(), frame["subsidised"], rtol=1e-12)
    more = appraisal.measure("additional_cars_in_horizon").mean
    assert frame["additional"].sum() == pytest.approx(more, rel=1e-9)
    assert set(frame.filter("local")["vehicle"]) == {"本地 手动", "本地 自动", "小电 标准"}
    value = (frame["subsidised"] * frame["price_yuan"]).sum()
    assert value == pytest.approx(appraisal.measure("sales_value_subsidised").mean, rel=1e-12)


def test_ratios_are_ratios_of_means(appraisal):
    over, under = (appraisal.measure(n).mean for n in ("sales_value_subsidised", "spend"))
    assert appraisal.measure("leverage_gross").mean == pytest.approx(over / under, rel=1e-12)


def test_costs_in_the_accounts_are_the_money_spent(appraisal):
    costs = appraisal.accounts.filter(pl.col("side") == "costs")
    public = costs.filter(pl.col("item") == "subsidy")["yuan"].sum()
    assert public == pytest.approx(appraisal.measure("spend").mean, rel=1e-9)


def test_means_and_quantiles_are_those_of_the_draws(appraisal):
    """By sorting: of 64 draws the 5 % quantile is the 4th smallest, the median the 32nd."""
    for found in appraisal.measures:
        if found.mean is None or found.kind.name in RATIOS or found.never:
            continue
        if found.kind.name == "exhaustion_probability":  # an indicator: see the next test
            continue
        ordered = np.sort(found.draws)
        assert (found.p05, found.p50, found.p95) == (ordered[3], ordered[31], ordered[60])
        assert found.mean == pytest.approx(ordered.mean(), rel=1e-12)
        by_scramble = found.draws.reshape(4, 16).mean(axis=0)
        error = np.sqrt(((by_scramble - by_scramble.mean()) ** 2).sum() / 15 / 16)
        assert found.se == pytest.approx(error, rel=1e-9, abs=1e-12)


def test_the_interval_of_a_probability_is_that_of_its_estimate(appraisal):
    found = appraisal.measure("exhaustion_probability")
    share = found.draws.mean()
    assert found.mean == found.p50 == pytest.approx(share, rel=1e-12)
    assert found.p05 == pytest.approx(max(0.0, share - 1.645 * found.se), rel=1e-12)
    assert found.p95 == pytest.approx(min(1.0, share + 1.645 * found.se), rel=1e-12)


# --- a campaign that does nothing -------------------------------------------------------------


@pytest.mark.parametrize("policy", [None, "2022-11-20"], ids=["alone", "beside a policy"])
def test_a_campaign_without_money_is_exactly_zero_in_every_measure_and_draw(tiny, policy):
    study = tiny(
        pots=EMPTY,
        policy_until=policy,
        outside=OUTSIDE_BUYERS,
        manufacturers="plant.yaml, second.yaml",
        announced="2022-10-20",
    )
    nothing = worlds(study, draws=32)
    for found in measures(nothing, Standing.ILLUSTRATIVE):
        if found.kind.name in RATIOS:
            assert found.mean is None
        elif not found.kind.name.startswith("exhaustion"):
            assert not found.draws.any(), found.kind.name
    assert not nothing.difference.any()
    for output in nothing.pull.outputs:
        for field in fields(output.without):
            without = getattr(output.without, field.name)
            assert (getattr(output.with_campaign, field.name) == without).all(), field.name
    assert nothing.pull.outputs[0].without.built.sum() > 1_000


# --- plants -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(rich):
    return worlds(rich, draws=32)


def drawn_for(lived):
    study = lived.study
    draws = len(lived.outcome.gain)
    return draw_parameters(study.assumptions, seed=1, draws=draws, shapes=study.shapes())


def by_vehicle(lived):
    """Both worlds of each plant, vehicle by vehicle."""
    for output in lived.pull.outputs:
        plant, drawn = output.manufacturer, drawn_for(lived)
        case = plant_case(lived.study, plant, drawn, lived.outcome)
        yield output, both_worlds(case.parameters, case.lines, case.demand)


def both_paths(lived):
    together = [p for each in lived.pull.outputs for p in (each.without, each.with_campaign)]
    return [*together, *(path for _, paths in by_vehicle(lived) for path in paths)]


def test_what_a_plant_had_built_and_received_it_shipped_or_kept(lived):
    for path in both_paths(lived):
        came = path.plant_opening + path.built + path.received_from_elsewhere
        went = path.shipped_to_city + path.shipped_elsewhere + path.plant_closing
        assert came.dtype.kind == "i"
        assert (came == went).all()
        assert (path.plant_closing >= 0).all()


def test_what_dealers_had_and_got_they_handed_over_or_kept(lived):
    for path in both_paths(lived):
        kept = path.dealer_opening + path.arrived - path.served
        assert (kept == path.dealer_closing).all()
        assert (path.dealer_closing >= 0).all()


def test_buyers_of_local_cars_are_served_or_wait(lived):
    """The plant's customers are the city's: vehicle by vehicle, day by day, in both worlds."""
    local = np.flatnonzero(lived.study.stage.setting.local)
    for output, (without, with_) in by_vehicle(lived):
        columns = np.searchsorted(local, output.vehicles)
        for path, sold in (
            (without, lived.outcome.without_campaign),
            (with_, lived.outcome.with_campaign),
        ):
            bought = sold[..., columns].cumsum(axis=1)
            assert (path.served.cumsum(axis=1) + path.waiting == bought).all()


def test_the_plant_as_a_whole_is_the_sum_of_its_vehicles(lived):
    for output, (without, with_) in by_vehicle(lived):
        for whole, path in ((output.without, without), (output.with_campaign, with_)):
            for field in fields(path):
                of_vehicles = getattr(path, field.name)
                if field.name not in {"binding", "built_of"}:
                    of_vehicles = of_vehicles.sum(axis=-1, keepdims=True)
                assert (getattr(whole, field.name) == of_vehicles).all(), field.name
        assert (output.extra == with_.built.sum(axis=1) - without.built.sum(axis=1)).all()


def test_each_vehicle_belongs_to_the_plant_that_makes_it(lived):
    names = lived.study.stage.setting.vehicles["vehicle"]
    built = {o.manufacturer.id: set(names.gather(o.vehicles)) for o in lived.pull.outputs}
    assert built == {"bing": {"本地 手动", "本地 自动"}, "jia": {"小电 标准"}}


def test_the_order_of_the_plants_changes_nothing(tiny, lived):
    turned = worlds(tiny(**{**RICH, "manufacturers": "second.yaml, plant.yaml"}), draws=32)
    assert [o.manufacturer.id for o in turned.pull.outputs] == ["jia", "bing"]
    assert (turned.outcome.with_campaign == lived.outcome.with_campaign).all()


def test_cars_built_are_those_of_the_plants(lived):
    found = {m.kind.name: m for m in measures(lived, Standing.ILLUSTRATIVE) if not m.group}
    extra = sum(
        o.with_campaign.built.sum(axis=2) - o.without.built.sum(axis=2) for o in lived.pull.outputs
    )
    assert (found["built_in_horizon"].draws == extra.sum(axis=1)).all()
    assert (found["built_in_window"].draws == extra[:, lived.window].sum(axis=1)).all()


def test_a_plant_without_capacity_builds_nothing_in_either_world(tiny):
    idle = worlds(tiny(**{**RICH, "rate_per_hour": 0}), draws=16)
    assert not any(path.built.any() for path in both_paths(idle))
    found = {m.kind.name: m for m in measures(idle, Standing.ILLUSTRATIVE) if not m.group}
    for name in ("built_in_window", "built_in_horizon", "output_value", "value_added"):
        assert not found[name].draws.any()
    assert found["additional_local_cars_in_horizon"].draws.any()  # served from elsewhere
    for path in both_paths(idle):
        came = path.plant_opening + path.received_from_elsewhere
        assert (came == path.shipped_to_city + path.shipped_elsewhere + path.plant_closing).all()


# --- workers, seeds, draws --------------------------------------------------------------------


def as_bytes(found: Appraisal):
    """Every number of an appraisal, bit for bit."""
    frames = {
        f.name: [c.to_list() for c in getattr(found, f.name)]
        for f in fields(found)
        if isinstance(getattr(found, f.name), pl.DataFrame)
    }
    drawn = [
        (m.kind.name, m.group, m.draws.tobytes(), m.mean, m.se, m.p05, m.p50, m.p95, m.never)
        for m in found.measures
    ]
    return repr(frames), repr(drawn)


@pytest.fixture(scope="module")
def by_workers(rich, appraisal):
    found = {1: appraisal}
    for workers in (2, 4):
        found[workers] = appraise(rich, seed=1, draws=64, workers=workers)
    return found


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_changes_no_byte(by_workers, workers):
    assert as_bytes(by_workers[workers]) == as_bytes(by_workers[1])


def test_another_seed_is_another_result(rich, lived):
    other = worlds(rich, draws=16, seed=2).outcome
    assert (other.with_campaign != lived.outcome.with_campaign[:16]).any()


def test_a_longer_run_contains_the_shorter_one(rich, lived):
    longer = worlds(rich, draws=64).outcome
    for field in fields(longer):
        short, part = getattr(lived.outcome, field.name), getattr(longer, field.name)[:32]
        assert short.tobytes() == np.ascontiguousarray(part).tobytes(), field.name


def four_errors_apart(study, *, few, seed):
    """Measures whose means at `few` and at twice as many draws differ by more than 4 errors."""
    one, other = (
        {m.kind.name: m for m in measures(lived, Standing.ILLUSTRATIVE) if m.group is None}
        for lived in (worlds(study, draws=n, seed=seed) for n in (few, 2 * few))
    )
    apart = {}
    for name, short in one.items():
        long = other[name]
        if short.mean is None or long.mean is None or short.se is None or long.se is None:
            continue
        error = np.hypot(short.se, long.se)
        if abs(short.mean - long.mean) > 4 * error + 1e-9 * abs(long.mean):
            apart[name] = (short.mean, long.mean, error)
    return apart


@pytest.mark.parametrize("seed", [1, 2])
def test_twice_the_draws_moves_no_mean_by_more_than_four_errors_in_a_tiny_market(rich, seed):
    assert not four_errors_apart(rich, few=32, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_256_and_512_draws_of_kaifeng_differ_by_at_most_four_errors(seed):
    """Run by `pytest -m slow`: 20 seeds of about half a minute each."""
    study = load_study(str(Path(__file__).parents[1] / "campaigns" / "kaifeng" / "2022-q4.yaml"))
    assert not four_errors_apart(study, few=256, seed=seed)


# --- what moves the answer --------------------------------------------------------------------


def ends_of(appraisal, name):
    """Measure -> values at the low end, as drawn, at the high end of an assumption."""
    rows = appraisal.sensitivity.filter(pl.col("assumption") == name)
    return {
        row["measure"]: (row["at_low"], row["at_base"], row["at_high"])
        for row in rows.iter_rows(named=True)
    }


def test_every_assumption_with_a_range_is_tried_once_on_each_headline(appraisal):
    tried = appraisal.sensitivity.group_by("assumption").len()
    ranged = {a.name for a in appraisal.assumptions if a.high > a.low}
    assert set(tried["assumption"]) == ranged
    assert set(tried["len"]) == {4}


def test_what_concerns_the_plant_alone_moves_nothing_that_buyers_do(appraisal):
    names = {a.name for a in appraisal.assumptions if a.name.startswith(("bing.", "jia."))}
    tried = names & set(appraisal.sensitivity["assumption"])
    assert len(tried) > 10
    for name in tried:
        for measure, values in ends_of(appraisal, name).items():
            if measure != "built_in_horizon":
                assert len(set(values)) == 1, (name, measure)


def test_what_concerns_taxes_alone_moves_nothing_at_all(appraisal):
    names = {a.name for a in appraisal.assumptions if a.name.startswith("accounts.")}
    tried = names & set(appraisal.sensitivity["assumption"])
    assert tried
    for name in tried:
        for measure, values in ends_of(appraisal, name).items():
            assert len(set(values)) == 1, (name, measure)


def test_a_larger_pot_is_spent_further(appraisal):
    low, base, high = ends_of(appraisal, "money.pots.main.amount")["spend"]
    assert low < base < high
    # Even the largest pot is mostly spent: at least half of what it holds more.
    assert high - low > 0.5 * (900_000 - 150_000)


def test_a_larger_pot_never_runs_out_earlier(appraisal):
    low, base, high = ends_of(appraisal, "money.pots.main.amount")["exhaustion_day"]
    assert low <= base <= high


def test_a_market_of_more_cars_empties_the_pot_earlier(appraisal):
    low, _, high = ends_of(appraisal, "sales.generated.cars_per_year")["exhaustion_day"]
    assert low > high


def test_the_pot_explains_what_is_spent_and_taxes_and_plants_do_not(rich):
    """In 256 draws of normal values the share of nothing has the error sqrt(2 x 15) / 256: in 16
    strata, F with 15 degrees of freedom. Spending is not normal; five such errors are allowed."""
    drawn = draw_parameters(rich.assumptions, seed=1, draws=256, shapes=rich.shapes())
    spend = variance_shares(worlds(rich, draws=256), drawn).filter(measure="spend")
    found = {name: (share, error) for name, _, share, error in spend.iter_rows()}
    assert max(found, key=found.__getitem__) == "money.pots.main.amount"
    share, error = found["money.pots.main.amount"]
    assert share > 4 * error > 0
    idle = [found[name][0] for name in found if name.startswith(("bing.", "jia.", "accounts."))]
    assert len(idle) > 10
    assert max(map(abs, idle)) < 5 * 30**0.5 / 256


def test_shares_of_variance_stand_beside_the_ends(appraisal):
    assert appraisal.sensitivity["variance_share"].null_count() == 0
    assert (appraisal.sensitivity["variance_share_se"] > 0).all()


def test_too_few_draws_have_no_shares_of_variance(tiny):
    found = appraise(tiny(), seed=1, draws=32).sensitivity
    assert found.height > 0
    assert found["variance_share"].null_count() == found.height


# --- additional cars by belief in another round -------------------------------------------------


def test_the_ends_of_the_believed_chance_are_those_that_are_tried(appraisal):
    """The range of the belief is 0 to 0.5: two of the three rows are tried one at a time too."""
    low, _, high = ends_of(appraisal, "renewal_belief")["additional_cars_in_horizon"]
    rows = appraisal.additionality.to_dicts()
    assert [row["belief"] for row in rows] == [0.0, 0.5, 1.0]
    assert [row["additional_cars_in_horizon"] for row in rows[:2]] == pytest.approx([low, high])


def test_who_is_sure_of_another_round_moves_no_purchase(tiny):
    """Money that is there for all, and again afterwards: nobody gains by another day, so what is
    sold in the window is missing on no later day. Who doubts it moves, and is missing later. It
    is announced on the day on which it opens, so that nobody waits for it."""
    ample = "    - {id: main, amount: 900000000, pays: [base]}"
    study = tiny(pots=ample, announced="2022-11-01")
    found = appraise(study, seed=1, draws=16).additionality
    window, horizon = found["additional_cars_in_window"], found["additional_cars_in_horizon"]
    assert window[2] == pytest.approx(horizon[2], rel=1e-9)
    assert window[2] > 0
    assert window[0] > window[1] > window[2]
    missing = window - horizon
    assert missing[0] > missing[1] > 0.01 * window[1]
    shares = found["additional_per_subsidised_car"] * found["subsidised_cars"]
    assert shares.to_list() == pytest.approx(horizon.to_list())


def test_a_campaign_without_money_has_no_cars_to_divide_by(tiny):
    found = appraise(tiny(pots=EMPTY), seed=1, draws=16).additionality
    assert found["additional_per_subsidised_car"].to_list() == [None] * 3
    assert found["additional_cars_in_horizon"].to_list() == [0.0] * 3
