"""What is done to a source photo by itself, before it becomes a source."""
