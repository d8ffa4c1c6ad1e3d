"""Pictures as files: which are taken, and their samples as 8-bit RGB."""
