"""Logs of the servers and of `stream`: to stderr, as text or as JSON lines."""

import json
import logging
import sys
import time

from engines.errors import UnderstudyError


class Lines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the facts that a record carries. No names, no
    addresses: whoever logs leaves them out."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts)


def logs(kind: str) -> None:
    """Logs to stderr. Raises UnderstudyError for an unknown kind."""
    if kind not in ("text", "json"):
        raise UnderstudyError(f"--log {kind!r}: write text or json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if kind == "json" else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("understudy")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
