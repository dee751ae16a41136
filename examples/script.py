"""
A script: send a code, ask for it, say whether it was right.

Run it: ``SMS_SIMULATION_MODE=true python -m examples.script +15551234567``
"""

from __future__ import annotations

import sys

from smsverify.sync import get_sms_verifier


def main(phone: str) -> int:
    """Verify one phone; return the exit status."""
    with get_sms_verifier() as verifier:
        sent = verifier.send_verification_sms(phone, "MyApp")
        if not sent.success:
            print(sent.error, file=sys.stderr)
            return 1
        if verifier.mode == "simulation":
            print("The phone shows:", verifier.gateway.messages[-1].text)  # type: ignore[attr-defined]
        checked = verifier.verify_code(phone, input("Code: ").strip())
        print("Verified." if checked.success else checked.error)
        return 0 if checked.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
