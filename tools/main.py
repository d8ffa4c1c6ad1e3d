"""The console script: commands register from their own files; a user's mistake ends in one line, not in a traceback."""

import sys
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from tools.bench.file import command as bench_file
from tools.cli.lazy import HELP, register_later
from tools.cli.process import limit_math_threads
from tools.models import command as models
from tools.swap import command as swap
from tools.trust import identity, token

app = typer.Typer(
    help="Replaces faces in video, live or from files, and knows when not to paint.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)
bench = typer.Typer(help="Measures this machine.", no_args_is_help=True, context_settings=HELP)
swap.register(app)
register_later(
    app, "demo", "tools.swap.demo", "Swap a face in a clip, yours or one that is made, and show what it measured."
)
bench_file.register(bench)
register_later(app, "stream", "tools.live.stream", "Swap faces in a live stream, by RTMP, RTSP, HLS, UDP.")
register_later(app, "daemon", "tools.daemon.command", "Keep a queue of jobs and RTMP endpoints running, over REST.")
register_later(
    app, "serve", "tools.live.serve.command", "Swap faces live: WebRTC in, WebRTC out, and a page to try it on."
)
register_later(
    app,
    "doctor",
    "tools.models.doctor",
    "What this machine can run models on, what is picked and why, what is missing.",
)
register_later(
    bench, "engines", "tools.bench.engines.command", "Measure each runtime, precision and batch beside its ceiling."
)
register_later(
    models.app,
    "compile",
    "tools.models.compile",
    "Write a model's copy in low precision, measured and refused below its floor.",
)
register_later(bench, "marks", "tools.bench.marks", "Measure how the invisible mark stands what is done to videos.")
register_later(
    models.app, "crops", "tools.models.crops", "Collect aligned faces of your clips, for compile to look at."
)
register_later(bench, "live", "tools.bench.live.command", "Measure live delay, camera to viewer.")
register_later(
    bench, "routing", "tools.bench.routing.command", "Measure what choosing a route for every frame is worth."
)
register_later(bench, "compositing", "tools.bench.compositing", "Measure compositing formulas on known layers.")
register_later(app, "train", "tools.train.command", "Train the project's own networks.")
register_later(app, "calibrate", "tools.train.calibrate", "Fit thresholds to labelled data.")
register_later(
    app, "verify", "tools.trust.verify", "Tell whether a video or picture was made here and is still as it was made."
)
app.add_typer(models.app, name="models")
app.add_typer(identity.app, name="identity")
app.add_typer(token.app, name="token")
app.add_typer(bench, name="bench")


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
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line. Errors that a user can mend: `error: ...` on stderr and the error's exit code."""
    limit_math_threads()
    try:
        app()
    except UnderstudyError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
