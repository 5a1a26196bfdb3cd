"""The program ends decently whatever it is connected to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from promo.cli.app import main; main()"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(kaifeng: Path, closed: str) -> None:
    words = f'"{sys.executable}" -c "from promo.cli.app import main; main()" check . {closed}'
    done = subprocess.run(words, shell=True, cwd=kaifeng, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"internal error" not in done.stderr


def test_a_closed_stream_never_ends_up_in_a_file(kaifeng: Path) -> None:
    words = f'"{sys.executable}" -c "from promo.cli.app import main; main()"'
    words += " generate sales market.yaml --out sales.csv >&- 2>&-"
    subprocess.run(words, shell=True, cwd=kaifeng, check=True)
    assert "written" not in (kaifeng / "sales.csv").read_text(encoding="utf-8-sig")


def test_python_without_docstrings_still_helps() -> None:
    environment = os.environ | {"PYTHONOPTIMIZE": "2"}
    done = subprocess.run(
        [*PROGRAM, "simulate", "--help"], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"--draws" in done.stdout


def test_ctrl_c_before_the_commands_are_read_ends_without_a_word() -> None:
    words = """
import signal, sys
sys.argv[0] = '/usr/bin/promo'
import promo.cli
print(signal.getsignal(signal.SIGINT) is signal.SIG_DFL)
from promo.cli.app import hear_interruption
hear_interruption()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("raised")
"""
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"raised"]
