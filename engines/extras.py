"""The commands that install what a message says is missing. Knows the extras by name, not what they bring.

`understudy-video` is not on the package index yet, and `understudy` there is another project: commands install from a
checkout, in its own environment.
"""

PIP = ".venv/bin/pip"


def install(extra: str) -> str:
    """The command that installs an extra of pyproject.toml."""
    return f"{PIP} install -e '.[{extra}]'"
