"""StreamRun: one live input through the swap to its outputs, from begin to end, with the ports by which it is changed.

Knows the event loop and what is told at the end; options are read elsewhere.
"""

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import typer

from engines.errors import UnderstudyError
from stream.consent.denied import DenyCheck
from stream.io.address import InputAddress, OutputAddress
from stream.io.recordings import Recordings
from stream.io.relay import Relay
from stream.lanes.runtime import calm, settle
from stream.live.swaps import LiveOptions, LiveSwaps
from stream.live.wanted import first
from stream.pipeline.spec import SwapSpec
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from stream.telemetry.trace import Tracer
from tools.live.control import ControlSocket, place_of
from tools.live.face_admission import FaceAdmission
from tools.live.osc import OscServer
from tools.live.stream_steering import StreamSteering

log = logging.getLogger("understudy.io")


@dataclass(frozen=True, slots=True)
class ControlPorts:
    """By which a running stream is changed; None for none. token: of the control socket."""

    control: tuple[str, int] | None = None
    token: str | None = field(default=None, repr=False)
    osc: tuple[str, int] | None = None

    @classmethod
    def read(cls, control: str | None, token: str | None, osc: str | None) -> "ControlPorts":
        """As the options say it. Raises UnderstudyError."""
        if token is not None and control is None:
            raise UnderstudyError("--control-token-file goes with --control; add --control 127.0.0.1:8765")
        return cls(
            None if control is None else place_of("--control", control),
            token,
            None if osc is None else place_of("--osc", osc),
        )

    def made(self, steering: StreamSteering) -> list[ControlSocket | OscServer]:
        """Not yet open. Raises UnderstudyError."""
        made: list[ControlSocket | OscServer] = []
        if self.control is not None:
            made.append(ControlSocket(*self.control, steering, self.token))
        if self.osc is not None:
            made.append(OscServer(*self.osc, steering))
        return made


@dataclass(frozen=True, slots=True)
class StreamRun:
    """What is swapped, from where to where. bitrate, preset: of the video. token: for WHIP outputs. trace: a file."""

    spec: SwapSpec
    options: LiveOptions
    taken: InputAddress
    given: Sequence[OutputAddress]
    recordings: Recordings
    bitrate: int = 4_000_000
    preset: str = "superfast"
    token: str | None = field(default=None, repr=False)
    trace: Path | None = None
    ports: ControlPorts = field(default_factory=ControlPorts)


async def run_stream(what: StreamRun) -> None:
    """Until the input is over or somebody says stop; then the files are signed. Raises UnderstudyError."""
    settle()
    slot = Slot() if what.taken.listen else None
    tracer = Tracer(what.trace) if what.trace else None

    def make(swaps: LiveSwaps) -> Relay:
        return Relay(
            what.taken,
            list(what.given),
            swaps.make(None, what.recordings.payload, what.recordings.opened),
            Metrics(),
            tracer=tracer,
            bitrate=what.bitrate,
            preset=what.preset,
            token=what.token,
            slot=slot,
        )

    stop = asyncio.Event()
    async with AsyncExitStack() as ends:
        swaps = await asyncio.to_thread(LiveSwaps, what.spec, what.options)
        ends.callback(swaps.close)
        if tracer:
            ends.callback(tracer.close)
        calm()
        relay = make(swaps)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if slot is not None:
            await _listen(ends, what.taken, slot)
        for opened in what.ports.made(_steering(what, swaps, relay)):
            port = await opened.open()
            ends.push_async_callback(opened.close)
            log.info("changes are taken at port %d (%s)", port, type(opened).__name__)
        signed = await what.recordings.run(relay, stop)
    tell(relay, signed)


def _steering(what: StreamRun, swaps: LiveSwaps, relay: Relay) -> StreamSteering:
    assert swaps.default is not None, "a stream has its faces from the start"
    return StreamSteering(
        what.spec,
        first(what.spec, swaps.default, what.options.label),
        lambda: relay.session,
        FaceAdmission(DenyCheck(what.spec.device).photos, swaps.prepare),
        what.recordings.came_in,
        what.recordings.relabelled,
    )


async def _listen(ends: AsyncExitStack, taken: InputAddress, slot: Slot) -> None:
    """For a publisher. Raises UnderstudyError."""
    host, port, path = taken.place
    server = RtmpServer({digest(path): slot})
    ends.push_async_callback(server.close)
    try:
        await server.open(host, port)
    except OSError as error:
        raise UnderstudyError(f"cannot listen at {host}:{port}: {error.strerror or error}") from error
    log.info("waiting for a publisher at %s:%d (Ctrl-C ends)", host, port)


def tell(relay: Relay, signed: Sequence[str]) -> None:
    """What came of it. signed: a sentence for each file. Raises UnderstudyError where an output is not whole."""
    if (s := relay.session) is not None:
        left, dropped = s.left - relay.skipped, s.shed + relay.skipped
        typer.echo(f"{s.came} frames came, {left} left, {dropped} dropped, {s.held} held", err=True)
    for output in relay.outputs:
        typer.echo(f"{output.address.shown}: opened {output.opened} times, {output.lost} packets lost", err=True)
    for camera in relay.cameras:
        typer.echo(f"{camera.address.shown}: {camera.sent} pictures sent, {camera.held} of them again", err=True)
    for sentence in signed:
        typer.echo(sentence, err=True)
    broken = [m for m in relay.outputs if m.error is not None]
    if broken:
        why = getattr(broken[0].error, "strerror", None) or broken[0].error
        raise UnderstudyError(f"{broken[0].address.shown} could not be written: {why}")
    if empty := [m.address.shown for m in relay.outputs if not m.opened]:
        raise UnderstudyError(f"nothing was written to {', '.join(empty)}: no picture came, or it could not be reached")
