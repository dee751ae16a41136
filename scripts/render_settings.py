"""Write .env.sms.template and docs/reference/settings.md from the fields of the settings."""

from __future__ import annotations

from pathlib import Path

from smsverify.settings.documents import render_reference, render_template

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write both files."""
    (ROOT / ".env.sms.template").write_text(render_template(), encoding="utf-8")
    reference = ROOT / "docs" / "reference" / "settings.md"
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(render_reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
