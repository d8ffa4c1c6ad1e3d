"""Our encoder, decoder and jitter buffer in the places where aiortc looks for its own."""

from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from stream.webrtc.install import install
from tests.stream.webrtc.test_encoder import Seen, joined, picture


def test_install_puts_them_into_aiortc() -> None:
    import aiortc.rtcrtpreceiver as receiver
    import aiortc.rtcrtpsender as sender

    seen = Seen()
    install(seen)
    install()  # a client in the same process: the observer stays
    assert vars(receiver)["JitterBuffer"](capacity=16, prefetch=4).__class__.__name__ == "AudioBuffer"
    codec = RTCRtpCodecParameters(mimeType="video/H264", clockRate=90_000, payloadType=96)
    encoder, decoder = vars(sender)["get_encoder"](codec), vars(receiver)["get_decoder"](codec)
    encoder.target_bitrate = 2_000_000
    assert hasattr(encoder, "target_bitrate") and encoder.target_bitrate == 2_000_000
    payloads, timestamp = encoder.encode(picture(3), True)
    (frame,) = decoder.decode(JitterFrame(joined(payloads), timestamp))
    assert frame.pts == 9000
    assert [(stage, at) for stage, took, at in seen.stages if took > 0] == [("encode", 9000), ("decode", 9000)]
    buffer = vars(receiver)["JitterBuffer"](capacity=512, is_video=True)
    for sequence in (1, 2):  # never a key frame
        one = RtpPacket(sequence_number=sequence, timestamp=sequence * 3000, marker=1)
        one._data = b"\x00\x00\x00\x01\x41"  # type: ignore[attr-defined]
        buffer.add(one)
    assert seen.gone == 2
