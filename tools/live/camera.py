"""`understudy camera`: a camera, the swap, a virtual camera that other programs open. Its options; `run_stream` does
it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from tools.cli.expand import expanded
from tools.cli.live_options import LiveChoices, need
from tools.cli.options import Agreed
from tools.cli.swap_options import SwapOptions

CAMERAS = {"linux": "v4l2:/dev/video0", "darwin": "avfoundation:0"}


def usual_camera(platform: str = sys.platform) -> str:
    """The address of the first camera. Raises UnderstudyError where cameras are not read."""
    if platform not in CAMERAS:
        raise UnderstudyError(f"cameras are not read on {platform}; name an input with --from, as rtsp://... or a file")
    return CAMERAS[platform]


def with_size(address: str, size: str | None, fps: int) -> str:
    """The address of a camera with the size and rate that it is asked for."""
    if "?" in address or not address.startswith((*(f"{kind}:" for kind in ("v4l2", "avfoundation")), "/dev/video")):
        return address
    return f"{address}?framerate={fps}" + (f"&video_size={size}" if size else "")


@expanded
def camera(
    *,
    wanted: SwapOptions,
    live: LiveChoices,
    consent: Agreed = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="CAMERA", help="v4l2:/dev/video0, avfoundation:0, or any input of `stream`."),
    ] = None,
    to: Annotated[
        str, typer.Option("--to", metavar="DEVICE", help="The virtual camera: /dev/video10. Default: the first.")
    ] = "",
    fps: Annotated[int, typer.Option(min=1, max=240, help="Pictures a second that leave.")] = 30,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="Asked of the camera: 1280x720.")] = None,
    control: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Take changes here, JSON lines over TCP.")
    ] = None,
    osc: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Take changes here, by OSC.")] = None,
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Be somebody else in Zoom, Teams, OBS: your camera, the swap, and a virtual camera that they open.

    understudy camera --source face.jpg --i-have-consent
    """
    need("stream")
    from stream.io.address import inlet, outlet
    from stream.io.recordings import Recordings
    from stream.io.virtual_camera import VirtualCamera
    from stream.marks.keys import local_identity
    from stream.marks.layers import log_unmarked
    from tools.cli.event_loop import on_loop
    from tools.cli.logs import logs
    from tools.live.stream_run import ControlPorts, StreamRun, run_stream

    place = outlet(f"virtualcam:{to}?fps={fps}")
    VirtualCamera(place)  # a missing one is told before anything slow
    text = from_ if from_ is not None else usual_camera()
    taken = inlet(with_size(text, size, fps), realtime=Path(text).is_file())
    options, ports = live.options(), ControlPorts.read(control, None, osc)
    logs(log)
    spec, agreed = wanted.settled(consent, live=True)
    words = options.label.words if options.label is not None else ""
    recordings = Recordings([place], options.marking, agreed, local_identity(), lambda: datetime.now(UTC), words)
    if options.marking.off:
        log_unmarked(place.shown, options.marking, datetime.now(UTC))
    on_loop(run_stream(StreamRun(spec, options, taken, [place], recordings, ports=ports)))


def register(app: typer.Typer) -> None:
    app.command("camera")(camera)
