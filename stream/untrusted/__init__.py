"""Files of strangers: looked at before they are decoded, and decoded in a process with limits."""
