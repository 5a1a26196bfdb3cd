"""`tests/docs/refresh.py` as a module, for the tests beside it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_SPEC = importlib.util.spec_from_file_location("refresh", Path(__file__).with_name("refresh.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
refresh: ModuleType = importlib.util.module_from_spec(_SPEC)
sys.modules["refresh"] = refresh
_SPEC.loader.exec_module(refresh)
