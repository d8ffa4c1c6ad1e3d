"""Which texts are the path under which a proxy shows a server."""

import pytest

from engines.errors import UnderstudyError
from tools.http.base_path import check_base_path, is_base_path


@pytest.mark.parametrize("text", ["/x", "/understudy", "/a/b.c/~d_e-f", "/" + "a" * 64, "/v1..2"])
def test_paths(text: str) -> None:
    assert is_base_path(text)
    check_base_path(text)
    check_base_path("")


@pytest.mark.parametrize(
    "text",
    ["x", "/", "//", "/x/", "/x//y", "/../x", "/x/..", "/.", "/x y", "/x?y", "/x#y", "/{name}", "//evil.example",
     "/\u00fc", "/x\n", "/" + "a" * 65, "/a" * 9, "http://h/x"],
)  # fmt: skip
def test_what_is_none_is_told_in_one_line(text: str) -> None:
    assert not is_base_path(text)
    with pytest.raises(UnderstudyError, match="write /PATH") as told:
        check_base_path(text)
    assert "\n" not in str(told.value)
