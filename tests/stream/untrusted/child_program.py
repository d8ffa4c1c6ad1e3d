"""What `ask_child` asks in its tests."""

import json
import os
import sys
import time

from stream.untrusted.child import answer, asked


def main() -> None:
    request = asked()
    match request["do"]:
        case "echo":
            answer({"value": request["value"]})
        case "look":
            answer({"environment": json.dumps(dict(os.environ)), "folder": os.getcwd()})  # noqa: PTH109
        case "die":
            os.abort()
        case "raise":
            raise RuntimeError("\x1b[31mred")
        case "exit":
            sys.exit(3)
        case "hang":
            time.sleep(60)
        case "silent":
            os._exit(0)
