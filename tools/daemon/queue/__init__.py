"""The queue: jobs kept over crashes, run as many at once as may be, and tried again."""
