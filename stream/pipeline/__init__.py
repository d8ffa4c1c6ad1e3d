"""The pipeline: from what a user asked for to a function from frames to painted frames. The one owner of that way."""
