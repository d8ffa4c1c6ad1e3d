"""`understudy doctor`: what this machine can run models on, what is picked and why, and how to get what is missing."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated

import typer

from engines.extras import PIP, install

if TYPE_CHECKING:
    from rich.console import Console

    from engines.backends.survey import Finding

PIECES = (
    "av", "numpy", "opencv-python-headless", "openvino", "onnx", "onnxruntime", "onnxruntime-gpu", "tensorrt",
    "cuda-core", "cuda-bindings",
)  # fmt: skip
# two wheels that share a folder: the later install overwrites the earlier one's files
CLASHES = (("onnxruntime", "onnxruntime-gpu"), ("opencv-python-headless", "opencv-python"))


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


@dataclass(frozen=True, slots=True)
class Advice:
    """pick: the runtime for large networks. why: in words. missing: (what it brings, the command), best first.
    wrong: what must be mended, each with its command."""

    pick: str
    why: str
    missing: tuple[tuple[str, str], ...]
    wrong: tuple[str, ...]


def doctor(
    json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Shows the runtimes found here, which one is picked and why, and what each missing one would bring."""
    import json

    from rich.console import Console

    from engines.backends.survey import survey  # heavy

    found = survey()
    wheels = versions(PIECES + tuple(other for _, other in CLASHES))
    advice = advise(found, wheels, nvidia())
    if json_:
        typer.echo(json.dumps({"runtimes": [asdict(f) for f in found], **asdict(advice)}, indent=1))
    else:
        show(found, advice, wheels, Console() if Console().is_terminal else Console(width=160))
    if advice.wrong:
        raise typer.Exit(1)


def versions(names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in dict.fromkeys(names):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def nvidia(run: Callable[..., "subprocess.CompletedProcess[str]"] = subprocess.run) -> str:
    """The NVIDIA GPU's name as its driver tells it, empty where there is none."""
    if shutil.which("nvidia-smi") is None:
        return ""
    try:
        asked = run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = asked.stdout.strip().splitlines()
    return lines[0].strip() if asked.returncode == 0 and lines else ""


def advise(found: Sequence["Finding"], wheels: dict[str, str], gpu: str) -> Advice:
    """What follows from the findings, fastest runtime first. gpu: the driver's answer, empty for none."""
    usable = [f for f in found if f.usable]
    pick = usable[0].backend if usable else ""
    wrong = [
        f"{first} and {second} are both installed and overwrite each other: "
        f"{PIP} uninstall -y {first} {second} && {_again(first, gpu)}"
        for first, second in CLASHES
        if first in wheels and second in wheels
    ]
    if not usable:
        wrong.append(f"no runtime works at all: {PIP} install openvino")
    needs_gpu = ("tensorrt", "ort-cuda")
    absent = [f for f in found if not f.usable]
    missing = tuple(
        (f.brings if gpu or f.backend not in needs_gpu else f"{f.brings}, with such a GPU", f.command) for f in absent
    )
    if pick in needs_gpu:
        why = f"{pick} is the fastest runtime that works with the {gpu or 'GPU'} here"
    elif gpu:
        why = f"there is an {gpu}, but neither TensorRT nor ONNX Runtime CUDA works: the CPU does the work meanwhile"
    else:
        why = "no NVIDIA GPU answers here; OpenVINO is the fastest on CPUs" if pick else "nothing is usable"
    return Advice(pick, why, missing, tuple(wrong))


def _again(wheel: str, gpu: str) -> str:
    """The command that installs the one of two clashing wheels that is to stay."""
    return install("gpu") if wheel == "onnxruntime" and gpu else f"{PIP} install {wheel}"


def show(found: Sequence["Finding"], advice: Advice, wheels: dict[str, str], console: "Console") -> None:
    from rich.table import Table
    from rich.text import Text

    console.print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {sys.prefix}")
    console.print(", ".join(f"{name} {number}" for name, number in wheels.items()), style="dim")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("runtime", "usable", "found"):
        table.add_column(head, overflow="fold")
    for finding in found:
        mark = Text("yes", "green") if finding.usable else Text("no", "yellow")
        picked = Text(f"{finding.backend} *" if finding.backend == advice.pick else finding.backend)
        # the command stands below the table, with what it brings
        table.add_row(picked, mark, Text(finding.state.removesuffix(f": {finding.command}")))
    console.print(table)
    console.print(f"\npicked for large networks: {advice.pick or 'none'} ({advice.why})", highlight=False)
    console.print("picked for small ones (detection, landmarks): openvino on the CPU, sooner than a GPU's copies")
    for brings, command in advice.missing:
        console.print(f"would bring {brings}:\n  {command}", highlight=False, markup=False)
    for problem in advice.wrong:
        console.print(f"wrong: {problem}", style="red", highlight=False, markup=False)
