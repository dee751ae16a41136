"""A validation from beginning to end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from smsverify.domain.mode import Mode
from smsverify.entrypoints.validator.offline.messages import messages
from smsverify.entrypoints.validator.offline.table import judge
from smsverify.entrypoints.validator.report import Report, in_order

if TYPE_CHECKING:
    from smsverify.entrypoints.validator.finding import Finding
    from smsverify.entrypoints.validator.situation import Situation


def validate(situation: Situation, *, offline: bool = False, show_progress: bool = False) -> Report:
    """
    Judge the settings and, unless ``offline``, ask the services that they name.

    With ``show_progress`` a terminal shows what is being asked. Runs an event loop of its own.
    """
    findings = list(judge(situation))
    if not offline:
        findings += _ask(situation, show_progress=show_progress)
    sending = situation.mode is not Mode.DISABLED
    return Report(
        mode=situation.mode,
        asked=situation.asked,
        offline=offline,
        findings=in_order(findings),
        messages=tuple(messages(situation)) if sending else (),
    )


def _ask(situation: Situation, *, show_progress: bool) -> list[Finding]:
    from smsverify.entrypoints.validator.live.probe import run_probes
    from smsverify.entrypoints.validator.live.progress import showing_progress
    from smsverify.entrypoints.validator.live.table import probes_for

    with showing_progress(wanted=show_progress) as progress:
        return asyncio.run(run_probes(probes_for(situation), progress))
