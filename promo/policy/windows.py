"""When must it happen? Every clock of a campaign, as written and as a condition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pydantic import Field, model_validator

from promo.policy.conditions import (
    All,
    Compare,
    Comparison,
    Condition,
    Constant,
    FactValue,
    Holds,
    Test,
)
from promo.quantities import NO_END, Day, FileModel, Moment, WindowClose, fault
from promo.schema import CLOCKS


class Window(FileModel):
    """When an event must happen: from inclusive, `to` inclusive (or T24:00, open), or `before`."""

    opens: Moment = Field(alias="from")
    to: WindowClose | None = None  # kept as the first instant after
    before: Moment | None = None

    @model_validator(mode="after")
    def _has_one_end(self) -> Window:
        if self.to is None and self.before is None:
            raise fault("K102", "the key 'to' is missing here", "write 'to' or 'before'")
        if self.to is not None and self.before is not None:
            raise fault("K101", "write either 'to' or 'before'", path=("before",))
        if self.closes <= self.opens:
            where = "to" if self.to is not None else "before"
            raise fault("V204", "the window ends before it starts", path=(where,))
        return self

    @property
    def closes(self) -> datetime:
        """The first instant that is too late."""
        end = self.to if self.to is not None else self.before
        return end if end is not None else NO_END

    @property
    def first(self) -> date:
        """The first day on which some hour is in time."""
        return self.opens.date()

    @property
    def end(self) -> date:
        """The first day that is too late as a whole."""
        last_instant = self.closes - timedelta(microseconds=1)
        return last_instant.date() + timedelta(days=1)

    @property
    def last(self) -> date:
        """The last day that is in time."""
        return self.end - timedelta(days=1)

    @property
    def is_open(self) -> bool:
        """Does nothing but the money end it?"""
        return self.closes == NO_END

    @property
    def by_the_hour(self) -> bool:
        """Does a time of day decide, so that a day alone is not enough?"""
        return self.opens.time() != time.min or self.closes.time() != time.min

    def condition(self, event: str, *, with_start: bool = True) -> Condition:
        """The window of an event as a condition on its clock."""
        if not self.by_the_hour:
            return self.in_days(event, with_start=with_start)
        clock = f"{event}_time"
        bounds = [(">=", self.opens)] if with_start else []
        bounds += [("<", self.closes)] if not self.is_open else []
        return _bounded(
            clock,
            [(sign, f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}'", at) for sign, at in bounds],
        )

    def in_days(self, event: str, *, with_start: bool = True) -> Condition:
        """The window of an event in whole days, also where an hour decides."""
        bounds = [(">=", self.first)] if with_start else []
        bounds += [("<", self.end)] if not self.is_open else []
        return _bounded(CLOCKS[event], [(sign, f"DATE '{at}'", at) for sign, at in bounds])


def _bounded(clock: str, bounds: list[tuple[str, str, date]]) -> Condition:
    """A fact between bounds, each with its sign, its text and its value."""
    signs: dict[str, Comparison] = {">=": ">=", "<": "<"}
    tests: list[Test] = [
        Compare(FactValue(clock), signs[sign], Constant(at)) for sign, _, at in bounds
    ]
    if not tests:
        return Condition(f"{clock} at any time", Holds(Constant(value=True)))
    text = " AND ".join(f"{clock} {sign} {written}" for sign, written, _ in bounds)
    return Condition(text, tests[0] if len(tests) == 1 else All(tuple(tests)))


class Windows(FileModel):
    """Every clock that must fit."""

    announced: Day | None = None
    order: Window | None = None
    invoice: Window | None = None
    registration: Window | None = None
    claim: Window | None = None

    @model_validator(mode="after")
    def _purchase_is_dated(self) -> Windows:
        if self.purchase is None:
            raise fault("K102", "the key 'invoice' is missing here", "say when a purchase counts")
        if self.announced is not None and self.announced >= self.purchase.end:
            message = "announced when no purchase counts any more"
            raise fault("V204", message, "check the year", path=("announced",))
        return self

    def named(self) -> Iterator[tuple[str, Window]]:
        """The windows given, by the name of their event."""
        for name in CLOCKS:
            window = getattr(self, name)
            if window is not None:
                yield name, window

    @property
    def purchase(self) -> Window | None:
        """The window of the event that stands for the purchase."""
        return self.invoice or self.order or self.registration or self.claim
