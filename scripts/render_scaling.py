"""
Write the measured figures into docs/scaling.md: what ``make bench`` left in benchmarks/results.

They stand between two marks there, with the conditions that they were measured under.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "scaling.md"
RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
BEGIN = "from benchmarks/results/latest.json -->\n"
END = "<!-- end of figures -->"

SIDES = {
    "ours": "smsverify",
    "ours_synchronous": "smsverify, without an event loop",
    "floor": "floor: as many bare commands of redis-py",
    "rules_in_lua": "the same rules in Lua, by hand",
    "limiter": "`limits`: the limiter alone",
    "django_phone_verify": "django-phone-verify",
    "django_otp": "django-otp",
}
HEAD = ("", "a second", "p50, ms", "p99, ms", "client, µs each")


def main() -> None:
    """Write the page anew."""
    report = json.loads(RESULTS.read_text(encoding="utf-8"))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest[rest.index(END) :]
    PAGE.write_text(f"{before}{BEGIN}\n{render(report)}\n{after}", encoding="utf-8")


def render(report: dict[str, Any]) -> str:
    """Return the figures as Markdown: medians; sections that were not measured are left out."""
    parts = [_conditions(report)]
    if report["rounds"]:
        parts.append("A round is a send and a check, to a phone never seen before.")
        rows = report["rounds"]["rows"]
        parts += [_table(f"{tasks} at once", rows, tasks) for tasks in (1, 64)]
    if report["attack"]:
        parts.append("Under attack, 64 at once on one phone:")
        parts.append(_attack(report["attack"]["rows"]))
    if report["growth"]:
        parts.append("With many phones in the store, 64 rounds at once:")
        parts.append(_growth(report["growth"]["rows"]))
    return "\n\n".join(parts) + "\n"


def _conditions(report: dict[str, Any]) -> str:
    told = report["conditions"]
    facts = "; ".join(told[name] for name in ("processor", "placement", "python", "server"))
    return (
        f"Measured on {report['made'][:10]}. {facts}; {told['store']}. Repeats: {told['repeats']}."
    )


def _table(title: str, rows: list[dict[str, Any]], tasks: int) -> str:
    lines = _head((title, *HEAD[1:]))
    lines += [_row(SIDES[one["side"]], one["figures"]) for one in rows if one["tasks"] == tasks]
    return "\n".join(lines)


def _attack(rows: list[dict[str, Any]]) -> str:
    lines = _head(HEAD)
    for one in rows:
        name = f"{SIDES.get(one['side'], one['side'])}: {one['operation']}"
        lines.append(_row(name, one["figures"]))
    return "\n".join(lines)


def _growth(rows: list[dict[str, Any]]) -> str:
    lines = _head((*HEAD, "bytes a phone"))
    for one in rows:
        row = _row(f"{one['phones']:,} phones", one["figures"])
        lines.append(f"{row} {one['bytes_each']:.0f} |")
    return "\n".join(lines)


def _head(cells: tuple[str, ...]) -> list[str]:
    rule = " | ".join(["---", *["---:"] * (len(cells) - 1)])
    return [f"| {' | '.join(cells)} |", f"| {rule} |"]


def _row(name: str, figures: dict[str, Any]) -> str:
    medians = [figures[one]["median"] for one in ("rate", "p50", "p99", "cpu_each")]
    rate, p50, p99, cpu = medians
    return f"| {name} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {cpu:,.0f} |"


if __name__ == "__main__":
    main()
