"""Files: opened, decoded, encoded, muxed, marked; video and pictures."""
