"""Training of the project's own networks. Needs torch, which only the files that train import."""
