"""Which files make up the study, and do they fit together?

A study is a campaign with its market, the policies that hold anyway and the enterprises, read,
checked and compiled, with the list of everything assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

import numpy as np

from promo.demand.assumptions import (
    BEHAVIOUR,
    CLAIMING,
    DIVERSION_CONCENTRATION,
    POOL,
    RUSH,
    WON,
)
from promo.demand.calibration import dirichlet_parts
from promo.demand.overrides import override_findings
from promo.demand.published import APART, LEVERS
from promo.errors import Diagnostic, InputError, PromoError
from promo.market.baseline import Baseline
from promo.market.market import Market, QuotaLine, load_market
from promo.market.opening import OpenMarket, on_sale, open_market
from promo.policy.campaign import Campaign, load_campaign
from promo.policy.checking import check_campaign, needed_to_simulate
from promo.policy.money import BASIS
from promo.policy.rules import compile_rules
from promo.production.accounts import CITY_ACCOUNTS
from promo.production.manufacturer import (
    Manufacturer,
    built_here,
    findings_between,
    findings_in_study,
    load_manufacturer,
)
from promo.schema import FACTS, FEN_PER_YUAN, Assumption, Bools, Floats, Standing, Words
from promo.simulation.draws import ParameterDraws, Shape
from promo.simulation.offers import REGISTRATION_LAG_DAYS, pot_names, scaled_amounts
from promo.simulation.pool import EMPTY_POOL
from promo.simulation.stage import People, Policy, Programme, Stage, set_stage
from promo.simulation.worlds import means
from promo.textfile import Finding, Loaded, name_in_campaigns

BEYOND_HORIZON_DAYS = 365
"""How long planned purchases are followed after the horizon: some are moved ahead from there."""
TAXES_SINCE = date(2019, 4, 1)
NO_POT_FEN = 10**17
"""A policy without a pot has more money than any market could take."""


@dataclass(frozen=True, slots=True)
class Study:
    """One design, ready to be appraised.

    Attributes
    ----------
    assumptions : everything assumed, in the order of the report
    inputs : file as named in the study -> sha256
    announced : (H, L) extra local cars a day that the bureau announces to the plants: the
        difference of both worlds at the stated assumptions, on average luck
    """

    path: str
    campaign: Campaign
    market: OpenMarket
    manufacturers: tuple[Manufacturer, ...]
    stage: Stage
    baseline: Baseline
    assumptions: tuple[Assumption, ...]
    inputs: dict[str, str]
    findings: tuple[Diagnostic, ...]
    announced: Floats

    def uptake_names(self) -> frozenset[str]:
        """Assumptions that sales depend on; the others concern plants and taxes only.

        Where buyers find a car sold out, sales depend on its plant too.
        """
        felt = {plant.id: plant.unmet is not None for plant in self.manufacturers}
        plants = tuple(f"{name}.accounts." if told else f"{name}." for name, told in felt.items())
        return frozenset(
            a.name for a in self.assumptions if not a.name.startswith((*plants, "accounts."))
        )

    def standing(self) -> tuple[Standing, tuple[Words, ...]]:
        """How far the result rests on published facts, and what is assumed."""
        names = {a.name: a for a in self.assumptions}
        reasons = [a.words for n, a in names.items() if n.startswith(("money.", "benefits."))]
        if self.market.market.sales.generated is not None:
            reasons.append(
                Words("市场是生成的, 规模是假定", "the market is generated, its size assumed")
            )
        if reasons:
            return Standing.ILLUSTRATIVE, tuple(reasons)
        assumed = Words("行为参数是假定", "buyers' behaviour is assumed")
        return Standing.PART_ASSUMED, (assumed,)

    def shapes(self) -> dict[str, Shape]:
        """Distributions that say more than a range: where lost sales go is one Dirichlet.

        A market file that overrides one of its two steps is drawn from the range it gives.
        """
        steps = ("diversion_not_bought", "diversion_same_nest")
        if any(name in self.market.market.behaviour for name in steps):
            return {}
        means = {a.name: a.value for a in self.assumptions}

        def step(number: int) -> Shape:
            def values(quantile: Floats) -> Floats:
                both = np.stack([quantile, quantile], axis=1)
                not_bought, same_nest = (means[name] for name in steps)
                return dirichlet_parts(both, not_bought, same_nest, DIVERSION_CONCENTRATION)[
                    number
                ]

            return values

        return {name: step(number) for number, name in enumerate(steps)}

    def limits(self) -> tuple[Words, ...]:
        """What the method leaves out of this study because its market does not tell it."""
        return () if self.market.market.has_pool else (EMPTY_POOL,)

    def warnings(self) -> tuple[Words, ...]:
        """What the reader must know of the inputs: the baseline's warnings and the findings."""
        found = (Words(each.message, each.message) for each in self.findings)
        own = (
            *self._announced_late(),
            *self._late_plates(),
            *self._quota(),
            *self._unknown_facts(),
            *self._declared_only(),
            *self._tax_dates(),
            self._elasticities(),
        )
        return (*self.baseline.warnings, *own, *found)

    def _announced_late(self) -> tuple[Words, ...]:
        """Money that counts back to days before the announcement."""
        announced, first = self.campaign.windows.announced, compile_rules(self.campaign).first_day
        if announced is None or announced <= first:
            return ()
        return (
            Words(
                f"活动 {announced} 才公布, 推演中按 {first} 起即为人所知, 结果偏高。",
                f"Announced on {announced} only; here it is known from {first} on, which "
                "overstates what it does.",
            ),
        )

    def _late_plates(self) -> tuple[Words, ...]:
        """Purchases near the end of the window that cannot be plated in time."""
        setting = self.stage.setting
        earned, declared = setting.days[setting.window[1]], compile_rules(self.campaign).last_day
        if earned >= declared:
            return ()
        return (
            Words(
                f"开票到 {declared} 为止都在期内, 但 {earned} 之后开票的车按 "
                f"{REGISTRATION_LAG_DAYS} 天上牌已来不及，推演中领不到。",
                f"Invoices count until {declared}, but a car invoiced after {earned} is plated "
                f"too late ({REGISTRATION_LAG_DAYS} days are assumed) and gets nothing here.",
            ),
        )

    def _tax_dates(self) -> tuple[Words, ...]:
        """Taxes are those of the years since 2019, whatever the year of the campaign."""
        if self.campaign.currency != "CNY":
            return (
                Words(
                    "税率和分成是中国的, 税收一项对此活动没有意义。",
                    "Taxes and their levels are those of China: the accounts of tax say nothing "
                    "of this campaign.",
                ),
            )
        if self.stage.setting.days[0] >= TAXES_SINCE:
            return ()
        return (
            Words(
                "税率和分成按 2019 年 4 月以后的规定计; 此前增值税为 16% 或 17%, 分成也不同。",
                "Taxes and their sharing are those since April 2019; before, VAT was 16 or 17 % "
                "and shared otherwise.",
            ),
        )

    def _elasticities(self) -> Words:
        """What the judged elasticity and diversions imply, at the stated assumptions."""
        market, by_fifth = self.stage.implied_elasticities(stated(self.assumptions))
        fifths = ", ".join(f"{each:.1f}" for each in by_fifth)
        outside = any(not 2.0 <= -each <= 8.0 for each in by_fifth)
        return Words(
            f"隐含的全市场价格弹性 {market:.2f}; 车型弹性按价格五等分由低到高为 {fifths}"
            + ("(有的在常见的 2 至 8 之外)。" if outside else "。"),
            f"Implied: elasticity of the whole market {market:.2f}; of models by fifth of price, "
            f"cheapest first, {fifths}"
            + (" (some outside the usual 2 to 8)." if outside else "."),
        )

    def _quota(self) -> tuple[Words, ...]:
        """Plates are rationed, and the campaign is not held to the ration."""
        if not self.market.market.plate_quota:
            return ()
        return (
            Words(
                "车牌限额只约束没有活动时的销量; 活动多卖的车假定另有车牌, 净增可能偏高。",
                "The plate quota binds the sales without the campaign only; cars sold because of "
                "it are assumed to find plates, so net sales may be overstated.",
            ),
        )

    def _declared_only(self) -> tuple[Words, ...]:
        """Terms that the file declares and the simulation does not carry out."""
        money = self.campaign.money
        declared = (
            (
                money.allocation and money.allocation.reservation,
                "预留(按先到先得推演)",
                "reservation (simulated as first come)",
            ),
            (money.quotas, "分经销商、企业、车型或每日限额", "quotas"),
            (money.priority, "优先次序", "priority keys"),
            (self.stage.programme.rules.private, "企业让利", "what makers and dealers give"),
        )
        return tuple(
            Words(
                f"文件写明而推演未执行: {zh}。",
                f"Declared, not carried out in the simulation: {en}.",
            )
            for value, zh, en in declared
            if value
        )

    def _unknown_facts(self) -> tuple[Words, ...]:
        """Facts that rules read and neither market nor catalogue tells."""
        known = frozenset(self.stage.frame.columns)
        rules = self.stage.programme.rules
        held = [
            fact
            for each in rules.requirements
            for fact in (each.by_day or each.condition).facts
            if FACTS[fact].changing != "ledger"
        ]
        paid = [fact for each in rules.entitlements.values() for fact in each.facts]
        texts = (
            (held, "取决于此的条件算作满足", "a condition that hangs on it is taken as fulfilled"),
            (paid, "取决于此的补贴不发", "no benefit is paid that hangs on it"),
        )
        return tuple(
            Words(
                f"市场和车型目录都没有事实“{fact}”: 推演中{zh}。",
                f"Neither market nor catalogue tells the fact '{fact}': in the simulation {en}.",
            )
            for facts, zh, en in texts
            for fact in dict.fromkeys(facts)
            if fact not in known
        )


def load_study(path: str) -> Study:
    """Read a campaign and all it names; raises `InputError` with the findings of every file."""
    campaign = load_campaign(path)
    if campaign.value is None:
        raise InputError(campaign.diagnostics)
    try:
        market = _linked_market(campaign, campaign.value)
        plants = [
            load_manufacturer(campaign.linked(("manufacturers", place), name))
            for place, name in enumerate(campaign.value.manufacturers)
        ]
    except Finding as finding:  # the check knows where the link stands
        found = [each for each in check_campaign(campaign) if each.severity == "error"]
        raise InputError(found or [finding.diagnostic]) from None
    policies = [
        load_campaign(market.linked(("without", place, "policy"), each.policy))
        for place, each in enumerate(market.value.without if market.value else ())
    ]
    loaded: list[Loaded[Campaign] | Loaded[Market] | Loaded[Manufacturer]] = [
        campaign,
        market,
        *plants,
        *policies,
    ]
    places = frozenset(p.value.place for p in plants if p.value)
    findings = [
        *check_campaign(
            campaign,
            local_places=places,
            catalogue=on_sale(market.value, market.path) if market.value else None,
        ),
        *needed_to_simulate(campaign),
        *(d for each in loaded[1:] for d in each.diagnostics),
    ]
    if any(each.severity == "error" for each in findings):
        raise InputError(findings)
    inputs = {file: digest for each in loaded for file, digest in each.files.items()}
    study = _assemble(
        path,
        campaign.required(),
        market,
        tuple(p.required() for p in plants),
        tuple(p.required() for p in policies),
        inputs,
        tuple(findings),
    )
    return _with_plants_checked(study, plants)


def _with_plants_checked(study: Study, plants: Sequence[Loaded[Manufacturer]]) -> Study:
    """The study with what only shows of its enterprises beside catalogue and horizon."""
    setting = study.stage.setting
    days = setting.days[: setting.horizon]
    found = [each for plant in plants for each in findings_in_study(plant, setting.vehicles, days)]
    found.extend(findings_between(plants, setting.vehicles))
    if any(each.severity == "error" for each in found):
        raise InputError([*study.findings, *found])
    return replace(study, findings=(*study.findings, *found))


def _linked_market(campaign: Loaded[Campaign], value: Campaign) -> Loaded[Market]:
    if value.market is None:
        missing = campaign.diagnostic(
            (), "K102", "the key 'market' is missing here", help="name the market file"
        )
        raise InputError([*campaign.diagnostics, missing])
    return load_market(campaign.linked(("market",), value.market))


def _assemble(  # noqa: PLR0913, PLR0917 - the parts of a study
    path: str,
    campaign: Campaign,
    market: Loaded[Market],
    manufacturers: tuple[Manufacturer, ...],
    policies: tuple[Campaign, ...],
    inputs: dict[str, str],
    findings: tuple[Diagnostic, ...],
) -> Study:
    world = market.required()
    rules = compile_rules(campaign)
    first = min(campaign.windows.announced or rules.first_day, rules.first_day)
    opened = open_market(world, market.path, before=first)
    horizon_days = (_months_after(rules.last_day, world.horizon_months) - rules.last_day).days
    last = rules.last_day + timedelta(days=horizon_days + BEYOND_HORIZON_DAYS)
    baseline = opened.baseline(first, last)
    assumptions = (
        *_of_campaign(campaign),
        *(a for policy in policies for a in _of_policy(policy)),
        *world.assumptions(),
        replace(baseline.level_error, name="forecast.level"),
        *_behaviour(market, world, campaign),
        *(a for plant in manufacturers for a in plant.assumptions()),
        *CITY_ACCOUNTS,
    )
    stage = set_stage(
        _programme(campaign, world, policies),
        People(opened.types, opened.outside),
        opened.vehicles,
        days=baseline.days,
        daily=baseline.daily,
        local=_local(manufacturers, opened),
        base_day=_base_day(opened),
        declared=(rules.first_day, rules.last_day),
        horizon_days=horizon_days,
        central={a.name: a.value for a in assumptions},
        highest={a.name: a.high for a in assumptions},
        level_factors=_level_factors(world, baseline),
    )
    _refuse_gifts(stage, assumptions)
    _refuse_absurd(market, stage, assumptions)
    return Study(
        path=path,
        campaign=campaign,
        market=opened,
        manufacturers=manufacturers,
        stage=stage,
        baseline=baseline,
        assumptions=assumptions,
        inputs={
            name_in_campaigns(path, file): digest
            for file, digest in {**inputs, **opened.files}.items()
        },
        findings=findings,
        announced=_announced(stage, assumptions),
    )


def stated(assumptions: Sequence[Assumption]) -> ParameterDraws:
    """One draw in which every assumption has its stated value."""
    values = {a.name: np.array([float(a.value)]) for a in assumptions}
    return ParameterDraws(seed=0, number=np.zeros(1, dtype=np.int64), values=values)


def _announced(stage: Stage, assumptions: Sequence[Assumption]) -> Floats:
    outcome = stage.block(stated(assumptions)).live(means)
    extra = outcome.with_campaign - outcome.without_campaign
    return np.asarray(extra[0, :, :-1], dtype=np.float64)


def _level_factors(
    world: Market, baseline: Baseline
) -> Callable[[Floats, Mapping[str, Floats]], Floats]:
    """Factors on the forecast (R, T) for errors of its level, under the plates of each draw."""
    lines = [
        (f"plate_quota.{number}.cars_per_month", line.cars_per_month.value, _under(line, baseline))
        for number, line in enumerate(world.plate_quota)
    ]

    def factors(errors: Floats, draws: Mapping[str, Floats]) -> Floats:
        plates = np.ones((errors.size, len(baseline.days)))
        for name, stated, days in lines:
            plates[:, days] = (draws[name] / stated)[:, None]
        return baseline.level_factors(errors, plates)

    return factors


def _under(line: QuotaLine, baseline: Baseline) -> Bools:
    """Days (T,) on which a line of the plate quota holds."""
    last = line.last_day or date.max
    return np.array([line.first_day <= day <= last for day in baseline.days])


def _refuse_gifts(stage: Stage, assumptions: Sequence[Assumption]) -> None:
    """Raise where a car would be paid for more than its price: no demand is known for that."""
    programme = stage.programme
    highest = {a.name: a.high for a in assumptions}
    scales = {f"scale.{b}": np.array([highest[a]]) for b, a in programme.scales.items()}
    pots = frozenset(pot_names(programme.rules))
    paid = scaled_amounts(stage.frame, programme.rules, pots, scales)[0].sum(axis=-1)
    over = np.flatnonzero(paid > stage.frame["price"].to_numpy())
    if over.size:
        row = int(over[0])
        vehicle, price = stage.frame["vehicle"][row], stage.frame["price"][row]
        raise PromoError(
            f"the benefits pay up to {paid[row] / FEN_PER_YUAN:,.10g} yuan for '{vehicle}', "
            f"which costs {price / FEN_PER_YUAN:,.10g}",
            help="put a ceiling under 'combine', or leave the vehicle out by a condition",
        )


def _refuse_absurd(
    loaded: Loaded[Market], stage: Stage, assumptions: Sequence[Assumption]
) -> None:
    """Raise where buyers respond to prices, at the stated assumptions, as nobody ever did."""
    found = []
    for name, values in stage.levers(stated(assumptions)).items():
        lever, value = LEVERS[name], float(values[0])
        if lever.verdict(value) != "absurd":
            continue
        own = [each for each in lever.assumptions if each in loaded.required().behaviour]
        cause = (own or lever.assumptions)[0]
        found.append(
            loaded.diagnostic(
                ("behaviour", cause) if own else (),
                "G751",
                f"{cause} makes buyers respond as nobody was ever seen to: "
                f"{lever.words.en} = {value:.3g}",
                help=f"published are {lever.lowest:.3g} to {lever.highest():.3g} "
                f"[{lever.largest.study.en}; {lever.largest.source}]; stay within "
                f"{lever.least:.3g} to {APART * lever.highest():.3g}",
            )
        )
    if found:
        raise InputError(found)


def _programme(campaign: Campaign, world: Market, policies: Sequence[Campaign]) -> Programme:
    pots = campaign.money.pots
    return Programme(
        rules=compile_rules(campaign),
        budgets=tuple(
            f"money.pots.{pot.id}.amount" if pot.amount.assumed else int(pot.amount.value)
            for pot in pots
        )
        or (NO_POT_FEN,),
        scales=_scales(campaign),
        last_yuan=_last_yuan(campaign),
        carries=_carries(campaign),
        claimed=claimed.name if (claimed := CLAIMING.get(campaign.money.commit_on)) else None,
        claims_from=_claims_from(campaign),
        shortage=campaign.money.shortage_announced_at / BASIS,
        won=_won(campaign),
        policies=tuple(
            Policy(compile_rules(policy), bool(each.in_baseline), _policy_scale(policy))
            for policy, each in zip(policies, world.without, strict=True)
        ),
    )


def _scales(campaign: Campaign) -> dict[str, str]:
    """The assumption that multiplies the amounts of each text of each benefit."""
    first = {
        name: f"benefits.{name}.amount"
        for name, benefit in campaign.benefits.items()
        if benefit.uncertainty is not None
    }
    later = {
        f"{amendment.id} {name}": f"amendments.{amendment.id}.benefits.{name}.amount"
        for amendment in campaign.amendments
        for name, benefit in amendment.benefits.items()
        if benefit.uncertainty is not None
    }
    return first | later


def _carries(campaign: Campaign) -> tuple[tuple[date, int, int], ...]:
    """When what is left in a pot goes to the next one of the file."""
    pots = campaign.money.pots
    return tuple(
        (pot.window.end, place, place + 1)
        for place, pot in enumerate(pots[:-1])
        if pot.unused == "next_pot" and pot.closes is not None
    )


def _last_yuan(campaign: Campaign) -> Literal["refuse", "part", "overspend"]:
    said = campaign.money.last_yuan
    return "refuse" if said is None or said == "not_declared" else said


def _policy_scale(policy: Campaign) -> str | None:
    """The assumption that multiplies a policy's amounts; the first if it names several."""
    assumed = _of_policy(policy)
    return assumed[0].name if assumed else None


def _of_campaign(campaign: Campaign) -> tuple[Assumption, ...]:
    return campaign.assumptions()


def _of_policy(policy: Campaign) -> tuple[Assumption, ...]:
    """A policy's assumed amounts, named after the policy; pots of policies are not followed."""
    return tuple(
        replace(
            a,
            name=f"{policy.id}.{a.name}",
            words=Words(f"{policy.title.zh}: {a.words.zh}", f"{policy.title.en}: {a.words.en}"),
        )
        for a in policy.assumptions()
        if a.name.startswith("benefits.")
    )[:1]


def _behaviour(
    loaded: Loaded[Market], world: Market, campaign: Campaign
) -> tuple[Assumption, ...]:
    """The built-in assumptions on buyers, each as the market file overrides it."""
    wrong = override_findings(loaded, world.behaviour)
    if wrong:
        raise InputError(wrong)
    return tuple(
        world.behaviour[a.name].assumption(a.name, a.unit, a.words, a.source)
        if a.name in world.behaviour
        else a
        for a in (*BEHAVIOUR, *(POOL if world.has_pool else ()), *_of_clocks(campaign))
    )


def _of_clocks(campaign: Campaign) -> tuple[Assumption, ...]:
    """What is assumed of the time and the way in which money is taken."""
    claimed, won = CLAIMING.get(campaign.money.commit_on), WON.get(_won(campaign) or "")
    rush = RUSH if claimed is not None and campaign.money.shortage_announced_at else None
    return tuple(each for each in (claimed, rush, won) if each is not None)


def _won(campaign: Campaign) -> Literal["vouchers", "lottery"] | None:
    """How money is promised where it is not first come."""
    allocation = campaign.money.allocation
    if allocation is None or allocation.reservation is not None:
        return None
    return "vouchers" if allocation.voucher is not None else "lottery"


def _claims_from(campaign: Campaign) -> datetime:
    """The instant before which no claim is taken, or no lot is drawn."""
    allocation, window = campaign.money.allocation, campaign.windows.claim
    if allocation is not None and allocation.lottery is not None:
        return datetime.combine(allocation.lottery.draw_on, time.min)
    at_the_counter = CLAIMING.get(campaign.money.commit_on) is not None
    return window.opens if window is not None and at_the_counter else datetime.min


def _local(manufacturers: Sequence[Manufacturer], opened: OpenMarket) -> Bools:
    local = np.zeros(opened.vehicles.height, dtype=np.bool_)
    for plant in manufacturers:
        local |= built_here(plant, opened.vehicles)
    return local


def _base_day(opened: OpenMarket) -> date:
    """The last day of the sales history, when policies in the baseline were in force."""
    month = opened.sales["month"].max()
    if not isinstance(month, date):
        raise TypeError("sales have months")
    return _months_after(month, 1) - timedelta(days=1)


def _months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    after = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return min(
        first.replace(day=min(day.day, 28)) + timedelta(days=day.day - min(day.day, 28)),
        after - timedelta(days=1),
    )
