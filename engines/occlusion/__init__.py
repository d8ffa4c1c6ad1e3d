"""What lies before a face: its networks, its mattes, the clean plate, and the compositing under it."""
