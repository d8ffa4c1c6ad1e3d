"""Arrays: images, points, masks, networks, weights. Knows nothing of video, time, queues or users."""
