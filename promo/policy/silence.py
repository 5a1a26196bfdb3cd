"""Which warnings were weighed and accepted, and why?"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from promo.errors import CODES, WARNINGS, did_you_mean
from promo.quantities import FileModel, Text, fault, plain_text, shown


def _warning_code(value: object) -> str:
    text = plain_text(value)
    if text in WARNINGS:
        return text
    if text in CODES:
        raise fault("V206", f"{text} is an error and cannot be silenced", "mend it instead")
    raise fault("V206", f"'{shown(text)}' is not a warning", did_you_mean(text, WARNINGS))


WarningCode: TypeAlias = Annotated[
    str, PlainValidator(_warning_code), WithJsonSchema({"enum": sorted(WARNINGS)})
]


class Silence(FileModel):
    """A warning that was weighed and accepted, with the reason."""

    code: WarningCode
    why: Text
