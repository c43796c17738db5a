"""Wrong workloads that ask for what no answer can be: as in wrong_workloads.py."""

MISTAKES = {
    "two values at one pointer": (
        'check = { pointer = "/code", equal = 0 }',
        'check = [{ pointer = "/code", equal = 0 }, { pointer = "/code", equal = 1 }]',
        (
            "workload.routes[0].check[1].equal = 1: expected 0, as an earlier check of this route has it: no answer can"
            " meet both"
        ),
    ),
    "a value that is not to be there": (
        'check = { pointer = "/code", equal = 0 }',
        'check = [{ pointer = "/code", equal = 0 }, { pointer = "/code", exists = false }]',
        'workload.routes[0].check[1].pointer = "/code": expected a value there or none, as an earlier check of this',
    ),
    "two lengths": (
        'check = [{ pattern = "^ok" }, { length = 12 }]',
        "check = [{ length = 12 }, { length = 13 }]",
        "workload.routes[1].check[1].length = 13: expected 12, as an earlier check of this route has it: no answer can",
    ),
    "something taken of a refusal": (
        "expect = [201]",
        "expect = [404]",
        "workload.routes[0].expect = [404]: expected a status below 400: of no other answer is anything taken",
    ),
    "an answer that only announces one": (
        "expect = [201]",
        "expect = [201, 100]",
        "workload.routes[0].expect[1] = 100: expected 200 or more: 1xx only announces an answer",
    ),
    "a packed body that is looked into": (
        "{ Authorization =",
        '{ Accept-Encoding = "gzip", Authorization =',
        (
            'workload.routes[0].headers.Accept-Encoding = "gzip": expected none beside check and take, which read the '
            "body as it comes: it would come packed"
        ),
    ),
    "the type of a body that there is not": (
        "timeout_s = 2",
        'timeout_s = 2\ncontent_type = "text/plain"',
        (
            'workload.routes[1].content_type = "text/plain": expected a body or a form beside it, whose type it is; '
            "without one say it in headers"
        ),
    ),
    "the type of a WebSocket's body": (
        'expect = [200]\ncheck = [{ pattern = "^ok" }, { length = 12 }]',
        (
            'expect = [101]\nkind = "websocket"\ncontent_type = "a/b"\n'
            'messages = { count = 2, number = { pointer = "/n" } }'
        ),
        'workload.routes[1].content_type = "...": expected none of a WebSocket: messages say what comes and goes',
    ),
    "a pointer with a bare tilde": (
        'pointer = "/code"',
        'pointer = "/co~de"',
        'workload.routes[0].check[0].pointer = "/co~de": expected ~0 in the place of a ~ of a name, and ~1',
    ),
    "a warm-up that tells nothing": (
        "rate = 40",
        "rate = 40\nwarm_up_requests = 2",
        "workload.warm_up_requests = 2: expected 3 or more: one of each request that tells what others name",
    ),
    "journeys outside of the workload": (
        "[[workload.journeys]]",
        "[[journeys]]",
        "journeys = [{",
    ),
}
