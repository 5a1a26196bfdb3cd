"""Which texts must be tried so that every answer to comparisons and patterns occurs?"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

# The named text that is being spelt, if any, and how far each pattern can have come.
_State: TypeAlias = tuple[str | None, tuple[frozenset[int], ...]]
ANOTHER = "another"  # stands for every text that no condition names
MOST_STATES = 5_000
MOST_READ = 5_000_000  # letters of patterns, over all states


def texts(
    named: Iterable[str], patterns: Collection[str], *, ordered: bool, count: int
) -> tuple[list[str], bool]:
    """Texts for `count` facts that may be compared with each other, and whether none is lacking.

    The named texts, in order; texts that nobody names, as many as there are facts; where texts
    are compared by < and >, some between each two of them; one text for each set of patterns that
    a text can match.

    >>> texts(["BYD"], ["B%"], ordered=False, count=1)
    (['BYD', 'another', '', 'B'], True)
    """
    known = sorted(set(named))
    found = [*known, *_others(set(known), count)]
    if ordered:
        found.extend(_between(known, count))
    if not patterns:
        return found, True
    matching, complete = _matching(frozenset(known), sorted(patterns))
    return list(dict.fromkeys((*found, *matching))), complete and count == 1 and not ordered


def _others(known: Collection[str], count: int) -> Iterator[str]:
    candidate = ANOTHER
    while count:
        if candidate not in known:
            count -= 1
            yield candidate
        candidate += "!"


def _between(known: Sequence[str], count: int) -> Iterator[str]:
    """Texts that sort before the first, between each two, and behind the last."""
    for low, high in pairwise(["", *known, chr(0x10FFFF)]):
        if low not in known:
            yield low
        for sign in ("!", "\x01"):
            between = [low + sign * length for length in range(1, count + 1)]
            if between[-1] < high:
                yield from between
                break


def _matching(named: frozenset[str], patterns: Sequence[str]) -> tuple[list[str], bool]:
    """One text for each set of patterns and named texts that a text can match, shortest first.

    Texts are spelt letter by letter; two beginnings are alike if they have come equally far in
    every pattern and every named text. The second value is False where there are too many.
    """
    letters = sorted({letter for pattern in patterns for letter in pattern} - set("%_"))
    letters.append(_unused({*letters, *(letter for text in named for letter in text)}))
    following: dict[str, set[str]] = {}
    for text in named:
        for place, letter in enumerate(text):
            following.setdefault(text[:place], set()).add(letter)
    start = "", tuple(_reached(pattern, {0}) for pattern in patterns)
    seen: set[_State] = {start}
    waiting: deque[tuple[str, str | None, tuple[frozenset[int], ...]]] = deque([("", *start)])
    found: dict[object, str] = {}
    work = len(letters) * (sum(map(len, patterns)) + len(patterns))
    most = min(MOST_STATES, MOST_READ // work)
    while waiting and len(seen) <= most:
        text, beginning, places = waiting.popleft()
        matched = [len(pattern) in at for pattern, at in zip(patterns, places, strict=True)]
        found.setdefault((beginning if beginning in named else None, *matched), text)
        spelt = following.get(beginning, set()) if beginning is not None else set()
        for letter in dict.fromkeys((*letters, *sorted(spelt))):
            read = zip(patterns, places, strict=True)
            after = tuple(_read(pattern, at, letter) for pattern, at in read)
            state = text + letter if letter in spelt else None, after
            if state not in seen:
                seen.add(state)
                waiting.append((text + letter, *state))
    return list(found.values()), not waiting


def _unused(letters: Collection[str]) -> str:
    return next(letter for letter in map(chr, range(ord("x"), 0x10FFFF)) if letter not in letters)


def _reached(pattern: str, places: Iterable[int]) -> frozenset[int]:
    """The places in a pattern that are reached without another letter."""
    reached = set(places)
    for place, letter in enumerate(pattern):
        if letter == "%" and place in reached:
            reached.add(place + 1)
    return frozenset(reached)


def _read(pattern: str, places: frozenset[int], letter: str) -> frozenset[int]:
    """The places in a pattern that are reached with one letter more."""
    at = [place for place in places if place < len(pattern)]
    stay = [place for place in at if pattern[place] == "%"]
    pass_on = [place + 1 for place in at if pattern[place] in ("_", letter)]
    return _reached(pattern, (*stay, *pass_on))
