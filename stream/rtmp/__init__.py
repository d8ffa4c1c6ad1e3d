"""RTMP: messages, handshake, the server that takes publishers, the client that publishes."""
