"""Do helpers change anything but the time, even when they are lost?"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KILLED = """
import multiprocessing, time
from promo.crew import called, crew
from promo.simulation.draws import draw_parameters
from promo.study import load_study

def children(count):
    while len(multiprocessing.active_children()) < count:
        time.sleep(0.05)
    return multiprocessing.active_children()

if __name__ == "__main__":
    study = load_study({campaign!r})
    drawn = draw_parameters(study.assumptions, seed=1, draws=64, shapes=study.shapes())
    blocks = [drawn.take(slice(first, first + 16)) for first in range(0, 64, 16)]
    with crew([study], workers=3) as hands:
        alive = children(2)
        expected = list(hands.outcomes(study, blocks, "chance"))
        time.sleep(3)  # they have opened the study, and wait
        lived = hands.outcomes(study, blocks, "chance")
        first = next(lived) if {working} else None
        for helper in alive:
            helper.kill()
        found = [*([first] if {working} else []), *lived]
    same = all((f.spent == e.spent).all() for f, e in zip(found, expected, strict=True))
    print(same, len(multiprocessing.active_children()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed otherwise there")
@pytest.mark.parametrize("working", [True, False])
def test_helpers_that_are_killed_leave_all_work_done_and_nobody_behind(tmp_path, *, working):
    """As when memory runs out; a pool waits for ever for the lock that a dead one held."""
    script = tmp_path / "killed.py"
    campaign = str(ROOT / "campaigns" / "kaifeng" / "2022-q4.yaml")
    script.write_text(KILLED.format(campaign=campaign, working=working), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("True 0\n", "")
