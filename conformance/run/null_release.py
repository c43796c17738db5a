"""A null release: nothing is done to anybody, and the load goes on until it has seen enough.

What fails is counted, not fled from: how much the system loses by itself is what this run is to tell. Only in a system
that stands already does the load end where more requests have failed than its team allows.
"""

from conformance.run.own_command import refuse_more_failures
from conformance.run.run_context import RunContext
from conformance.run.start_instance import SURELY


def await_traffic(context: RunContext, *, is_baseline: bool) -> None:
    """Wait until the load has sent what a baseline, or a batch, must see.

    Raises:
        Unmet: Not in time.
        TooManyFailed: As many requests have failed as the team of a system that stands already allows.
    """
    wanted = context.thresholds
    requests = wanted.baseline_requests if is_baseline else wanted.batch_requests
    writes = 0 if is_baseline else wanted.batch_writes * context.has_writes
    before = context.mark

    def look() -> tuple[int, int]:
        now = context.traffic()
        command = context.world.own_command
        if command is not None:
            refuse_more_failures(command, now, "the load ends here, and nothing was released")
        return now.done - before.done, now.writes - before.writes

    context.wait(
        f"{requests} requests and {writes} writes while nothing is released",
        look,
        accept=lambda seen: seen[0] >= SURELY * requests and seen[1] >= SURELY * writes,
        within_s=context.timings.enough_traffic,
        describe=lambda seen: f"{seen[0]} requests, {seen[1]} writes",
    )
