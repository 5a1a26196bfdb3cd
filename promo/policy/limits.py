"""How often may one buyer, car, household or firm be paid, and what must be kept afterwards?"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from promo.policy.conditions import Compare, Condition, Constant, FactValue, Missing, Not, Some
from promo.quantities import Count, FileModel, Identifier, Text
from promo.schema import Words

Per: TypeAlias = Literal["buyer", "household", "firm", "vin"]
_LEDGER: dict[Per, str] = {
    "buyer": "paid_to_buyer",
    "household": "paid_to_household",
    "firm": "paid_to_firm",
    "vin": "paid_for_vin",
}
IDENTITY_KEYS: dict[str, Words] = {
    "name": Words("姓名", "name"),
    "id_number": Words("证件号码", "identity number"),
    "phone": Words("手机号", "phone number"),
    "bank_phone": Words("银行预留手机号", "phone kept by the bank"),
    "card": Words("银行卡", "bank card"),
    "account": Words("平台账号", "platform account"),
    "device": Words("设备", "device"),
    "plate": Words("号牌", "plate"),
    "vin": Words("车辆识别代号", "vehicle identification number"),
}
IdentityKey: TypeAlias = Literal[
    "name", "id_number", "phone", "bank_phone", "card", "account", "device", "plate", "vin"
]


class Limit(FileModel):
    """At most so many payments to one identity, in the campaign, a day, a year, or for good.

    Whoever shares one of the `identity` keys counts as the same. The ledger counts; a claim is
    decided on the count that it gives.
    """

    per: Per
    most: Count = Field(alias="max")
    within: Literal["campaign", "day", "calendar_year", "lifetime"] = "campaign"
    identity: tuple[IdentityKey, ...] = ()
    source: Text | None = None

    @property
    def id(self) -> str:
        """The reason code of a refusal."""
        return f"limit-{self.per}"

    @property
    def condition(self) -> Condition:
        """Is another payment within the limit? Nothing on the ledger is none so far."""
        count = FactValue(_LEDGER[self.per])
        tree = Some((Missing(count), Compare(count, "<", Constant(float(self.most)))))
        return Condition(f"{count.name} < {self.most}", tree)


class Holding(FileModel):
    """How long the car must be kept, and what is paid back if it is not."""

    months: Count
    clawback: Literal["full", "pro_rata", "none", "not_declared"]
    source: Text | None = None


def exclusion(programmes: tuple[Identifier, ...]) -> Condition:
    """Has nothing been paid under the programmes that exclude this one?"""
    paid = FactValue("paid_elsewhere")
    tree = Some((Missing(paid), Not(Compare(paid, "=", Constant(value=True)))))
    return Condition(f"paid_elsewhere = FALSE ({', '.join(programmes)})", tree)
