"""An offer of a browser's kind: one picture, one sound."""

import asyncio

from aiortc import RTCPeerConnection


def offer() -> str:
    """SDP, lines ended by CR and LF."""

    async def made() -> str:
        connection = RTCPeerConnection()
        connection.addTransceiver("video")
        connection.addTransceiver("audio")
        await connection.setLocalDescription(await connection.createOffer())
        text = str(connection.localDescription.sdp)
        await connection.close()
        return text

    return asyncio.run(made())
