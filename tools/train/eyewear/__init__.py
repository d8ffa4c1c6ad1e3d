"""The eyewear network's training."""
