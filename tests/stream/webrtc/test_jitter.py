"""The jitter buffers, by value: order, marker, loss, wrap-around, key frames."""

from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from stream.webrtc.jitter import MOST, AudioBuffer, VideoBuffer, ahead, buffer, is_key, split

KEY = b"\x00\x00\x00\x01\x67" + b"k" * 8
DELTA = b"\x00\x00\x00\x01\x41" + b"d" * 8


def packet(sequence: int, time: int, data: bytes, marker: bool) -> RtpPacket:
    made = RtpPacket(sequence_number=sequence % 65536, timestamp=time % (1 << 32), marker=int(marker))
    made._data = data  # type: ignore[attr-defined]
    return made


def frames(start: int, count: int, parts: int = 3, first: int = 0) -> list[RtpPacket]:
    """A key frame and its followers, `parts` packets each."""
    out = []
    for i in range(count):
        head = KEY if i == 0 else DELTA
        for k in range(parts):
            at = start + i * parts + k
            out.append(packet(at, first + i * 3000, head if k == 0 else b"%d.%d" % (i, k), k == parts - 1))
    return out


def feed(held: VideoBuffer, packets: list[RtpPacket]) -> tuple[list[int], int]:
    """The times of the frames that came out, and how often a key frame was asked for."""
    out, asked = [], 0
    for one in packets:
        ask, frame = held.add(one)
        asked += ask
        if frame is not None:
            out += [one.timestamp for one in split(frame)]
    return out, asked


def test_a_frame_leaves_with_its_own_marker() -> None:
    held = VideoBuffer()
    first = frames(10, 1)
    assert held.add(first[0]) == (False, None)
    assert held.add(first[1]) == (False, None)
    ask, frame = held.add(first[2])
    assert not ask and frame is not None
    assert frame.data == KEY + b"0.1" + b"0.2"


def test_packets_out_of_order_make_the_same_frames() -> None:
    packets = frames(65_530, 4)  # over the wrap
    packets[4], packets[5] = packets[5], packets[4]
    packets[7], packets[8] = packets[8], packets[7]
    held = VideoBuffer()
    out, asked = feed(held, packets)
    assert out == [0, 3000, 6000, 9000] and asked == 0 and held.dropped == 0


def test_a_packet_that_comes_twice_changes_nothing() -> None:
    packets = [p for one in frames(0, 3) for p in (one, one)]
    assert feed(VideoBuffer(), packets)[0] == [0, 3000, 6000]


def test_a_late_packet_within_patience_is_waited_for() -> None:
    packets = frames(0, 3)
    late = packets.pop(4)
    held = VideoBuffer()
    assert feed(held, packets)[0] == [0]
    ask, frame = held.add(late)
    assert not ask and frame is not None and frame.timestamp == 3000
    assert [one.timestamp for one in split(frame)] == [3000, 6000], "what had piled up comes with it"
    assert feed(held, frames(0, 4)[9:])[0] == [9000]


def test_a_loss_is_given_up_after_patience_and_a_key_frame_asked_for() -> None:
    held = VideoBuffer(patience=9000)
    packets = frames(0, 8)
    del packets[4]  # of frame 1
    out, asked = feed(held, packets)
    assert out == [0], "nothing that needs the lost frame is shown"
    assert asked >= 1 and held.dropped >= 1
    fresh = frames(24, 3, first=24_000)
    assert feed(held, fresh)[0] == [24_000, 27_000, 30_000]


def test_a_whole_frame_may_be_lost() -> None:
    held = VideoBuffer(patience=9000)
    packets = frames(0, 10)
    del packets[3:6]
    out, asked = feed(held, packets)
    assert out == [0] and asked >= 1
    assert feed(held, frames(30, 2, first=30_000))[0] == [30_000, 33_000]


def test_what_was_missed_in_a_long_cut_is_not_waited_for() -> None:
    """Sent again it would be shown late, and fast."""
    held = VideoBuffer()
    packets = frames(0, 40)
    assert feed(held, packets[:30])[0] == [3000 * i for i in range(10)]
    ask, frame = held.add(packets[90])  # a second later
    assert ask and frame is None, "a key frame is asked for at once"
    assert feed(held, packets[30:90])[0] == [], "and what is sent again comes too late"
    assert feed(held, frames(120, 2, first=120_000))[0] == [120_000, 123_000]


def test_a_slow_camera_is_no_cut() -> None:
    held = VideoBuffer()
    packets = frames(0, 3)
    for i, one in enumerate(packets):
        one.timestamp = i // 3 * 90_000  # one picture a second
    assert feed(held, packets)[0] == [0, 90_000, 180_000]


def test_requests_for_key_frames_are_few() -> None:
    held = VideoBuffer()
    out, asked = feed(held, frames(5, 31)[3:])  # it never had the key frame
    assert out == [] and 1 <= asked <= 3


def test_a_new_stream_begins_anew() -> None:
    held = VideoBuffer()
    assert feed(held, frames(100, 2))[0] == [0, 3000]
    assert feed(held, frames(30_000, 2, first=7_000_000))[0] == [7_000_000, 7_003_000]


def test_a_sender_without_markers_is_understood() -> None:
    packets = frames(0, 4)
    for one in packets:
        one.marker = 0
    assert feed(VideoBuffer(), packets)[0] == [0, 3000, 6000]


def test_memory_is_bounded() -> None:
    held = VideoBuffer(patience=1 << 30)
    packets = frames(0, 2000)
    del packets[1]
    for one in packets:
        held.add(one)
        assert len(held) <= MOST + 1


@given(st.permutations(range(12)), st.sets(st.integers(0, 11), max_size=4))
def test_whatever_comes_frames_leave_in_order_and_once(order: list[int], lost: set[int]) -> None:
    packets = frames(65_533, 4)
    out, _ = feed(VideoBuffer(), [packets[i] for i in order if i not in lost])
    assert out == sorted(set(out))


def test_key_frames_are_recognised() -> None:
    sps_then_idr = b"\x00\x00\x00\x01\x67abc\x00\x00\x00\x01\x68d\x00\x00\x00\x01\x65e"
    assert is_key(sps_then_idr) and is_key(b"\x00\x00\x00\x01\x06sei\x00\x00\x00\x01\x65e")
    assert not is_key(DELTA) and not is_key(b"") and not is_key(b"\x00\x00\x00\x01")
    assert is_key(b"\x10\x00\x00\x9d\x01\x2a\x00\x05") and not is_key(b"\x11\x00\x00\x9d\x01\x2a\x00\x05")


def test_ahead_wraps() -> None:
    assert ahead(2, 65_534) == 4 and ahead(65_534, 2) == -4
    assert ahead(5, 2**32 - 5, 32) == 10


def test_sound_leaves_at_once_and_in_order() -> None:
    held = AudioBuffer()
    out = []
    for sequence in (65_534, 65_535, 1, 0, 2):
        _, frame = held.add(packet(sequence, sequence * 960, b"%d" % sequence, True))
        out.append([one.data for one in split(frame)] if frame else [])
    assert out == [[b"65534"], [b"65535"], [], [b"0", b"1"], [b"2"]], "what waited leaves with what was late"


def test_sound_that_is_lost_is_passed_over() -> None:
    held = AudioBuffer()
    out = []
    for sequence in (1, 3, 4, 5, 6, 7):
        _, frame = held.add(packet(sequence, sequence * 960, b"%d" % sequence, True))
        out.append([one.timestamp // 960 for one in split(frame)] if frame else [])
    assert out == [[1], [], [], [], [3, 4, 5, 6], [7]], "and sound is not late for good"


@given(st.permutations(range(10)), st.sets(st.integers(0, 9), max_size=3))
def test_sound_never_leaves_twice_or_out_of_order(order: list[int], lost: set[int]) -> None:
    held, out = AudioBuffer(), []
    for i in order:
        _, frame = held.add(packet((65_531 + i) % 65_536, i * 960, b"", True)) if i not in lost else (False, None)
        out += [one.timestamp for one in split(frame)] if frame else []
    assert out == sorted(set(out))


def test_frames_given_up_are_told() -> None:
    told: list[int] = []
    held = VideoBuffer(lost=lambda: told.append(1))
    packets = frames(0, 8)
    del packets[4]
    feed(held, packets)
    assert len(told) == held.dropped > 0


def test_the_factory_takes_what_aiortc_gives() -> None:
    assert isinstance(buffer(capacity=512, is_video=True), VideoBuffer)
    assert isinstance(buffer(capacity=16, prefetch=4), AudioBuffer)
