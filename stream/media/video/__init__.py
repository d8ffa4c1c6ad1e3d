"""What belongs to the pictures of a video themselves: geometry, transparency, HDR metadata, 360 degrees, animations."""
