"""An invisible mark in the luma plane that outlives re-encoding. Knows arrays only; no video, no files, no users."""
