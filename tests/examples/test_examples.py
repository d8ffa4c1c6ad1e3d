"""The examples run as their first lines say."""

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import aiohttp
import cv2
import pytest
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

from tests.stream.portraits import needs_models
from tests.tools.commands import film, times
from tests.understudy_video.faces import PICTURE, face_file, own_keys

__all__ = ["own_keys"]
ROOT = Path(__file__).parents[2]
pytestmark = [*needs_models, pytest.mark.usefixtures("own_keys")]


def run(name: str, *words: object) -> str:
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=None)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_numpy_loop(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "in.png"), PICTURE[..., ::-1])
    assert "1 faces, 1 painted" in run("numpy_loop", face_file(tmp_path), tmp_path / "in.png", tmp_path / "out.png")
    assert (tmp_path / "out.png").is_file()


def test_the_camera_loop(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 10, with_face=True)
    assert "10 frames" in run("camera_loop", face_file(tmp_path), clip, "--headless", tmp_path / "out.mp4")
    assert len(times(tmp_path / "out.mp4")) == 10


def test_the_batch_over_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    film(folder / "clip.mp4", 6, with_face=True)
    cv2.imwrite(str(folder / "still.png"), PICTURE[..., ::-1])
    said = run("folder", face_file(tmp_path), folder, tmp_path / "out")
    assert "clip.mp4: 6 frames, 6 painted" in said and "still.png: 1 frames, 1 painted" in said


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_webrtc_server_answers_an_offer_with_a_video_track(tmp_path: Path) -> None:
    async def main() -> str:
        runner = web.AppRunner(load("aiortc_server").application(str(face_file(tmp_path))))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        peer = RTCPeerConnection()
        peer.addTransceiver("video", "sendrecv")
        await peer.setLocalDescription(await peer.createOffer())
        offer = {"sdp": peer.localDescription.sdp, "type": "offer"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://127.0.0.1:{port}/offer", json=offer) as answer,
        ):
            told = await answer.json()
        await peer.setRemoteDescription(RTCSessionDescription(told["sdp"], told["type"]))
        await peer.close()
        await runner.cleanup()
        return str(told["sdp"])

    assert "m=video" in asyncio.run(main())
