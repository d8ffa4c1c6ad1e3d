"""Step: the named moments of a job's way through the daemon. A test stands at each of them and breaks something.

Who takes a step calls `passed` right after it. In the program itself nobody listens.
"""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """In the order of a job's way. The first ones are the daemon's, from STORE_OPENED on; then the job's process, from
    LOCKED on; the last ones are the daemon's again."""

    # the daemon begins
    STORE_OPENED = "store opened"
    ROOM_KEPT = "room kept"
    TIDIED = "tidied"
    LISTENING = "listening"
    RECOVERED = "recovered"
    # a job is added and begun
    REQUEST_CHECKED = "request checked"
    ADDED = "added"
    TAKEN = "taken"
    FOLDER_MADE = "job's folder made"
    REQUEST_WRITTEN = "request written"
    PROCESS_STARTED = "process started"
    # its process
    LOCKED = "folder locked"
    REQUEST_READ = "request read"
    PLACING_CHECKED = "earlier placing checked"
    LEFTOVERS_CLEARED = "leftovers cleared"
    INPUTS_PINNED = "inputs pinned"
    INPUTS_READ = "inputs fingerprinted"
    JOB_CHECKED = "job checked"
    SOURCE_OPENED = "source opened"
    NETWORKS_OPENED = "networks opened"
    INPUTS_KEPT = "fingerprints kept"
    PIECES_LISTED = "pieces listed"
    READER_OPENED = "reader opened"
    PIECE_OPENED = "piece opened"
    FRAME_WRITTEN = "frame written"
    PIECE_CLOSED = "piece closed"
    PIECE_NAMED = "piece named"
    PIECE_NOTED = "piece noted"
    FRAMES_ENDED = "frames ended"
    FOLDER_INTENDED = "output's folder written down"
    OUTPUT_FOLDER_MADE = "output's folder made"
    OUTPUT_FOLDER_NOTED = "output's folder noted"
    JOIN_OPENED = "joined file opened"
    PACKET_JOINED = "packet joined"
    JOINED = "joined"
    SIGNED = "signed"
    OUTPUT_WHOLE = "output whole"
    INPUTS_COMPARED = "inputs compared"
    OUTPUT_SYNCED = "output synced"
    PLACING_KEPT = "placing kept"
    OUTPUT_PLACED = "output placed"
    OUTPUT_FOLDER_REMOVED = "output's folder removed"
    # the daemon again
    PROGRESS_HEARD = "progress heard"
    PROGRESS_KEPT = "progress kept"
    PROCESS_ENDED = "process ended"
    JUDGED = "end judged"
    END_KEPT = "end kept"
    CLEARED = "job's folder cleared"


Passed = Callable[[Step], object]


def unheard(step: Step) -> None:
    """Nobody listens."""
