"""Processes of their own, in which libraries read what strangers wrote: records by c2pa, pictures by FFmpeg."""
