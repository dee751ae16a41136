"""What all tests share: hypothesis profiles, and the marker of the integration tests."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What asserts for several test files says what it saw, as they do themselves.
pytest.register_assert_rewrite("tests.stepping")

INTEGRATION = Path(__file__).parent / "integration"

# No deadline anywhere: on a busy machine a slow example says nothing about the rule. Every profile
# searches afresh on each run, and prints the blob that replays what it found.
settings.register_profile("ci", deadline=None, derandomize=False, print_blob=True)
settings.register_profile("quick", settings.get_profile("ci"), max_examples=20)
settings.register_profile(
    "endurance",
    settings.get_profile("ci"),
    max_examples=5_000,
    stateful_step_count=200,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("SMSVERIFY_HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything under tests/integration, so that `-m "not integration"` leaves it out."""
    for item in items:
        if item.path.is_relative_to(INTEGRATION):
            item.add_marker(pytest.mark.integration)


def pytest_collection_finish() -> None:
    """Leave what stays until the end, thousands of tests, out of each later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    """Name the server that the tests run on; pytest asks only the conftest that it loads first."""
    from tests.integration.servers import report_header

    return report_header()


def pytest_sessionstart() -> None:
    """
    Forget what functions remember from an earlier session in this process.

    A mutation run judges each changed function in a copy of a process that has already run the
    tests: an answer from a cache would hide the change. In an ordinary run there is nothing yet.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "smsverify":
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
