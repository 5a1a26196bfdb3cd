"""What a comparison must say whatever the designs are: nothing where nothing differs."""

import dataclasses

import numpy as np

from promo.design.comparison import compare
from promo.study import load_study


def test_a_design_compared_with_itself_differs_by_nothing(tiny):
    """The same file named twice is two studies that hold the same."""
    once = tiny()
    twice = load_study(once.path)
    found = compare([once, twice], seed=1, draws=16)
    assert found.differences["design"].unique().to_list() == ["tiny-campaign (2)"]
    for column in ("mean", "se", "p05", "p50", "p95"):
        assert not found.differences[column].drop_nulls().to_numpy().any()
    assert not found.differences["marked"].any()
    assert found.differences["best"].is_null().all()
    first, second = found.appraisals
    for one in dataclasses.fields(first.provenance):
        assert getattr(first.provenance, one.name) == getattr(second.provenance, one.name)
    assert np.array_equal(first.draws.to_numpy(), second.draws.to_numpy(), equal_nan=True)
