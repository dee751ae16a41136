"""The template and the reference say what the program knows."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path

import pytest

from smsverify.domain.mode import Mode
from smsverify.settings import (
    Settings,
    load_settings,
    variables,
)
from smsverify.settings.documents import as_text, render_reference, render_template
from smsverify.settings.dotenv_file import read_dotenv
from smsverify.settings.topics import Group

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / ".env.sms.template"
HINT = "write it again: .venv/bin/python scripts/render_settings.py"


@pytest.mark.parametrize(
    ("path", "render"),
    [(TEMPLATE, render_template), (ROOT / "docs/reference/settings.md", render_reference)],
    ids=["template", "reference"],
)
def test_the_committed_files_are_up_to_date(path: Path, render: object) -> None:
    """Template and reference are written from the fields, and were written since they changed."""
    assert path.read_text(encoding="utf-8") == render(), HINT  # type: ignore[operator]


def test_a_plain_copy_of_the_template_starts_disabled() -> None:
    """It holds every variable once, in order, with its default, and loads."""
    settings = load_settings({}, dotenv=TEMPLATE)
    assert settings == Settings()
    assert settings.mode is Mode.DISABLED
    assert settings.missing_credential is None
    assert list(read_dotenv(TEMPLATE).values) == [variable.name for variable in variables()]


def test_the_template_holds_no_secret() -> None:
    """Credentials and secrets are left empty."""
    values = read_dotenv(TEMPLATE).values
    assert {values[variable.name] for variable in variables() if variable.hidden} == {""}


def test_the_template_explains_each_variable() -> None:
    """Above each line stand its meaning, form, unit and default, and the example if any."""
    text = render_template()
    for variable in variables():
        above = text.partition(f"\n{variable.name}=")[0].rpartition("\n\n")[2]
        words = " ".join(above.replace("\n#", "\n").split())
        default = as_text(variable.default)
        assert " ".join(variable.help.split()) in words
        assert f"Value: {variable.kind.expected}" in words
        assert (f"Default: {default}" if default else f"Unset: {variable.unset}") in words
        assert (f"Unit: {variable.unit}" in words) == bool(variable.unit)
        assert (f"Example: {variable.example}" in words) == bool(variable.example)


def test_the_template_is_grouped() -> None:
    """What is required comes first, then what is recommended, then the rest."""
    groups = [variable.topic.group for variable in variables()]
    assert groups == sorted(groups, key=list(Group).index)
    topics = [variable.topic for variable in variables()]
    assert [topic for topic, after in itertools.pairwise(topics) if topic != after] == [
        *dict.fromkeys(topics)
    ][:-1]


def test_every_variable_is_described() -> None:
    """Each says what it decides in a sentence or two, and what happens when it is unset."""
    for variable in variables():
        assert variable.help.endswith("."), variable.name
        assert 1 <= variable.help.count(". ") + 1 <= 2, variable.name
        assert bool(variable.unset) == (as_text(variable.default) == ""), variable.name
        assert not (variable.secret and variable.private), variable.name


@pytest.mark.parametrize("variable", variables(), ids=lambda variable: variable.name)
def test_the_examples_are_good_values(variable: object) -> None:
    """What is printed as an example is taken, and is not the default."""
    if variable.example:  # type: ignore[attr-defined]
        assert load_settings({variable.name: variable.example}) != Settings()  # type: ignore[attr-defined]


def test_the_reference_names_everything() -> None:
    """Each variable has its own heading, its field, and for a secret the variable of its file."""
    text = render_reference()
    for variable in variables():
        assert f"\n#### `{variable.name}`\n" in text
        assert f"`Settings({variable.attribute}=...)`" in text
        assert (f"`{variable.file_name}`" in text) == variable.secret
        assert (f"](#{variable.name.lower()})") in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (5, "5"),
        (Decimal("0.50"), "0.50"),
        ((), ""),
        (("b", "a"), "b,a"),
        (frozenset({"b", "a"}), "a,b"),
    ],
)
def test_the_text_form_of_values(value: object, text: str) -> None:
    """A value is written as the variable would hold it; a set is sorted, a list is not."""
    assert as_text(value) == text
