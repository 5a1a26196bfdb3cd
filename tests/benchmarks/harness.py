"""One run of a benchmark: each arm a process of its own, all asked turn by turn, then one table.

An arm is a function that loads its data and returns a run. The harness starts `python -m
tests.benchmarks.harness` once for each arm and tells it by lines when to run, so that arms of one
repeat follow each other within seconds, and the memory of each is its own.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .claims import Array

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Arm:
    """One competitor: `module:function`, its rows, and what it took and gave.

    Attributes
    ----------
    returns : what a run of this arm hands back, for the reader
    checksum : of the amounts of all rows, and of the first rows that every arm has
    """

    name: str
    rows: int
    returns: str
    seconds: list[float] = field(default_factory=list)
    checksum: tuple[int, int] | None = None
    mebibytes: float = 0
    why_not: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self, folder: Path, common: int) -> None:
        """Starts the process and lets it load its data."""
        words = [self.name, str(folder), str(self.rows), str(common)]
        command = [sys.executable, "-m", "tests.benchmarks.harness", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        self.why_not = self.answer().get("why_not", "")

    def run(self, *, counts: bool) -> None:
        """One repeat; the first does not count."""
        found = self.ask("run")
        if counts:
            self.seconds.append(found["seconds"])
        self.checksum = tuple(found["checksum"])

    def end(self) -> None:
        """Ends the process and notes how much memory it took at most."""
        if self.process is not None:
            self.mebibytes = self.ask("end")["mebibytes"] if not self.why_not else 0
            self.process.wait()

    def ask(self, what: str) -> dict[str, Any]:
        if self.process is None or self.process.stdin is None:
            raise ValueError("an arm that was not started")
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        if self.process is None or self.process.stdout is None:
            raise ValueError("an arm that was not started")
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the arm {self.name} ended by itself")
        found: dict[str, Any] = json.loads(line)
        return found

    @property
    def rate(self) -> float:
        """Rows a second, in the median repeat."""
        return self.rows / median(self.seconds)


def race(arms: Sequence[Arm], folder: Path, repeats: int) -> None:
    """Runs all arms in turn, one warm-up and so many repeats."""
    common = min(arm.rows for arm in arms)
    for arm in arms:
        arm.start(folder, common)
    running = [arm for arm in arms if not arm.why_not]
    for repeat in range(repeats + 1):
        for arm in running:
            arm.run(counts=repeat > 0)
    for arm in arms:
        arm.end()


def agree(arms: Sequence[Arm]) -> bool:
    """Did all arms of one size give the same amounts, and all arms on the rows they share?"""
    sums = [(arm.rows, arm.checksum) for arm in arms if arm.checksum and arm.checksum[0]]
    by_rows = {rows: {each[0] for size, each in sums if size == rows} for rows, _ in sums}
    return all(len(each) == 1 for each in by_rows.values()) and len({b for _, (_, b) in sums}) == 1


def serve(name: str, folder: Path, rows: int, common: int) -> None:
    """The process of one arm: loads, then runs when told."""
    module, function = name.split(":")
    try:
        run = getattr(importlib.import_module(module), function)(folder, rows)
    except ImportError as error:
        answer(why_not=str(error))
        return
    answer(ready=True)
    for line in sys.stdin:
        if line.strip() == "end":
            answer(mebibytes=most_memory())
            return
        start = time.perf_counter()
        found = run()
        seconds = time.perf_counter() - start
        amounts = found() if callable(found) else found  # read back outside the clock
        answer(seconds=seconds, checksum=[checksum(amounts), checksum(amounts[:common])])


def answer(**found: object) -> None:
    """One line to the harness."""
    say(json.dumps(found))


def say(*lines: str) -> None:
    """Lines to whoever asked, at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def most_memory() -> float:
    """The most memory that this process has held, in MiB (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def checksum(amounts: Array) -> int:
    """A sum in which the place of every amount counts."""
    import numpy as np

    weights = np.arange(len(amounts), dtype=np.int64) % 9_973 + 1
    return int(amounts.astype(np.int64) @ weights)


def machine(packages: Sequence[str]) -> str:
    """The machine, its load, and the versions of what runs."""
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    versions = ", ".join(f"{each} {_version(each)}" for each in packages)
    return f"Python {platform.python_version()}, {cores} cores, load {load:.1f}; {versions}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def table(arms: Sequence[Arm], against: str) -> str:
    """The arms as a Markdown table; `against` is the arm that counts as 1."""
    base = next((arm for arm in arms if arm.name.endswith(against) and arm.seconds), None)
    lines = [
        f"| arm | returns | rows | median (min - max), s | rows/s | times {against} | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for arm in sorted(arms, key=lambda arm: arm.rate if arm.seconds else 0, reverse=True):
        name = arm.name.split(":")[-1]
        if not arm.seconds:
            lines.append(f"| {name} | - | - | {arm.why_not} | - | - | - |")
            continue
        low, middle, high = min(arm.seconds), median(arm.seconds), max(arm.seconds)
        cells = (
            name,
            arm.returns,
            f"{arm.rows:,}",
            f"{middle:.4f} ({low:.4f} - {high:.4f})",
            f"{arm.rate / 1e6:,.3f} M",
            "" if base is None else f"{arm.rate / base.rate:.3g}",
            f"{arm.mebibytes:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for word in ("name", "folder", "rows", "common"):
        parser.add_argument(word)
    own = parser.parse_args()
    serve(own.name, Path(own.folder), int(own.rows), int(own.common))
