"""The Python API: faces in video replaced from any Python program. Knows the floors up to `stream`, nothing of `tools`.

Its packages `engines`, `calib` and `stream` have common names. Importing this one fails at once, with a line that names
the file, where another module of such a name would be imported in their place.
"""

from understudy_video.shadowing import refuse_shadowed

__version__ = "0.1.0"

refuse_shadowed()
