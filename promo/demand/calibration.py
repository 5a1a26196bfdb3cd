"""Which sensitivities reproduce the elasticity and the diversion that an analyst can judge?

Given are the own-price elasticity of a model (all its trims together) and where its lost sales go:
to other models of the same outermost nest, to other nests, or to no purchase. Solved are `alpha`
(utils per yuan), the correlation of the outermost level, and `zeta` (response of the market), for
every draw at once.

With `W_m` the share of model m, `r_l` its share inside its nest of level l, `W_g` the share of its
outermost nest, scales `s_l = 1 - correlation_l` (`s_0 = 1`; the innermost level is the model), the
derivatives of the pivot and of `R^zeta` at no gain give

    B_m      = 1/s_(L-1) + sum_(l<L) r_l (1/s_(l-1) - 1/s_l) - (1 - zeta) W_m
    |e_m|    = alpha p_m B_m             p_m the mean price of its buyers
    d_none   = zeta / B_m                d_in = 1 - (1 - (1 - zeta) W_g) / B_m

and the sales-weighted means over models equal the inputs. The correlation of trims cancels, since
all trims of a model change price together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from promo.demand.nested_logit import Nests, nest_shares
from promo.schema import Bools, Floats, Words

LARGEST_CORRELATION = 0.95
_BISECTIONS = 52  # halves the interval below 1e-15
_NEWTON_STEPS = 60
# A solved diversion this far from the given one counts as moved to the nearest that is possible.
_MISSED = 1e-9


@dataclass(frozen=True, slots=True)
class Judged:
    """What the analyst judges, one value a draw (R,).

    `own_price_elasticity` of a model, negative; `same_nest`, `other_nests` and `not_bought` are
    the destinations of its lost sales, of sum 1.
    """

    own_price_elasticity: Floats
    same_nest: Floats
    other_nests: Floats
    not_bought: Floats

    @classmethod
    def from_steps(
        cls, own_price_elasticity: Floats, not_bought: Floats, same_nest_of_rest: Floats
    ) -> Self:
        """From the share that buys nothing, and the share of the rest that stays in the nest."""
        rest = 1.0 - not_bought
        same_nest = rest * same_nest_of_rest
        return cls(own_price_elasticity, same_nest, rest - same_nest, not_bought)


def dirichlet_parts(
    uniform: Floats, not_bought: float, same_nest_of_rest: float, concentration: float
) -> tuple[Floats, Floats]:
    """Draws (R,) of the two steps of a Dirichlet over same nest, other nests and not bought.

    A Dirichlet falls apart into independent Betas: not bought, and the same nest among the rest.

    Parameters
    ----------
    uniform : (R, 2) quantiles of the two
    not_bought, same_nest_of_rest : means
    """
    from scipy.special import betaincinv

    rest = concentration * (1.0 - not_bought)
    first = betaincinv(concentration * not_bought, rest, uniform[:, 0])
    inside = rest * same_nest_of_rest
    second = betaincinv(inside, rest - inside, uniform[:, 1])
    return np.asarray(first, np.float64), np.asarray(second, np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Parameters that return what was judged, or the nearest that this market allows.

    Attributes
    ----------
    alpha : (R,) utils per yuan of a buyer with the mean sensitivity
    zeta : (R,) response of the market, in [0, 1]
    correlations : (R, L) outermost first, each at least the one outside it
    market_elasticity : (R,) elasticity of all sales to all prices, `-zeta alpha p`
    returned : what the solved parameters give
    lowered : (R,) draws whose given inner correlations were lowered to return the diversion
    clamped : (R,) draws whose diversion is impossible in this market and was moved
    reasons : why draws were moved, with their number; empty if none was
    """

    alpha: Floats
    zeta: Floats
    correlations: Floats
    market_elasticity: Floats
    returned: Judged
    lowered: Bools
    clamped: Bools
    reasons: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class _Models:
    """The models of a market: share, mean price and share inside each nest above."""

    share: Floats  # (M,)
    price: Floats  # (M,)
    outermost: Floats  # (M,) share of the outermost nest
    inside: tuple[Floats, ...]  # (M,) a level above the model, outermost first


def solve(
    nests: Nests, shares: Floats, price: Floats, judged: Judged, correlations: Floats
) -> Calibration:
    """Solve alpha, the outermost correlation and zeta for every draw.

    For any correlations the zeta that returns `not_bought` is found by Newton steps (the mean is
    concave in zeta, so the steps rise to it); the correlations that return `same_nest` by
    bisection along one path: the inner ones rise from 0 to their given values with the outermost
    at 0, then the outermost rises. So the judged diversion prevails over a given inner correlation
    that would keep too many sales in the nest. An impossible diversion keeps `not_bought` as near
    as it can and takes the nearest `same_nest`.

    Parameters
    ----------
    nests : innermost level = model; a level of its own even where each model has one trim
    shares : (J,) market shares of sum 1
    price : (J,) yuan
    correlations : (L - 1,) or (R, L - 1) of the inner levels, of which the last, of trims, does
        not matter here; one below the solved outermost correlation is raised to it
    """
    if nests.levels < 2:
        raise ValueError("calibration needs the model level and at least one level above it")
    models = _models(nests, shares, price)
    draws = judged.own_price_elasticity.size
    inner = np.broadcast_to(correlations, (draws, nests.levels - 1))
    low, high = np.zeros(draws), np.full(draws, 2.0)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        slope = _slope(models, _correlations_along(middle, inner))
        same_nest = _diversion(models, slope, _zeta(models, slope, judged.not_bought))[0]
        too_high = same_nest > judged.same_nest
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    along = 0.5 * (low + high)
    return _calibrated(models, _correlations_along(along, inner), along < 1.0, judged)


def elasticity_by_price_fifth(
    nests: Nests, shares: Floats, price: Floats, solved: Calibration
) -> Floats:
    """Sales-weighted own-price elasticity (R, 5) of models by fifth of sales, cheapest first.

    A model whose sales straddle two fifths counts in both by its part. With one `alpha` the
    elasticity rises with price; outside 2 to 8 the analyst is warned.
    """
    models = _models(nests, shares, price)
    own = _own_price(models, solved)
    by_price = np.argsort(models.price, kind="stable")
    until = np.cumsum(models.share[by_price]) / models.share.sum()
    since = np.concatenate([[0.0], until[:-1]])
    fifths = np.arange(5)[:, np.newaxis] / 5
    overlap = np.minimum(until, fifths + 0.2) - np.maximum(since, fifths)
    weight = np.maximum(0.0, overlap)
    weight /= weight.sum(axis=1, keepdims=True)
    mean: Floats = (own[:, np.newaxis, by_price] * weight).sum(axis=-1)
    return mean


def version_elasticity(nests: Nests, shares: Floats, price: Floats, solved: Calibration) -> Floats:
    """Sales-weighted own-price elasticity (R,) of one trim whose sisters keep their prices.

    The formula of a model holds with each trim as a nest of its own inside its model. Here the
    correlation of trims counts: near 1 a trim takes all buyers of its model for a few yuan.
    """
    each = np.arange(nests.order.size, dtype=np.int64)
    finer = Nests(nests.order, nests.place, (*nests.starts, each), (*nests.parents, each))
    trims = _models(finer, shares, price)
    return np.asarray(_own_price(trims, solved) @ trims.share / trims.share.sum())


def _own_price(models: _Models, solved: Calibration) -> Floats:
    """Own-price elasticity (R, M) of each model."""
    bracket = _bracket(models, _slope(models, solved.correlations), solved.zeta)
    return np.asarray(-solved.alpha[:, np.newaxis] * models.price * bracket)


def alpha_of_types(alpha: Floats, income: Floats, type_shares: Floats, exponent: Floats) -> Floats:
    """Sensitivity (R, I) of each buyer type: `alpha (income / y)^-exponent`.

    `y` is the power mean of incomes for which the mean of the types' sensitivities is `alpha`
    itself. A type without income (a firm; not a number) has the sensitivity `alpha`.

    >>> halves = np.array([0.5, 0.5])
    >>> one = np.array([1.0])
    >>> alpha_of_types(np.array([3e-5]), np.array([4e3, 8e3]), halves, one).round(7).tolist()
    [[4e-05, 2e-05]]
    """
    known = np.isfinite(income) & (income > 0)
    relative = np.where(known, income, 1.0) ** -exponent[:, np.newaxis]
    weight = np.where(known, type_shares, 0.0)
    total = weight.sum()
    mean = (relative * weight).sum(axis=-1, keepdims=True) / (total if total > 0 else 1.0)
    ratio = np.where(known, relative / np.where(mean > 0, mean, 1.0), 1.0)
    return np.asarray(alpha[:, np.newaxis] * ratio)


def _models(nests: Nests, shares: Floats, price: Floats) -> _Models:
    by_level = nest_shares(nests, shares)
    model = by_level[-1]
    spent = nest_shares(nests, shares * price)[-1]
    inside: list[Floats] = []
    nest = np.arange(model.size)
    above = model
    for level in reversed(range(nests.levels - 1)):
        nest = nests.parents[level][nest]
        above = by_level[level][nest]
        inside.insert(0, _ratio(model, above))
    return _Models(model, _ratio(spent, model), above, tuple(inside))


def _correlations_along(along: Floats, inner: Floats) -> Floats:
    """Correlations (R, L) on the path from none (0) over the given inner ones (1) to the largest.

    The correlation of trims (last) is as given throughout.
    """
    outermost = LARGEST_CORRELATION * np.clip(along - 1.0, 0.0, 1.0)
    lowered = inner * np.clip(along, 0.0, 1.0)[:, np.newaxis]
    lowered[:, -1] = inner[:, -1]
    both = np.concatenate([outermost[:, np.newaxis], lowered], axis=1)
    return np.maximum.accumulate(both, axis=1)


def _slope(models: _Models, correlations: Floats) -> Floats:
    """The part (R, M) of the bracket `B_m` that does not depend on zeta, before `- W_m`."""
    steepness = 1.0 / (1.0 - correlations)
    outside = np.ones_like(steepness[:, :1])
    slope = np.zeros((correlations.shape[0], models.share.size))
    for level, inside in enumerate(models.inside):
        own = steepness[:, level, np.newaxis]
        slope = slope + inside * (outside - own)
        outside = own
    return slope + outside


def _bracket(models: _Models, slope: Floats, zeta: Floats) -> Floats:
    bracket: Floats = slope - (1.0 - zeta[:, np.newaxis]) * models.share
    return np.maximum(bracket, 1e-12)  # 0 only in a market of one model, which diverts nothing


def _diversion(models: _Models, slope: Floats, zeta: Floats) -> tuple[Floats, Floats]:
    """Sales-weighted mean share (R,) of lost sales to the same nest, and to no purchase."""
    bracket = _bracket(models, slope, zeta)
    leaving_nest = (1.0 - (1.0 - zeta[:, np.newaxis]) * models.outermost) / bracket
    same_nest: Floats = 1.0 - leaving_nest @ models.share
    not_bought: Floats = zeta * ((1.0 / bracket) @ models.share)
    return same_nest, not_bought


def _zeta(models: _Models, slope: Floats, not_bought: Floats) -> Floats:
    """The response of the market (R,) that returns `not_bought`, at most 1."""
    at_none = np.maximum(slope - models.share, 1e-12)
    zeta = np.zeros_like(not_bought)
    for _ in range(_NEWTON_STEPS):
        bracket = at_none + zeta[:, np.newaxis] * models.share
        missing = not_bought - zeta * ((1.0 / bracket) @ models.share)
        step = missing / ((at_none / bracket**2) @ models.share)
        zeta = np.clip(zeta + step, 0.0, 1.0)
        if np.abs(step).max(initial=0.0) < 1e-15 or np.all(zeta >= 1.0):
            break
    return zeta


def _calibrated(
    models: _Models, correlations: Floats, lowered: Bools, judged: Judged
) -> Calibration:
    slope = _slope(models, correlations)
    zeta = _zeta(models, slope, judged.not_bought)
    same_nest, not_bought = _diversion(models, slope, zeta)
    spent = models.share * models.price
    per_alpha = _bracket(models, slope, zeta) @ spent
    alpha = -judged.own_price_elasticity / per_alpha
    other = 1.0 - same_nest - not_bought
    returned = Judged(-alpha * per_alpha, same_nest, other, not_bought)
    market_elasticity = -zeta * alpha * spent.sum()
    reasons, clamped = _impossible(judged, returned)
    return Calibration(
        alpha, zeta, correlations, market_elasticity, returned, lowered, clamped, reasons
    )


def _impossible(judged: Judged, returned: Judged) -> tuple[tuple[Words, ...], Bools]:
    """Why, and in which draws, the judged diversion cannot hold in this market."""
    low = judged.same_nest < returned.same_nest - _MISSED
    high = judged.same_nest > returned.same_nest + _MISSED
    none = np.abs(judged.not_bought - returned.not_bought) > _MISSED
    causes = (
        (low, "留在同级的比例低于本市场可能的下限", "share kept in the same nest is too low"),
        (high, "留在同级的比例高于本市场可能的上限", "share kept in the same nest is too high"),
        (none, "不再购买的比例高于本市场可能的上限", "share that buys nothing is too high"),
    )
    reasons = tuple(
        Words(
            f"{zh}:{int(draws.sum())} 次抽样取最近的可行值",
            f"{en} for this market: nearest possible taken in {int(draws.sum())} draws",
        )
        for draws, zh, en in causes
        if draws.any()
    )
    return reasons, low | high | none


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
