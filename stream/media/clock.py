"""Clock: the packets of a file on one rising time line, whatever the file's own clock does: it restarts, jumps, wraps.

Knows: time stamps of packets, joined recordings, clocks of 33 bits. Knows nothing of codecs or of what is read.
An epoch is a part of the file in which the clock runs evenly. All streams of an epoch move by the same offset, so that
sound and picture stay together, and it begins where the one before it ends. A gap in one stream is no jump while the
clock of another runs on. The thresholds are those of FFmpeg's own command.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

JUMP = 10  # seconds ahead that make a new clock, in formats whose clock may jump
BACK = Fraction(1, 10)  # seconds that a decoding time may fall before it is a new clock
SLACK = Fraction(
    1, 10
)  # seconds that sound may come late after a seam, so that none of it is lost; 125 ms are noticed (BT.1359)
HOLD = 5  # seconds of a new epoch that wait for the other streams to come to it
LOOK = 8  # pictures of a new epoch that are waited for: the first in the file need not be the first on display
MOST = 5000  # packets that wait
SILENT = 2  # seconds before the end of its epoch at which a stream has ended, and is not waited for
WRAP = 1 << 33  # ticks after which an MPEG clock begins anew


class TimedPacket(Protocol):
    """What the clock reads and sets of an `av.Packet`."""

    @property
    def stream_index(self) -> int: ...
    @property
    def time_base(self) -> Fraction: ...

    pts: int | None
    dts: int | None
    duration: int | None


Packet = TypeVar("Packet", bound=TimedPacket)


@dataclass(slots=True)
class _Epoch:
    """offset: seconds that are added, None until it is known. latest: seconds, as read, of the newest packet of the
    streams that have left it."""

    offset: Fraction | None
    latest: Fraction


@dataclass(slots=True)
class _Line:
    """One stream's clock, in ticks of base. sound: whether it is. epoch: its number. first, last: decoding times in the
    epoch, unwrapped. back, ahead: how far it may fall or leap. turns: added for wraps. shift: added for the epoch.
    step: to the next packet. end: where the stream ends so far, on the common time line; None before its first packet
    has left. delay: from decoding to display, of the newest packet. loose: last is a display time, for lack of a
    decoding time, and those fall back by themselves."""

    base: Fraction
    sound: bool
    back: int
    ahead: int | None
    epoch: int
    first: int
    last: int
    step: int
    turns: int = 0
    shift: int = 0
    end: int | None = None
    delay: int = 0
    loose: bool = False


class Clock(Generic[Packet]):
    """Carries the clock on. `pass_on` every packet in the file's order, then `flush`. For one thread."""

    def __init__(self, main: int, sounds: Iterable[int], rate: Fraction | None, jumps: bool, wraps: bool) -> None:
        """main: index of the video stream. sounds: of the audio streams. rate: pictures a second. jumps: the format is
        one whose clock may jump ahead; in others that is a gap. wraps: its clock has 33 bits."""
        self._main, self._dense, self._rate = main, frozenset((main, *sounds)), rate or Fraction(25)
        self._jumps, self._wraps = jumps, wraps
        self._epochs = [_Epoch(Fraction(0), Fraction(0))]
        self._lines: dict[int, _Line] = {}
        self._held: list[Packet] = []  # of the newest epoch, while its offset is not known

    @property
    def seams(self) -> int:
        """How often the clock was carried on so far."""
        return len(self._epochs) - 1

    def pass_on(self, packet: Packet) -> list[Packet]:
        """What may leave now, with its new times: this packet, earlier ones, or nothing yet."""
        at = packet.dts if packet.dts is not None else packet.pts
        line, left = self._lines.get(packet.stream_index), list[Packet]()
        if at is not None:
            if line is None:
                line = self._lines[packet.stream_index] = self._met(packet, at)
            left = self._followed(line, packet, at)
            self._mend(line, packet)
        if line is None:
            left.append(packet)
        elif self._epochs[line.epoch].offset is None:
            _move(packet, line.turns)
            self._held.append(packet)
        else:
            left.append(self._leaving(packet, line, line.turns))
        return left + self._settled() if self._held and self._ready() else left

    def flush(self) -> list[Packet]:
        """What is still held."""
        return self._settled() if self._held else []

    def _met(self, packet: Packet, at: int) -> _Line:
        """A stream's first packet. Sound that lies well behind the picture belongs to a clock that has begun anew."""
        base, main = packet.time_base, self._lines.get(self._main)
        sound, ahead = packet.stream_index in self._dense and packet.stream_index != self._main, int(JUMP / base)
        step = max(1, round(1 / (self._rate * base)))
        line = _Line(base, sound, int(BACK / base), ahead if self._jumps else None, self.seams, at, at, step)
        line.loose = packet.dts is None
        if sound and main is not None and self._epochs[-1].offset is not None:
            seen = (main.last - main.first) * main.base
            if seen > 1 and main.last * main.base - at * base > 1:
                self._open(line, at)
        self._enter(line)
        return line

    def _followed(self, line: _Line, packet: Packet, at: int) -> list[Packet]:
        """Moves a stream's clock to a packet. Returns what has to leave before it, where it begins an epoch."""
        left: list[Packet] = []
        loose = packet.dts is None
        if packet.stream_index not in self._dense:
            self._accompany(line, at)
        elif not self._runs(line, at + line.turns, loose):
            line.turns += self._turns(line.last - at - line.turns, line.base)
            now = at + line.turns
            if not self._runs(line, now, loose) and not self._gap(line, now) and not self._join(line, now):
                left = self.flush()
                self._open(line, now)
        now = at + line.turns
        if line.loose and not loose:
            line.last, line.loose = now, False
        elif line.loose or not loose:
            line.last = max(line.last, now)
        line.step = packet.duration if packet.duration and packet.duration > 0 else line.step
        return left

    def _mend(self, line: _Line, packet: Packet) -> None:
        """A display time that is not of the packet's own clock: parsers take it from the packet behind a seam."""
        if packet.pts is None or packet.dts is None or line.ahead is None:
            return
        packet.pts += self._turns(packet.dts - packet.pts, line.base)
        if abs(packet.pts - packet.dts) > line.ahead:
            packet.pts = packet.dts + line.delay
        line.delay = packet.pts - packet.dts

    def _runs(self, line: _Line, now: int, loose: bool) -> bool:
        """Whether the stream's clock runs on evenly."""
        leap = now - line.last
        return leap >= -line.back * (10 if loose or line.loose else 1) and (line.ahead is None or leap <= line.ahead)

    def _gap(self, line: _Line, now: int) -> bool:
        """Whether another stream of the epoch has come as far: packets are missing, the clock is the same."""
        offset = self._epochs[line.epoch].offset
        for index, other in self._lines.items():
            theirs = self._epochs[other.epoch].offset
            if other is line or index not in self._dense or offset is None or theirs is None:
                continue
            if abs(theirs - offset) <= SLACK and abs(other.last * other.base - now * line.base) <= JUMP:
                return now > line.last
        return False

    def _turns(self, ticks: int, base: Fraction) -> int:
        """Whole wraps, nearest to a distance."""
        if not self._wraps:
            return 0
        period = round(Fraction(WRAP, 90_000) / base)
        return round(Fraction(ticks, period)) * period

    def _join(self, line: _Line, now: int) -> bool:
        """Brings the stream to a newer epoch that another stream has opened, where its clock fits there."""
        away, number, turns = self._nearest(line, now, line.epoch + 1)
        if away > JUMP:
            return False
        line.turns += turns
        self._leave(line, number, now + turns)
        return True

    def _accompany(self, line: _Line, at: int) -> None:
        """Brings a stream of few packets (subtitles, data) to the epoch whose clock is nearest."""
        if self.seams:
            _, number, line.turns = self._nearest(line, at, line.epoch)
            if number != line.epoch:
                self._leave(line, number, at + line.turns)

    def _nearest(self, line: _Line, now: int, oldest: int) -> tuple[Fraction, int, int]:
        """Of the epochs from `oldest` on the one whose clock is nearest, the newest of several: seconds away, its
        number, and the wraps between."""
        found = [(Fraction(10**9), 0, 0)]
        for number in range(self.seams, oldest - 1, -1):
            latest = self._latest(number)
            turns = self._turns(round(latest / line.base) - now, line.base)
            found.append((abs((now + turns) * line.base - latest), number, turns))
        return min(found, key=lambda one: one[0])

    def _latest(self, number: int) -> Fraction:
        here = (m.last * m.base for i, m in self._lines.items() if m.epoch == number and i in self._dense)
        return max(here, default=self._epochs[number].latest)

    def _open(self, line: _Line, now: int) -> None:
        self._epochs.append(_Epoch(None, now * line.base))
        self._leave(line, self.seams, now)

    def _leave(self, line: _Line, number: int, now: int) -> None:
        """Takes a stream from its epoch to another."""
        old = self._epochs[line.epoch]
        old.latest = max(old.latest, line.last * line.base)
        line.epoch, line.first, line.last = number, now, now
        self._enter(line)

    def _enter(self, line: _Line) -> None:
        """The shift of a stream that comes to an epoch; sound waits for the end of its own, but not for long."""
        offset = self._epochs[line.epoch].offset
        if offset is None:
            return
        line.shift = round(offset / line.base)
        late = line.end - line.first - line.shift if line.end is not None and line.sound else 0
        if 0 < late * line.base <= SLACK:
            line.shift += late

    def _ready(self) -> bool:
        """Whether all streams have come to the newest epoch, or have been waited for long enough."""
        here = {i: line for i, line in self._lines.items() if line.epoch == self.seams and i in self._dense}
        if len(self._held) >= MOST or any((m.last - m.first) * m.base >= HOLD for m in here.values()):
            return True
        if self._main in here and sum(p.stream_index == self._main for p in self._held) < LOOK:
            return False
        return not any(
            line.epoch < self.seams and self._latest(line.epoch) - line.last * line.base <= SILENT
            for i, line in self._lines.items()
            if i in self._dense
        )

    def _settled(self) -> list[Packet]:
        """Gives the newest epoch its offset and lets go what was held: the picture goes on where it was, or later where
        the sound before is longer by more than a trifle."""
        here = [(i, line) for i, line in self._lines.items() if line.epoch == self.seams]
        ends = {
            i: line.end * line.base - self._first_shown(i, line)
            for i, line in here
            if line.end is not None and i in self._dense
        }
        if ends:
            latest, offset = max(ends.values()), ends.get(self._main, max(ends.values()))
            self._epochs[-1].offset = latest if latest - offset > SLACK else offset
        else:  # a stream that came late, and no other followed: its clock is that of the epoch before
            self._epochs.pop()
        for _, line in here:
            line.epoch = self.seams
            self._enter(line)
        held, self._held = self._held, []
        return [self._leaving(packet, self._lines[packet.stream_index], 0) for packet in held]

    def _first_shown(self, index: int, line: _Line) -> Fraction:
        """Seconds, as read, at which a stream's packets in the newest epoch begin on display."""
        shown = [p.pts for p in self._held if p.stream_index == index and p.pts is not None]
        return (min(shown) if shown and index == self._main else line.first) * line.base

    def _leaving(self, packet: Packet, line: _Line, turns: int) -> Packet:
        _move(packet, turns + line.shift)
        at = packet.pts if packet.pts is not None else packet.dts
        if at is not None:
            line.end = max(at + line.step, at if line.end is None else line.end)
        return packet


def _move(packet: TimedPacket, ticks: int) -> None:
    if ticks:
        packet.pts = packet.pts + ticks if packet.pts is not None else None
        packet.dts = packet.dts + ticks if packet.dts is not None else None
