"""How long the search goes on: short with all tests, long when endurance is asked for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

ENDURANCE = "endurance"
LONGER = 40
"""How many times as many runs an endurance search makes; more of them want gigabytes of memory."""


def effort(runs: int, steps: int = 50) -> settings:
    """Return the settings of a search of so many runs, each of so many steps at most."""
    long = os.environ.get("SMSVERIFY_HYPOTHESIS_PROFILE") == ENDURANCE
    return settings(
        max_examples=runs * LONGER if long else runs,
        stateful_step_count=2 * steps if long else steps,
        # Making a failure shorter takes minutes, which only a long search has; the blob repeats it.
        phases=list(Phase) if long else [Phase.explicit, Phase.reuse, Phase.generate],
        # A step may want something that is not there: that is no reason to stop.
        suppress_health_check=list(HealthCheck),
    )
