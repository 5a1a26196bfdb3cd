"""The Kaifeng campaign, to be spoilt."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from promo.errors import Diagnostic
from promo.report import checkup

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"


@pytest.fixture
def kaifeng(tmp_path: Path) -> Path:
    """A copy of the Kaifeng campaign."""
    folder = tmp_path / "campaigns" / "kaifeng"
    shutil.copytree(CAMPAIGNS / "kaifeng", folder)
    return folder


@pytest.fixture
def spoilt(kaifeng: Path) -> Callable[[str, str, str], list[str]]:
    """Replace a text in a file and check: the places and codes of the errors."""

    def check(file: str, old: str, new: str) -> list[str]:
        path = kaifeng / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        found = checkup.check([str(kaifeng)]).findings
        return [_shown(each) for each in found if each.severity == "error"]

    return check


def _shown(finding: Diagnostic) -> str:
    return f"{Path(finding.file).name}:{finding.line}:{finding.column} {finding.code}"
