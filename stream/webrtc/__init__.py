"""Browsers: what makes RTP over aiortc fast and bounded."""
