"""A job's files: where they may lie, opened without following links, fingerprinted, and written whole or not at all."""
