"""Identity sets: the faces of a video seen, measured and cut out, frame by frame."""
