"""What doctor makes of findings, and that it runs on this machine."""

import json
import subprocess
from collections.abc import Sequence

import pytest
import typer
from typer.testing import CliRunner

from engines.backends.survey import ORDER, Finding, survey
from engines.extras import PIP, install
from tools.models import doctor


def findings(**usable: bool) -> list[Finding]:
    works = {name: usable.get(name.replace("-", "_"), False) for name in ORDER}
    return [Finding(name, works[name], "state", f"brings {name}", f"pip {name}") for name in ORDER]


def test_without_a_gpu_the_cpu_is_picked_and_what_a_gpu_would_bring_is_told() -> None:
    advice = doctor.advise(findings(openvino=True), {}, "")
    assert advice.pick == "openvino" and "no NVIDIA GPU" in advice.why
    assert advice.missing == (
        ("brings tensorrt, with such a GPU", "pip tensorrt"),
        ("brings ort-cuda, with such a GPU", "pip ort-cuda"),
        ("brings ort-cpu", "pip ort-cpu"),
    )
    assert advice.wrong == ()


def test_a_gpu_without_its_runtimes_is_said_with_the_cure() -> None:
    advice = doctor.advise(findings(openvino=True), {}, "H200")
    assert advice.pick == "openvino" and "H200" in advice.why and "neither" in advice.why
    assert [command for _, command in advice.missing] == ["pip tensorrt", "pip ort-cuda", "pip ort-cpu"]


def test_the_fastest_usable_runtime_is_picked() -> None:
    assert doctor.advise(findings(openvino=True, ort_cuda=True, ort_cpu=True), {}, "H200").pick == "ort-cuda"
    advice = doctor.advise(findings(openvino=True, ort_cuda=True, tensorrt=True), {}, "H200")
    assert advice.pick == "tensorrt" and "H200" in advice.why


@pytest.mark.parametrize(("gpu", "keeps"), [("", f"{PIP} install onnxruntime"), ("H200", install("gpu"))])
def test_wheels_that_overwrite_each_other_are_wrong(gpu: str, keeps: str) -> None:
    advice = doctor.advise(findings(openvino=True), {"onnxruntime": "1", "onnxruntime-gpu": "1"}, gpu)
    [wrong] = advice.wrong
    assert wrong.endswith(f"{PIP} uninstall -y onnxruntime onnxruntime-gpu && {keeps}")
    [wrong] = doctor.advise(findings(openvino=True), {"opencv-python-headless": "4", "opencv-python": "4"}, "").wrong
    assert wrong.endswith("pip install opencv-python-headless")


def test_nothing_usable_is_wrong() -> None:
    advice = doctor.advise(findings(), {}, "")
    assert advice.pick == "" and advice.wrong == (f"no runtime works at all: {PIP} install openvino",)


def answer(code: int, text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess([], code, text, "")


def test_the_driver_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/nvidia-smi")
    assert doctor.nvidia(lambda *_, **__: answer(0, "NVIDIA H200\nNVIDIA H200\n")) == "NVIDIA H200"
    assert doctor.nvidia(lambda *_, **__: answer(9, "No devices were found")) == ""

    def hangs(*_: object, **__: object) -> "subprocess.CompletedProcess[str]":
        raise subprocess.TimeoutExpired("nvidia-smi", 10)

    assert doctor.nvidia(hangs) == ""
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert doctor.nvidia() == ""


def invoke(arguments: Sequence[str] = ()) -> tuple[int, str]:
    app = typer.Typer()
    doctor.register(app)
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return result.exit_code, result.output


def test_it_runs_here() -> None:
    code, text = invoke()
    assert code in (0, 1)
    assert "openvino" in text and "picked for large networks" in text
    for name in ORDER:
        assert name in text
    assert all(text.count(f.command) == 1 for f in survey() if not f.usable), "each command once"
    _, told = invoke(["--json"])
    assert [runtime["backend"] for runtime in json.loads(told)["runtimes"]] == list(ORDER)
