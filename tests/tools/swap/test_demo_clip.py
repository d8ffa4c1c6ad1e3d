"""The demo's clip by value: its frames, its time, its movement, its sound."""

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.values import U8
from tools.swap.demo_clip import SOUND, make_clip, path_of, pictures, portraits, sound

SIZE = (160, 90)


def board() -> U8:
    """A portrait of squares, 128 px."""
    y, x = np.mgrid[:128, :128] // 8
    return np.asarray(np.repeat(((x + y) % 2 * 160 + 40)[..., None], 3, 2), np.uint8)


def test_the_clip_has_every_frame_at_its_time_and_a_sound_as_long(tmp_path: Path) -> None:
    path = make_clip(board(), tmp_path / "a.mp4", seconds=1.2, size=SIZE, rate=25)
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        assert (video.codec_context.width, video.codec_context.height) == SIZE
        assert (int(video.codec_context.colorspace), int(video.codec_context.color_range)) == (1, 1)
        times = [float((frame.pts or 0) * (frame.time_base or 0)) for frame in clip.decode(video=0)]
    assert times == pytest.approx([i / 25 for i in range(30)])
    with av.open(str(path)) as clip:
        heard = np.concatenate([frame.to_ndarray() for frame in clip.decode(audio=0)], axis=1)
        assert clip.streams.audio[0].rate == SOUND
    assert heard.shape[1] / SOUND == pytest.approx(1.2, abs=0.05)
    assert 0.02 < np.sqrt(np.mean(heard**2)) < 0.3
    assert np.abs(heard).max() < 1


def test_the_picture_is_the_portrait_through_the_camera() -> None:
    portrait = board()
    first = next(pictures(portrait, 1, SIZE, 25, 0))
    view = path_of(0, (128, 128), SIZE)
    wanted = cv2.warpPerspective(portrait, view, SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    error = first.astype(float) - wanted
    assert first.shape == (90, 160, 3)
    assert np.abs(error.mean()) < 1
    assert 1.5 < error.std() < 2.5  # its noise


def test_no_two_frames_are_alike_but_two_clips_are() -> None:
    frames = list(pictures(board(), 1, SIZE, 25, 0))
    again = list(pictures(board(), 1, SIZE, 25, 0))
    assert len(frames) == 25
    assert all(np.array_equal(a, b) for a, b in zip(frames, again, strict=True))
    assert all(np.abs(a.astype(int) - b).mean() > 1.5 for a, b in pairwise(frames))
    assert not np.array_equal(frames[0], next(pictures(board(), 1, SIZE, 25, 1)))


def test_the_camera_moves_smoothly_and_stays_on_the_portrait() -> None:
    corners = np.array([[[0, 0], [1279, 0], [0, 719], [1279, 719]]], np.float32)
    seen = []
    for t in np.arange(0, 60, 1 / 30):
        back = np.linalg.inv(path_of(float(t), (512, 600), (1280, 720)))
        seen.append(cv2.perspectiveTransform(corners, back)[0])
    points = np.array(seen)
    step = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    assert step.max() < 3  # pixels of the portrait a frame
    assert (step.max(1) > 0.02).all()
    # what lies beyond the portrait's edge is its mirror image: a sliver at most
    assert points.min() > -12
    assert points.max() < 524


def test_the_sound_begins_and_ends_in_silence() -> None:
    wave = sound(2.0)[0]
    assert wave.shape == (2 * SOUND,)
    assert abs(wave[0]) < 1e-3
    assert abs(wave[-1]) < 1e-3
    spectrum = np.abs(np.fft.rfft(wave))
    assert {round(f / 2) for f in np.argsort(spectrum)[-1:]} <= {220, 277, 330, 440}


def test_the_portraits_are_two_people_who_need_no_network() -> None:
    source, target = portraits()
    assert (source.shape, target.shape) == ((512, 512, 3), (600, 512, 3))
    # RGB: skin is redder than blue
    assert source[80:140, 200:240, 0].mean() > source[80:140, 200:240, 2].mean() + 20
    assert target[150:250, 200:300, 0].mean() > target[150:250, 200:300, 2].mean()
