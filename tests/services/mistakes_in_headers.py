"""Wrong names for the headers of a request's id and lane."""


def _headers(*lines: str) -> str:
    return "\n".join(("[headers]", *lines, "[workload]"))


NAME = 'expected a header\'s name: letters, digits and hyphens between them, such as "X-Trace-Id"'
TAKEN = "expected another header: this one means something else to every client, server and proxy"

MISTAKES = {
    "a header with a space": (
        "[workload]",
        _headers('request_id = "X Trace"'),
        f'headers.request_id = "X Trace": {NAME}',
    ),
    "a header that nginx drops": (
        "[workload]",
        _headers('lane = "x_env"'),
        f'headers.lane = "x_env": {NAME}',
    ),
    "no header": ("[workload]", _headers('request_id = ""'), f'headers.request_id = "": {NAME}'),
    "the host as an id": ("[workload]", _headers('request_id = "Host"'), f'headers.request_id = "Host": {TAKEN}'),
    "the length as a lane": (
        "[workload]",
        _headers('lane = "content-length"'),
        f'headers.lane = "content-length": {TAKEN}',
    ),
    "a header of gRPC's": ("[workload]", _headers('lane = "grpc-env"'), f'headers.lane = "grpc-env": {TAKEN}'),
    "the header of the suite's users": (
        "[workload]",
        _headers('lane = "X-User"'),
        'headers.lane = "X-User": expected another header: by this one the suite learns something else',
    ),
    "one header for both": (
        "[workload]",
        _headers('request_id = "X-Env"', 'lane = "x-env"'),
        'headers.lane = "x-env": expected another header: this one has the request\'s id',
    ),
    "the suite's own for the other": (
        "[workload]",
        _headers('lane = "X-Request-Id"'),
        'headers.lane = "X-Request-Id": expected another header: this one has the request\'s id',
    ),
    "a trace as a lane": (
        "[workload]",
        _headers('lane = "traceparent"'),
        'headers.lane = "traceparent": expected another header: in this one every request has a trace of its own',
    ),
    "a lane over two lines": (
        "[workload]",
        _headers('lane_value = "canary\\r\\nX-Evil: yes"'),
        (
            'headers.lane_value = "canary\\r\\nX-Evil: yes": expected a header\'s value: visible ASCII in one line, no '
            "space at its ends"
        ),
    ),
    "a lane without a name": (
        "[workload]",
        _headers('lane_value = ""'),
        'headers.lane_value = "": expected a header\'s value: visible ASCII in one line, no space at its ends',
    ),
    "a lane that is no key": (
        "[workload]",
        _headers('lane_name = "X-Env"'),
        'headers.lane_name = "X-Env": unknown key; did you mean lane_value?',
    ),
    "a route that says the id itself": (
        'path = "/orders"',
        'path = "/orders"\nheaders = { x-request-id = "7" }',
        (
            'workload.routes[0].headers.x-request-id = "7": expected another header: the client sends this one by '
            "itself, with {id}"
        ),
    ),
}
"""As ``mistakes.MISTAKES``."""
