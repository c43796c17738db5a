"""A load's process that has done all its work ends by itself; where something holds it, its log says what."""

import gc
import sys

from gevent import monkey
from gevent.util import format_run_info

TELLS_S = 8.0
"""How long an exit may take before it is told what the process is in."""


def tell_what_holds(after_s: float = TELLS_S) -> None:
    """Write into the load's log what every thread and greenlet is in, should this process still live then.

    Told by a thread of the system's, which runs whatever the event loop waits for, and which holds no exit itself.
    """
    wait = monkey.get_original("time", "sleep")

    def tell() -> None:
        wait(after_s)
        gc.unfreeze()  # the load has frozen what lived when it began: greenlets are found by the collector's lists
        lines = "\n".join(format_run_info(greenlet_stacks=True, limit=8))
        print(f"The load is over, its process is still there {after_s:g} s later, in:\n{lines}", file=sys.stderr)  # noqa: T201

    monkey.get_original("_thread", "start_new_thread")(tell, ())
