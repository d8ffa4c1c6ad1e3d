"""The console script: commands register from their own files; a user's mistake ends in one line, not in a traceback."""

import sys
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from tools.bench.file import command as bench_file
from tools.cli.groups import Group
from tools.cli.lazy import HELP, LaterGroup, register_later
from tools.cli.process import limit_math_threads, quiet_opencv
from tools.models import command as models
from tools.swap import command as swap
from tools.trust import identity, token

EXAMPLES = """\
Replaces faces in video, live or from files, and knows when not to paint. Three ways to begin:

  understudy demo                                       a swap with nothing at hand
  understudy swap --source face.jpg clip.mp4 out.mp4    a face from a photo into a clip
  understudy serve                                      live, on a page in your browser

`understudy --help` lists all commands; `understudy COMMAND --help` explains one."""

app = typer.Typer(
    cls=LaterGroup,
    help="Replaces faces in video, live or from files, and knows when not to paint.",
    invoke_without_command=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)
bench = typer.Typer(cls=LaterGroup, help="Measures this machine.", no_args_is_help=True, context_settings=HELP)

swap.register(app)
LATER = (
    (Group.SWAP, "demo", "tools.swap.demo", "Swap a face in a clip, yours or one that is made, and show the figures."),
    (Group.SWAP, "qa", "tools.qa.command", "Tell what is wrong in a finished swap, when, and why."),
    (Group.LIVE, "serve", "tools.live.serve.command", "Swap faces live: a page, WebRTC in and out."),
    (Group.LIVE, "stream", "tools.live.stream", "Swap faces in a live stream, by RTMP, RTSP, HLS, UDP."),
    (Group.LIVE, "camera", "tools.live.camera", "Your camera, swapped, as a virtual camera for Zoom, Teams, OBS."),
    (Group.SERVICE, "daemon", "tools.daemon.command", "Keep a queue of jobs and RTMP endpoints running, over REST."),
    (
        Group.TRUST,
        "verify",
        "tools.trust.verify",
        "Tell whether a video or picture was made here and is still as it was made.",
    ),
    (Group.MODELS, "doctor", "tools.models.doctor", "What this machine can run models on, and what is missing."),
    (Group.TRAIN, "train", "tools.train.command", "Train the project's own networks."),
    (Group.TRAIN, "relight", "tools.relight.command", "Put a new light on pictures of people, as training data."),
    (Group.TRAIN, "calibrate", "tools.train.calibrate", "Fit thresholds to labelled data."),
)
for group, name, module, words in LATER:
    register_later(app, name, module, words, group)
app.add_typer(token.app, name="token", rich_help_panel=Group.SERVICE)
app.add_typer(identity.app, name="identity", rich_help_panel=Group.TRUST)
app.add_typer(models.app, name="models", rich_help_panel=Group.MODELS)
app.add_typer(bench, name="bench", rich_help_panel=Group.MEASURE)

bench_file.register(bench)
BENCH = (
    ("engines", "tools.bench.engines.command", "Measure each runtime, precision and batch beside its ceiling."),
    ("live", "tools.bench.live.command", "Measure live delay, camera to viewer."),
    ("routing", "tools.bench.routing.command", "Measure what choosing a route for every frame is worth."),
    ("compositing", "tools.bench.compositing", "Measure compositing formulas on known layers."),
    ("identity", "tools.bench.identity", "Measure how fast identity sets are made of a video."),
    ("marks", "tools.bench.marks", "Measure how the invisible mark stands what is done to videos."),
)
for name, module, words in BENCH:
    register_later(bench, name, module, words)
register_later(
    models.app,
    "compile",
    "tools.models.compile",
    "Write a model's copy in low precision, measured and refused below its floor.",
)
register_later(
    models.app, "crops", "tools.models.crops", "Collect aligned faces of your clips, for compile to look at."
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"understudy {version('understudy-video')}")
        except PackageNotFoundError:
            typer.echo("understudy, run from its source folder")
        raise typer.Exit


@app.callback()
def understudy(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(EXAMPLES)


def main() -> None:
    """Runs the command line. Errors that a user can mend: `error: ...` on stderr and the error's exit code."""
    limit_math_threads()
    quiet_opencv()
    try:
        app(prog_name="understudy")
    except UnderstudyError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
