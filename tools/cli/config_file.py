"""Settings from a file: `--config FILE.toml` gives a command's options new defaults; the command line still wins.

The file has one table per command; its keys are the options' names without the dashes:

    [swap]
    crf = 18
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

import typer
from typer.core import TyperOption

from engines.errors import UnderstudyError


def load(path: Path, name: str, options: Mapping[str, TyperOption]) -> dict[str, object]:
    """The defaults that a file holds for the command `name`, by parameter name. Raises UnderstudyError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnderstudyError(f"cannot read the settings {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"the settings {path} are not TOML: {error}") from error
    table = tables.get(name, {})
    stray = [key for key, value in tables.items() if not isinstance(value, dict)]
    if stray or not isinstance(table, dict):
        raise UnderstudyError(f"{path}: {', '.join(stray) or name} stands outside a table; write it under [{name}]")
    return by_parameter(path, table, options)


def by_parameter(path: Path, table: Mapping[str, object], options: Mapping[str, TyperOption]) -> dict[str, object]:
    """A table's values under the names of the parameters they set. options: by long name without dashes."""
    defaults: dict[str, object] = {}
    for key, value in table.items():
        option = options.get(key.replace("_", "-"))
        if option is None or option.name is None:
            near = difflib.get_close_matches(key, options, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(options))}"
            raise UnderstudyError(f"{path}: no option is called {key}{hint}")
        if option.multiple and not isinstance(value, list):
            value = [value]
        defaults[option.name] = value
    return defaults


def apply(context: typer.Context, path: Path | None) -> Path | None:
    """Callback of an eager `--config` option."""
    if path is not None:
        options = {
            name.removeprefix("--"): option
            for option in context.command.params
            if isinstance(option, TyperOption) and not option.is_eager
            for name in option.opts
            if name.startswith("--")
        }
        defaults = load(path, context.command.name or "", options)
        context.default_map = {**(context.default_map or {}), **defaults}
    return path
