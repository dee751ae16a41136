"""
Write the measured figures into docs/scaling.md: what ``make bench`` left in benchmarks/results.

    python scripts/render_scaling.py [OTHER.json]

They stand between two marks there, with the conditions that they were measured under.
"""

from __future__ import annotations

import json
import sys
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
    "floor": "floor: as many commands, bare redis-py",
    "rules_in_lua": "the same rules in Lua, by hand",
    "limiter": "`limits`: the limiter alone",
    "django_phone_verify": "django-phone-verify, SQLite",
    "django_otp": "django-otp, SQLite",
}
LOADS = (1, 64)
HEAD = ("", "a second", "least", "most", "p50, ms", "p99, ms", "client, µs each")
HEAD_OF_COUNTS = ("a round, counted", "commands", "bytes to the server", "from it", "stored")
ATTACKS = {
    "read": "reads of one key",
    "guess": "guesses refused",
    "resend": "sends refused",
}


def main() -> None:
    """Write the page anew."""
    results = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    report = json.loads(results.read_text(encoding="utf-8"))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest[rest.index(END) :]
    PAGE.write_text(f"{before}{BEGIN}\n{render(report)}\n{after}", encoding="utf-8")


def figures_in(page: str) -> str:
    """Return what stands between the marks."""
    begin = page.index(BEGIN) + len(BEGIN)
    return page[begin : page.index(END)]


def render(report: dict[str, Any]) -> str:
    """Return the figures as Markdown: medians and spread; what was not measured is left out."""
    parts = [_conditions(report["made"], report["conditions"])]
    if report["rounds"]:
        parts.append("A round is a send and a check, to a phone never seen before.")
        rows = report["rounds"]["rows"]
        parts += [_table(f"{tasks} at once", rows, tasks) for tasks in LOADS]
    if report["wire"]:
        parts.append(_counts(report["wire"]))
    if report["attack"]:
        parts.append("Under attack, 64 at once on one phone:")
        parts.append(_attack(report["attack"]["rows"]))
    if report["growth"]:
        parts.append("With many phones in the store, 64 rounds at once:")
        parts.append(_growth(report["growth"]["rows"]))
    if report["start"]:
        parts.append(_start(report["start"]["rows"]))
    if report["goals"]:
        parts += _goals(report["goals"], report["profiles"])
    return "\n\n".join(parts) + "\n"


def _conditions(made: str, told: dict[str, str]) -> str:
    facts = "; ".join(told[name] for name in ("processor", "placement", "python", "server"))
    return (
        f"Measured on {made[:10]}: {facts}; {told['others']}.\n"
        f"Repeats: {told['repeats']}; the figures are medians, with the least and the most.\n"
        f"Store: {told['memory']}.\n"
        f"Store of the Django libraries: {told['SQLite']}."
    )


def _table(title: str, rows: list[dict[str, Any]], tasks: int) -> str:
    lines = _head((title, *HEAD[1:]))
    lines += [_row(SIDES[one["side"]], one["figures"]) for one in rows if one["tasks"] == tasks]
    return "\n".join(lines)


def _counts(rows: list[dict[str, Any]]) -> str:
    lines = _head(HEAD_OF_COUNTS)
    for one in rows:
        said, up, down, stored = (
            f"{one[name]['median']:,.0f}" if one[name] else ""
            for name in ("said", "bytes_up", "bytes_down", "memory")
        )
        unit = "" if one["unit"] == "commands" else f" {one['unit']}"
        lines.append(f"| {SIDES[one['side']]} | {said}{unit} | {up} | {down} | {stored} |")
    return "\n".join(lines)


def _attack(rows: list[dict[str, Any]]) -> str:
    lines = _head(HEAD)
    for one in rows:
        name = f"{SIDES[one['side']].partition(':')[0]}: {ATTACKS[one['operation']]}"
        lines.append(_row(name, one["figures"]))
    return "\n".join(lines)


def _growth(rows: list[dict[str, Any]]) -> str:
    lines = _head((*HEAD, "bytes a phone"))
    for one in rows:
        row = _row(f"{one['phones']:,} phones", one["figures"])
        lines.append(f"{row} {one['bytes_each']:.0f} |")
    return "\n".join(lines)


def _start(rows: list[dict[str, Any]]) -> str:
    lines = _head(("start", "ms", "least", "most", "MiB in all"))
    for one in rows:
        took = one["milliseconds"]
        cells = (took["median"], took["low"], took["high"], one["mebibytes"]["median"])
        lines.append(f"| {one['what']} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")
    return "\n".join(lines)


def _goals(goals: list[dict[str, Any]], profiles: list[dict[str, Any]]) -> list[str]:
    """Return what was aimed at; ratios are taken repeat by repeat, so they are not the tables'."""
    lines = _head(("aim", "wanted", "reached", "least", "most", "met"))
    for one in goals:
        bound = f"{'at most' if one['at_most'] else 'at least'} {one['wanted']:g}{one['unit']}"
        reached = (f"{one['reached'][name]:,.2f}" for name in ("median", "low", "high"))
        met = "yes" if one["met"] else "**no**"
        lines.append(f"| {one['name']} | {bound} | {' | '.join(reached)} | {met} |")
    return ["\n".join(lines), *map(_profile, profiles)]


def _profile(profile: dict[str, Any]) -> str:
    areas = (f"{area['name']} {area['share']:.0%}" for area in profile["areas"])
    return (
        f"Where a round's processor time goes, {profile['tasks']} at once: {', '.join(areas)};"
        f" collecting rubbish takes {profile['rubbish_micros'] / profile['micros']:.0%} of it."
    )


def _head(cells: tuple[str, ...]) -> list[str]:
    rule = " | ".join(["---", *["---:"] * (len(cells) - 1)])
    return [f"| {' | '.join(cells)} |", f"| {rule} |"]


def _row(name: str, figures: dict[str, Any]) -> str:
    rates = " | ".join(f"{figures['rate'][one]:,.0f}" for one in ("median", "low", "high"))
    p50, p99, cpu = (figures[one]["median"] for one in ("p50", "p99", "cpu_each"))
    return f"| {name} | {rates} | {p50:.1f} | {p99:.1f} | {cpu:,.0f} |"


if __name__ == "__main__":
    main()
