"""The public names of smsverify.testing are found, and nothing is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from smsverify import testing

WITHOUT_EXTRAS = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pytest", "hypothesis", "_pytest"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


def run(code: str) -> str:
    """Run a program where neither pytest nor hypothesis is installed."""
    command = [sys.executable, "-c", WITHOUT_EXTRAS + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", testing.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """What is listed can be had, and says what it is."""
    assert getattr(testing, name).__doc__
    assert name in dir(testing)


def test_other_names_are_not() -> None:
    """A name that is not public is an AttributeError, as for any module."""
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = testing.NoSuchThing


def test_doubles_need_neither_pytest_nor_hypothesis() -> None:
    """A program without the extra can use the clock, the gateway and the stores."""
    needed = [
        name
        for name in testing.__all__
        if name
        not in {
            "AnyClockStoreContract",
            "GatewayContract",
            "StoreContract",
            "StoreMachine",
            "compare_with_memory",
        }
    ]

    assert run(f"from smsverify.testing import {', '.join(needed)}\nprint('fine')") == "fine\n"


@pytest.mark.parametrize(
    "module", ["store_contract", "gateway_contract", "store_machine", "strategies"]
)
def test_what_needs_the_extra_names_it(module: str) -> None:
    """Without pytest or hypothesis the error tells which extra to install."""
    code = f"""
try:
    import smsverify.testing.{module}
except ImportError as error:
    print(error)
"""

    assert "pip install 'smsverify[testing]'" in run(code)
