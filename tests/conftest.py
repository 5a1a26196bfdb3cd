"""Where the real data for tests lie: `PROMO_DATA`, or `shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

DATA = os.environ.get("PROMO_DATA", str(Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_folder() -> str:
    """The folder of real data; tests that need it are skipped where it is absent."""
    if not Path(DATA).is_dir():
        pytest.skip(f"no real data at {DATA}: set PROMO_DATA to the folder that holds them")
    return DATA
