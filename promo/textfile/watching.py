"""Which files does an answer hang on? Whoever remembers an answer asks here while it is made."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeAlias

Seen: TypeAlias = dict[tuple[str, str], str]
"""What was asked of the disk, of which path, and the answer.

`content`: sha256 of it; `real`: the path without links; `file`: is there one; `stamp`: its size
and when it changed, for files that are too large to be read twice.
"""

PASSING = "passing"  # asked of what cannot be asked again, such as a git revision
_SEEN: ContextVar[Seen | None] = ContextVar("seen", default=None)


@contextmanager
def watching() -> Iterator[Seen]:
    """Everything that is asked of the disk until the end of the block."""
    seen: Seen = {}
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)


def note_content(path: str, content: bytes) -> None:
    """A file was read."""
    _note("content", path, hashlib.sha256(content).hexdigest())


def note_stamp(path: str) -> None:
    """A large file is going to be read by others."""
    about = Path(path).stat()
    _note("stamp", path, f"{about.st_size} {about.st_mtime_ns}")


def note_passing(path: str) -> None:
    """Something was read that is not to be remembered."""
    _note(PASSING, path, "")


def real(path: str) -> str:
    """The path without links, noted."""
    found = os.path.realpath(path)
    _note("real", path, found)
    return found


def is_file(path: str) -> bool:
    """Is there a file? Noted."""
    found = os.path.isfile(path)  # noqa: PTH113 - as it is asked again later
    _note("file", path, str(found))
    return found


def _note(what: str, path: str, answer: str) -> None:
    seen = _SEEN.get()
    if seen is None:
        return
    before = seen.setdefault((what, path), answer)
    if before != answer:  # it changed under our eyes
        seen[PASSING, path] = ""
