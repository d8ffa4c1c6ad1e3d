"""Base path: the path under which a reverse proxy shows a server of ours, as `--base-path` takes it. Pure text."""

import re

from engines.errors import UnderstudyError

_PATH = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")


def is_base_path(text: str) -> bool:
    """Whether it is `/PATH`, without a slash at its end, of plain names that lead nowhere else."""
    return _PATH.fullmatch(text) is not None and not {".", ".."} & set(text.split("/"))


def check_base_path(text: str) -> None:
    """text: of `--base-path`, empty for none. Raises UnderstudyError."""
    if text and not is_base_path(text):
        raise UnderstudyError(f"--base-path {text!r}: write /PATH as your proxy shows it, without / at its end")
