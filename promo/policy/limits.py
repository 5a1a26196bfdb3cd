"""How often may one buyer, car, household or firm be paid?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from promo.quantities import Count, FileModel, Text


class Limit(FileModel):
    """At most so many payments, for the campaign or within each calendar year."""

    per: Literal["buyer", "vin", "household", "firm"]
    most: Count = Field(alias="max")
    within: Literal["campaign", "calendar_year", "lifetime"] = "campaign"
    source: Text | None = None
