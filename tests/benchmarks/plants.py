"""plants: what 30 local vehicles of three plants add to the appraisal of Kaifeng.

python -m tests.benchmarks.plants [--draws 1024] [--repeats 3]

One process, after imports and one small warm-up: the campaign of Kaifeng is appraised without
plants, and with 30 of its vehicles spread over three enterprises and 26 weeks followed, in turn.
Printed are the medians, their ratio, and what following the plants alone takes. The aim: the
plants add at most 30 %.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from promo.appraisal import appraise, live
from promo.crew import crew
from promo.pull_through import pull_through
from promo.simulation.draws import draw_parameters
from promo.study import Study, load_study

from .harness import ROOT, machine, say

VEHICLES, PLANTS, MOST = 30, 3, 1.30
CAMPAIGN = "kaifeng/2022-q4.yaml"
LISTED = "manufacturers: [manufacturers/chery-henan.yaml]"


def studies(folder: Path) -> tuple[Study, Study]:
    """Kaifeng without plants, and with 30 local vehicles in three plants; both 26 weeks long."""
    campaigns = folder / "campaigns"
    shutil.copytree(ROOT / "campaigns", campaigns)
    place = campaigns / "kaifeng"
    market = (place / "market.yaml").read_text(encoding="utf-8")
    # From the announcement on 28 October the window takes 124 days, two months more make 26 weeks.
    shorter = re.sub(r"horizon_months: \d+", "horizon_months: 2", market)
    (place / "market.yaml").write_text(shorter, encoding="utf-8")
    text = (campaigns / CAMPAIGN).read_text(encoding="utf-8")
    _made_here(place / "vehicles.csv")
    names = [_enterprise(place / "manufacturers", number) for number in range(PLANTS)]
    for name, plants in (("without.yaml", []), ("with.yaml", names)):
        changed = text.replace(LISTED, f"manufacturers: [{', '.join(plants)}]")
        (place / name).write_text(changed, encoding="utf-8")
    without, with_ = (load_study(str(place / name)) for name in ("without.yaml", "with.yaml"))
    return without, with_


def _made_here(path: Path) -> None:
    """The first 30 vehicles are built here, model by model by three makers in turn."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if len(rows) <= VEHICLES:
        raise ValueError(f"the catalogue has {len(rows)} vehicles")
    models = list(dict.fromkeys(row["model"] for row in rows[:VEHICLES]))
    maker = {model: f"maker-{number % PLANTS}" for number, model in enumerate(models)}
    for row in rows[:VEHICLES]:
        row |= {"made_in": "开封", "maker": maker[row["model"]]}
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def _enterprise(folder: Path, number: int) -> str:
    """The shipped enterprise under another name and maker."""
    text = (folder / "chery-henan.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^id: .*$", f"id: plant-{number}", text)
    text = re.sub(r"(?m)^maker: .*$", f"maker: maker-{number}", text)
    (folder / f"plant-{number}.yaml").write_text(text, encoding="utf-8")
    return f"manufacturers/plant-{number}.yaml"


def seconds(work: Callable[[], object]) -> float:
    """Seconds of one core: the program runs in one thread, and others may share the machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def plants_alone(study: Study, draws: int) -> Callable[[], object]:
    """Following the plants of draws that have been lived already."""
    drawn = draw_parameters(study.assumptions, seed=1, draws=draws, shapes=study.shapes())
    with crew([study], workers=1) as hands:
        outcome = live(study, hands, drawn, lambda share, what: None)
    return lambda: pull_through(study, drawn, outcome)


def main() -> None:
    """Print the medians, their ratio and whether the aim is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        without, with_ = studies(Path(folder))
        appraise(with_, seed=1, draws=32)
        alone = plants_alone(with_, asked.draws)
        taken: dict[str, list[float]] = {"without plants": [], "with plants": [], "plants": []}
        for _ in range(asked.repeats):
            for name, study in (("without plants", without), ("with plants", with_)):
                taken[name].append(
                    seconds(lambda study=study: appraise(study, seed=1, draws=asked.draws))
                )
            taken["plants"].append(seconds(alone))
    middle = {name: median(found) for name, found in taken.items()}
    horizon = with_.stage.setting.horizon
    locals_ = int(with_.stage.setting.local.sum())
    say(machine(["numpy", "scipy", "polars"]))
    say(f"{asked.draws} draws, {horizon / 7:.0f} weeks, {locals_} local vehicles")
    for name, found in taken.items():
        say(f"{name:<15} {middle[name]:8.2f} s   ({min(found):.2f} to {max(found):.2f})")
    ratio = middle["with plants"] / middle["without plants"]
    verdict = "met" if ratio <= MOST else "missed"
    say(f"with / without  {ratio:8.2f}     (aim: at most {MOST}: {verdict})")


if __name__ == "__main__":
    main()
