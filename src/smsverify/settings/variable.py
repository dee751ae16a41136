"""One variable: its name, its topic, its meaning, and how its value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from smsverify.errors import ConfigurationError
from smsverify.settings.kind import Unfit

if TYPE_CHECKING:
    from smsverify.settings.kind import Kind
    from smsverify.settings.topics import Topic

__all__ = ["Variable", "setting", "variable_of"]

_KEY = "smsverify.variable"


@attrs.frozen(kw_only=True)
class Variable:
    """
    All that is known of one variable; the template and the reference are written from it.

    Attributes:
        name: The environment variable.
        kind: The form of its values.
        topic: The heading that it stands under.
        default: The value when it is unset.
        help: One or two sentences: what it decides.
        unit: What the number counts, or "".
        example: A value to copy the form from, or "".
        unset: What happens when it has no value, for a variable whose default is none.
        secret: The value is shown nowhere and may come from the file that NAME_FILE names.
        private: The value is shown nowhere, like a secret, but belongs into the environment.
    """

    name: str
    kind: Kind
    topic: Topic
    default: Any
    help: str
    unit: str = ""
    example: str = ""
    unset: str = ""
    secret: bool = False
    private: bool = False

    @property
    def attribute(self) -> str:
        """The name of the field in ``Settings``."""
        return self.name.removeprefix("SMS_").lower()

    @property
    def file_name(self) -> str:
        """The variable that names a file with the value; for secrets only."""
        return f"{self.name}_FILE"

    @property
    def hidden(self) -> bool:
        """Whether a repr keeps the value back."""
        return self.secret or self.private

    def read(self, value: object) -> Any:
        """
        Turn a value, or its text form, into the natural type; an empty text is the default.

        Raises:
            ConfigurationError: one sentence with the variable's name and what is expected, without
                the value.
        """
        if value is self.default or (isinstance(value, str) and not value.strip()):
            return self.default
        try:
            return self.kind.parse(value)
        except Unfit as unfit:
            detail = str(unfit)
        # Raised out here, so that no exception below it can carry the value along.
        sentence = f"{self.name} must be {self.kind.expected}"
        raise ConfigurationError(
            f"{sentence}: {detail}." if detail else f"{sentence}.", setting=self.name
        )


def setting(name: str, kind: Kind, topic: Topic, **description: Any) -> Any:
    """Declare a field of ``Settings`` that is read from the variable `name`."""
    variable = Variable(name=name, kind=kind, topic=topic, **description)
    return attrs.field(
        default=variable.default,
        converter=attrs.Converter(_convert, takes_field=True),
        metadata={_KEY: variable},
    )


def _convert(value: object, field: attrs.Attribute[Any]) -> Any:
    return field.metadata[_KEY].read(value)


def variable_of(field: attrs.Attribute[Any]) -> Variable | None:
    """Give the variable that a field of ``Settings`` is read from, if it is read from one."""
    return field.metadata.get(_KEY)
