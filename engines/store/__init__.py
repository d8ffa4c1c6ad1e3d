"""Model files: what there is, where each lies on this computer, how it gets there, what it declares."""
