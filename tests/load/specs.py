"""Orders for the load's tests."""

import time
from pathlib import Path

import msgspec

from conformance.load.spec import LoadSpec, Route

WRITE = Route(
    name='POST "/orders", new',
    method="POST",
    path="/orders",
    body='{"id": "{id}", "work_ms": {work_ms}}',
    weight=1,
    expect=(201,),
    write=True,
    long_share=0.05,
    long_ms=(300, 1000),
)
READ = Route(name="GET /orders", method="GET", path="/orders/{written}", weight=3, expect=(200,), write=False)


def an_order(where: Path, port: int = 1, **changes: object) -> LoadSpec:
    spec = LoadSpec(
        run="run1",
        directory=str(where),
        origin_ns=time.monotonic_ns(),
        host="127.0.0.1",
        port=port,
        rate=500,
        timeout_s=5.0,
        fresh_share=0.1,
        routes=(WRITE, READ),
        seed=7,
        warm_up_requests=20,
        max_seconds=60.0,
    )
    return msgspec.structs.replace(spec, **changes)
