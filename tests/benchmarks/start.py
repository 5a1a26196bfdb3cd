"""start: how long a command takes from nothing, beside an interpreter that does nothing.

python -m tests.benchmarks.start [--repeats 15]

Every repeat runs each command once, in turn, as a process of its own; its bytecode is compiled, as
it is once a program is installed. A first check finds an empty folder of caches, a second one what
an earlier check left there; then one of the files is changed before each check.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .harness import ROOT, machine, say

PROMO = ("-c", "from promo.cli.app import main; main()")
QUIET = subprocess.DEVNULL
CHECK = (*PROMO, "check", "campaigns")
CHANGED = "campaigns/germany/umweltbonus-2023.yaml"  # no other file extends it


@dataclass(slots=True)
class Command:
    """One command, and what it took.

    Attributes
    ----------
    cache : the folder of caches it finds: none, an empty one, or one that is kept
    changes : is a file of the campaigns changed before it runs?
    """

    name: str
    words: tuple[str, ...]
    cache: str = "none"
    changes: bool = False
    seconds: list[float] = field(default_factory=list)
    mebibytes: float = 0

    def run(self, folder: Path, *, counts: bool) -> None:
        """One process in a folder with campaigns; the first does not count."""
        if self.changes:
            with (folder / CHANGED).open("a", encoding="utf-8") as file:
                file.write("# changed\n")
        with tempfile.TemporaryDirectory() as empty:
            environment = dict(os.environ) | {"XDG_CACHE_HOME": empty, "PYTHONPATH": str(ROOT)}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            if self.cache == "kept":
                environment["XDG_CACHE_HOME"] = str(folder / "cache")
            if self.cache == "none":
                environment["PROMO_CACHE"] = "off"
            words = [sys.executable, *self.words]
            start = time.perf_counter()
            own = subprocess.Popen(words, stdout=QUIET, stderr=QUIET, cwd=folder, env=environment)
            _, status, used = os.wait4(own.pid, 0)
            own.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - start
        if own.returncode not in (0, 1):  # 1: there were findings
            raise RuntimeError(f"{self.name} ended with {own.returncode}")
        if counts:
            self.seconds.append(seconds)
            self.mebibytes = max(self.mebibytes, used.ru_maxrss / 1024)


def main() -> None:
    """Runs all commands in turn and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    asked = parser.parse_args()
    commands = [
        Command("python -c pass", ("-c", "pass")),
        Command("promo --help", (*PROMO, "--help")),
        Command("promo check campaigns, nothing remembered", CHECK, "empty"),
        Command("promo check campaigns, a second time", CHECK, "kept"),
        Command("promo check campaigns, one file changed", CHECK, "kept", changes=True),
        Command("promo check campaigns --no-cache", (*CHECK, "--no-cache")),
    ]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "campaigns", Path(folder) / "campaigns")
        for repeat in range(asked.repeats + 1):
            for command in commands:
                command.run(Path(folder), counts=repeat > 0)
    say(machine(("polars", "typer", "pydantic")), "", *table(commands))


def table(commands: list[Command]) -> list[str]:
    """The commands as a Markdown table; the first counts as 1."""
    lines = [
        "| command | median (min - max), ms | times `python -c pass` | peak MiB |",
        "| --- | --- | --- | --- |",
    ]
    base = median(commands[0].seconds)
    for each in commands:
        low, middle, high = (1_000 * by(each.seconds) for by in (min, median, max))
        times = median(each.seconds) / base
        spread = f"{middle:.1f} ({low:.1f} - {high:.1f})"
        lines.append(f"| `{each.name}` | {spread} | {times:.1f} | {each.mebibytes:.0f} |")
    return lines


if __name__ == "__main__":
    main()
