"""The scenarios of ``--simulation``: each on verifiers of its own, in memory."""

from __future__ import annotations

from typing import Final

from smsverify.entrypoints.selftest import bounds, codes, surroundings
from smsverify.entrypoints.selftest.scenario import Scenario

SCENARIOS: Final = (
    Scenario("Normal flow", codes.normal_flow),
    Scenario("Wrong code", codes.wrong_code),
    Scenario("Guessing", codes.guessing),
    Scenario("Resend", codes.resend),
    Scenario("Expiry", codes.expiry),
    Scenario("Limits", bounds.limits),
    Scenario("Budget", bounds.budget),
    Scenario("Opt-out", surroundings.opt_out),
    Scenario("Magic numbers", surroundings.magic_numbers),
    Scenario("Parallel answers", bounds.parallel_answers),
    Scenario("Idempotency key", bounds.idempotency),
    Scenario("Bad numbers", surroundings.bad_numbers),
    Scenario("Statistics", surroundings.statistics),
    Scenario("Another process", surroundings.another_process),
    Scenario("Masking in logs", surroundings.masked_logs),
)
"""What is tried, in this order."""
