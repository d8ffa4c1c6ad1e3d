"""The light field: what finishes the light on a painted face."""
