"""A WebRTC echo with another face, on aiortc and aiohttp: python examples/aiortc_server.py FACE.jpg [PORT]

POST an SDP offer as {"sdp": ..., "type": "offer"} to /offer. Listens at 127.0.0.1 alone; put your own walls before it.
"""

import sys
from typing import Any

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

import understudy_video as understudy
from understudy_video.aiortc import SwapTrack


def application(face: str) -> web.Application:
    peers: set[RTCPeerConnection] = set()

    async def offer(request: web.Request) -> web.Response:
        told: dict[str, Any] = await request.json()
        peer = RTCPeerConnection()
        peers.add(peer)
        swap = understudy.open(face, consent="self, 2026-11-30, an example", who="all", on_miss="hold")

        @peer.on("track")
        def on_track(track: Any) -> None:
            if track.kind == "video":
                peer.addTrack(SwapTrack(track, swap))

        @peer.on("connectionstatechange")
        async def on_state() -> None:
            if peer.connectionState in ("failed", "closed"):
                peers.discard(peer)
                await peer.close()
                swap.close()

        await peer.setRemoteDescription(RTCSessionDescription(told["sdp"], told["type"]))
        await peer.setLocalDescription(await peer.createAnswer())
        return web.json_response({"sdp": peer.localDescription.sdp, "type": peer.localDescription.type})

    async def close(_: web.Application) -> None:
        for peer in list(peers):
            await peer.close()

    app = web.Application()
    app.router.add_post("/offer", offer)
    app.on_shutdown.append(close)
    return app


if __name__ == "__main__":
    web.run_app(application(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]) if len(sys.argv) > 2 else 8090)
