"""The tree of errors that a user may see, drawn once. Every message says what was seen and how to mend it."""


class UnderstudyError(Exception):
    """Anything that a user can mend. The command line prints it as one line and exits with `exit_code`."""

    exit_code = 2


class SourceError(UnderstudyError):
    """The source face cannot be used: no face in the photo, unreadable photo."""


class InputError(UnderstudyError):
    """The target cannot be read: missing, broken, no video in it, too large."""


class OutputError(UnderstudyError):
    """The output cannot be written: folder missing, no space, codec and container do not fit."""


class ModelError(UnderstudyError):
    """A model file is missing, damaged, or not allowed by its licence setting."""


class DeviceError(UnderstudyError):
    """The wanted device or runtime is not usable on this machine."""
