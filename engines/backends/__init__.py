"""The runtimes behind `Engine`: one file each, and `choose.py`, the only place that picks one."""
