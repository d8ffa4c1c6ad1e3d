"""Marks: the signed record, the invisible mark and the label of an output, and reading them again."""
