"""What was found in a file, remembered as long as nothing changes that it hangs on.

Most checks look at files that nobody has touched. For each file without errors the findings are
kept in the user's folder of caches, with all that was asked of the disk to reach them and under a
fingerprint of the program; they are taken from there only if every answer is the same today.
Whatever is damaged, foreign or not writable is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from promo.errors import Diagnostic

MOST_BYTES = (1 << 20) + 1  # as much as the program reads of a file
DAYS_KEPT = 30
LEANS_ON = ("pydantic", "pydantic_core", "polars", "sqlglot", "yaml")
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds what promo can find again.\n"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What is wrong in one file, how many of its examples hold, which files it names."""

    findings: tuple[Diagnostic, ...]
    examples: int = 0
    links: tuple[tuple[str, str], ...] = ()


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where this system keeps caches; None where the user wants none (`PROMO_CACHE=off`)."""
    if environment.get("PROMO_CACHE") == "off":
        return None
    given = environment.get("XDG_CACHE_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "promo"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA", "")
        return (Path(local) if local else home / "AppData" / "Local") / "promo" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "promo"
    return home / ".cache" / "promo"


class Memory:
    """Results of earlier checks; without a folder it remembers nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def recall(self, path: str, kind: str) -> Result | None:
        """What an earlier check found, if all that it hangs on is as it was."""
        if self.folder is None:
            return None
        try:
            digest, _, content = self._entry(path, kind).read_bytes().partition(b"\n")
            if hashlib.sha256(content).hexdigest().encode() != digest:
                return None
            kept = json.loads(content)
            if not all(_as_it_was(*each) for each in kept["seen"]):
                return None
            return Result(
                tuple(Diagnostic(*each) for each in kept["findings"]),
                int(kept["examples"]),
                tuple((str(link), str(of)) for link, of in kept["links"]),
            )
        except (OSError, ValueError, TypeError, LookupError):
            return None

    def keep(
        self, path: str, kind: str, result: Result, seen: Mapping[tuple[str, str], str]
    ) -> None:
        """Remember what was found, unless it is an error or cannot be asked again."""
        asked = [[what, where, answer] for (what, where), answer in seen.items()]
        errors = any(each.severity == "error" for each in result.findings)
        if self.folder is None or errors or any(what not in _ASKED for what, _, _ in asked):
            return
        kept = {
            "seen": asked,
            "findings": [astuple(each) for each in result.findings],
            "examples": result.examples,
            "links": result.links,
        }
        content = json.dumps(kept, ensure_ascii=True).encode()
        with suppress(OSError):
            self._write(self._entry(path, kind), content)

    def _entry(self, path: str, kind: str) -> Path:
        if self.folder is None:
            raise LookupError("no folder")
        name = hashlib.sha256(json.dumps([str(Path.cwd()), kind, path]).encode()).hexdigest()
        return self.folder / f"check-{self.fingerprint}" / f"{name[:32]}.json"

    @cached_property
    def fingerprint(self) -> str:
        """What tells this program from every other version of it."""
        known = [sys.version, *_program(), *_libraries()]
        return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]

    def _write(self, entry: Path, content: bytes) -> None:
        """A whole entry or none; several programs may do this at once."""
        if self.folder is None:
            return
        if not entry.parent.is_dir():
            _forget_old(self.folder)
            entry.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
            (self.folder / "CACHEDIR.TAG").write_text(_TAG, encoding="ascii")
        temporary = entry.with_name(f".{secrets.token_hex(8)}")
        try:
            temporary.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            temporary.replace(entry)
        finally:
            temporary.unlink(missing_ok=True)


def _content(path: str) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.sha256(stream.read(MOST_BYTES)).hexdigest()


def _stamp_of(path: str) -> str:
    about = Path(path).stat()
    return f"{about.st_size} {about.st_mtime_ns}"


_ASKED: dict[str, Callable[[str], str]] = {
    "content": _content,
    "real": os.path.realpath,
    "file": lambda path: str(os.path.isfile(path)),  # noqa: PTH113
    "stamp": _stamp_of,
}


def _as_it_was(what: str, path: str, answer: str) -> bool:
    return _ASKED[what](path) == answer


def _program() -> Iterator[str]:
    """Every file of the program by name, size and time of its last change."""
    package = Path(__file__).parents[1]
    for folder, inside, files in os.walk(package):
        inside[:] = sorted(each for each in inside if each not in {"__pycache__", "campaigns"})
        for name in sorted(files):
            yield _stamp(Path(folder) / name)


def _libraries() -> Iterator[str]:
    """The libraries that reading and checking lean on."""
    for name in LEANS_ON:
        found = find_spec(name)
        if found is not None and found.origin is not None:
            yield _stamp(Path(found.origin))


def _stamp(file: Path) -> str:
    return f"{file} {_stamp_of(str(file))}"


def _forget_old(folder: Path) -> None:
    """Drop what has not been written for a month."""
    oldest = time.time() - DAYS_KEPT * 86_400
    for entry in folder.glob("check-*/*"):
        if entry.stat().st_mtime < oldest:
            entry.unlink(missing_ok=True)
    for each in folder.glob("check-*"):
        with suppress(OSError):
            each.rmdir()
