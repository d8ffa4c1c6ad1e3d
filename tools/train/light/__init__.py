"""The light network's training."""
