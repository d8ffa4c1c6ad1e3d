"""Every option of a swap exists in every way in, and means the same there."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from stream.media.codecs import Encoding
from stream.pipeline.spec import KINDS, SwapSpec, read_spec
from tools.cli.swap_options import SwapOptions
from tools.daemon import config
from tools.daemon.request import Request, parse
from tools.live import stream
from tools.live.serve import command as serve
from tools.swap import command as swap
from understudy_video.files import swap_file, swap_files

COMMANDS: dict[str, Callable[..., None]] = {"swap": swap.swap, "stream": stream.stream, "serve": serve.serve}


def value_of(name: str, file: Path) -> object:
    """One that differs from the default, as people write it."""
    kind = KINDS[name]
    if issubclass(kind, StrEnum):
        return list(kind)[-1].value
    plain = {"who": "largest", "model": "ghost_1_256", "enhance": "gfpgan_1.4:0.3", "detector": "yunet_2023_mar"}
    others: dict[type, object] = {int: 256, float: 0.25, bool: True, Path: str(file)}
    if kind is list:
        return ["1=all"] if name == "map" else ["xseg_1"]
    return plain.get(name, others.get(kind))


@pytest.fixture
def told(tmp_path: Path) -> dict[str, object]:
    """All of them at once; `who` and `map` exclude each other."""
    (tmp_path / "own.onnx").touch()
    return {name: value_of(name, tmp_path / "own.onnx") for name in KINDS if name != "who"}


def test_every_command_line_has_every_option_with_one_declaration() -> None:
    declared = inspect.signature(SwapOptions).parameters
    for name, function in COMMANDS.items():
        parameters = inspect.signature(function).parameters
        for option in ("source", *KINDS):
            assert option in parameters, f"{name} has no --{option}"
            hint = function.__annotations__[option]
            assert isinstance(get_args(hint)[1], typer.models.OptionInfo)
            assert parameters[option].default == declared[option].default


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_typed_arrives_in_the_spec(
    name: str, told: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the point at which people are looked for."""
    words: list[str] = []
    for option, value in told.items():
        flag = f"--{option.replace('_', '-')}"
        many = value if isinstance(value, list) else [value]
        words += [flag] if value is True else [part for one in many for part in (flag, str(one))]
    seen: list[SwapSpec] = []

    class Enough(Exception):
        pass

    def settled(self: SwapOptions, agreed: bool, live: bool = False, needed: bool = True) -> object:
        values = {option: getattr(self, option) for option in KINDS}
        seen.append(read_spec(values, ((Path("face.png"),),)))
        raise Enough

    monkeypatch.setattr(SwapOptions, "settled", settled)
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command("swap")(COMMANDS["swap"])
    app.command("stream")(COMMANDS["stream"])
    app.command("serve")(COMMANDS["serve"])
    ends = {"swap": ["in.mp4", str(tmp_path / "out.mp4")], "stream": ["rtsp://h/in", "out.ts"], "serve": []}[name]
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    with pytest.raises(Enough):
        group.main([name, *words, *ends], standalone_mode=False)
    assert seen == [read_spec(told, ((Path("face.png"),),))]


def test_every_option_of_a_file_is_in_every_way_that_files_go() -> None:
    """Those that live streams have not: what is cut out, how it is encoded, which streams are kept."""
    encoding = {f.name for f in fields(Encoding)} - {"threads", "format"}
    asked = {f.name for f in fields(Request)} - {"target", "output", "source", "consent", "options"}
    typed = set(inspect.signature(swap.swap).parameters)
    assert asked == encoding | {"start", "end", "streams", "overwrite", "skip_done"} and asked <= typed
    for called in (swap_file, swap_files):
        assert {"streams", "overwrite", "encoding"} <= set(inspect.signature(called).parameters)


def test_a_job_over_rest_takes_them_all(told: dict[str, object]) -> None:
    request = parse({"target": "/v/a.mp4", "output": "/v/b.mp4", "source": ["/v/face.png"], "consent": True, **told})
    assert request.spec == read_spec(told, ((),))
    assert parse(request.to_json()) == request


def test_an_endpoint_takes_them_all(told: dict[str, object], tmp_path: Path) -> None:
    def toml(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return repr(value) if not isinstance(value, str) else f'"{value}"'

    lines = ["[[endpoint]]", 'name = "cam"', f'key = "{"k" * 16}"', 'outputs = ["live.m3u8"]', 'source = ["ann"]']
    lines += ["consent = true", *(f"{name} = {toml(value)}" for name, value in told.items())]
    path = tmp_path / "daemon.toml"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    (endpoint,) = config.read(path).endpoints
    options = {name: value for name, value in endpoint.options.items() if value is not None}
    assert read_spec(options, ((),)) == read_spec(told, ((),))
