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
    blocks = [drawn.take(slice(first, first + 32)) for first in (0, 32)]
    with crew([study], workers=3) as hands:
        alive = children(2)
        next(hands.outcomes(study, blocks, "chance"))  # they have opened the study and are idle
        time.sleep(3)
        for helper in alive:  # one of them holds the lock of the queue
            helper.kill()
        lived = list(hands.outcomes(study, blocks, "chance"))
    print(len(lived), len(multiprocessing.active_children()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed otherwise there")
def test_helpers_that_are_killed_while_they_wait_leave_all_work_done_and_nobody_behind(tmp_path):
    """As when memory runs out; a pool that waited for the lock which a dead one held never ended."""
    script = tmp_path / "killed.py"
    campaign = str(ROOT / "campaigns" / "kaifeng" / "2022-q4.yaml")
    script.write_text(KILLED.format(campaign=campaign), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=90, check=True
    )
    assert (done.stdout, done.stderr) == ("2 0\n", "")
