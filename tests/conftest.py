"""Fixtures that several test modules share, and what keeps the suite short."""

import gc
import os
import sys

from hypothesis import HealthCheck, settings
from textual import constants

from tests.newsdesk import news_parser, visitor

__all__ = ["news_parser", "visitor"]

# How long an example takes says how busy the machine is, and nothing else. New examples are for `make fuzz`: a check
# that failed for one is to fail again, and to pass when it is mended.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# A process that a test starts reads what the last one compiled: that is half of its start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A pilot looks at no frames, so it need not wait for them. Read by Textual when its screens are imported.
constants.MAX_FPS = 1000  # type: ignore[misc]
constants.TEXTUAL_ANIMATIONS = "none"  # type: ignore[misc]


def pytest_collection_finish() -> None:
    """The tests' own objects are no garbage, and need not be looked at again each time something is."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
