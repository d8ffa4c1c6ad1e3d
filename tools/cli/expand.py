"""Options declared once for several commands: a dataclass whose fields become a command's options.

Typer reads a command's signature. `expanded` gives a command a signature in which a parameter that is such a dataclass
stands for all of its fields, and puts the values together again when the command is called.
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from typing import Any, TypeVar, get_type_hints

F = TypeVar("F", bound=Callable[..., None])


def expanded(command: F) -> F:
    """The command with every parameter that is annotated with a dataclass replaced by that dataclass's fields, each
    annotated as an option. Two fields of one name: ValueError."""
    signature, hints = inspect.signature(command), get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}
    parameters: dict[str, inspect.Parameter] = {}
    for name, parameter in signature.parameters.items():
        for each in _fields(groups[name]) if name in groups else [parameter.replace(annotation=hints[name])]:
            if each.name in parameters:
                raise ValueError(f"{command.__name__} has two options called {each.name}")
            parameters[each.name] = each.replace(kind=inspect.Parameter.KEYWORD_ONLY)

    @wraps(command)
    def call(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    call.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
    call.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    return call  # type: ignore[return-value]


def _fields(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in fields(group)
    ]


def _default(field: "Field[Any]") -> object:
    return inspect.Parameter.empty if field.default is MISSING else field.default
