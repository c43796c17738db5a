"""Wrong workloads that say it as another tool would, with units and brackets of its own: as in wrong_workloads.py."""

from tests.services.wrong_workloads import LOGIN

_NAMES = "known names: id, written, work_ms, token, order, basket, data.user, data.article"

MISTAKES = {
    "a rate with its unit": ("rate = 40", 'rate = "40/s"', 'workload.rate = "40/s": expected a whole number'),
    "one time to think": (
        "[100, 400]",
        "300",
        "workload.journeys[0].think_ms = 300: expected a list: [500, 2000]",
    ),
    "a time-out with its unit": (
        "timeout_s = 2",
        'timeout_s = "2s"',
        'workload.routes[1].timeout_s = "2s": expected a number of seconds, without quotes and unit',
    ),
    "a time-out in another unit": (
        "timeout_s = 2",
        "timeout_ms = 2000",
        "workload.routes[1].timeout_ms = 2000: unknown key; did you mean timeout_s?",
    ),
    "a promise as a text": (
        "within_ms = 500",
        'within_ms = "500"',
        'workload.routes[1].within_ms = "500": expected a number of milliseconds, without quotes and unit',
    ),
    "bytes with their unit": (
        "timeout_s = 2",
        'timeout_s = 2\nbody_bytes = "20MB"',
        'workload.routes[1].body_bytes = "20MB": expected a whole number of bytes, without quotes and unit',
    ),
    "a method in small letters": (
        'name = "look"\nmethod = "GET"',
        'name = "look"\nmethod = "get"',
        "workload.routes[1].method = \"get\": expected 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'; did you mean GET?",
    ),
    "headers as lines": (
        'headers = { Authorization = "Bearer {token}" }',
        'headers = ["Authorization: Bearer {token}"]',
        'workload.routes[0].headers = ["Authorization: Bearer ***"]: expected a table: { Authorization = "Bearer',
    ),
    "a header that is a number": (
        'headers = { Authorization = "Bearer {token}" }',
        'headers = { X-Version = 2, Authorization = "Bearer {token}" }',
        "workload.routes[0].headers.X-Version = 2: expected a text in quotes",
    ),
    "something taken by a text": (
        '{ order = { header = "Location" } }',
        '{ order = "/id" }',
        'workload.routes[0].take.order = "/id": expected a table: { pointer = "/token" }',
    ),
    "something taken that nobody uses": (
        "Bearer {token}",
        "Bearer 1234",
        "workload.login.take.token: expected a request that names {token}; to see that an answer has it, say check",
    ),
    "a status among the checks": (
        'check = { pointer = "/code", equal = 0 }',
        "check = { status = 200 }",
        "workload.routes[0].check[0].status = 200: unknown key; the statuses that are right are the route's: expect =",
    ),
    "a session by its cookie's name": (
        'session = { cookie = "sid", begins = "enter", lost = [401] }',
        'session = "JSESSIONID"',
        'workload.journeys[0].session = "JSESSIONID": expected a table: { cookie = "JSESSIONID" }',
    ),
    "steps by their numbers": (
        'steps = ["enter", "fill", "fill"]',
        "steps = [2, 3]",
        'workload.journeys[0].steps[0] = 2: expected a text in quotes, as in ["enter", "pay"] (and 1 more)',
    ),
    "a class of statuses": (
        "expect = [201]",
        'expect = ["2xx"]',
        'workload.routes[0].expect[0] = "2xx": expected a whole number, as in [200, 201]',
    ),
    "a log-in by its path": (
        LOGIN,
        'login = "/log-in"\n',
        'workload.login = "/log-in": expected a table: [workload.login] with method = "POST"',
    ),
    "a body as a table": (
        'body = \'{"article": "{data.article}"}\'',
        'body = { article = "pen" }',
        'workload.routes[0].body = {"article": "pen"}: expected a text in quotes',
    ),
    "a body without its last brace": (
        '"{data.article}"}\'',
        '"{data.article}"\'',
        'workload.routes[0].body = "{\\"article\\": \\"{data.article}\\"": expected JSON (Expecting \',\' del',
    ),
    "a form as it is sent": (
        'form = { title = "x" }',
        'form = "title=x"',
        'workload.routes[3].form = "title=x": expected a table: { user = "ada" }',
    ),
    "files without their fields": (
        'files = { drawing = "sketch.txt" }',
        'files = ["sketch.txt"]',
        'workload.routes[3].files = ["sketch.txt"]: expected a table: { drawing = "sketch.txt" }',
    ),
    "an address in the place of a path": (
        'path = "/orders"',
        'path = "https://shop.example/orders"',
        'workload.routes[0].path = "https://shop.example/orders": expected a path alone, such as /orders: the load',
    ),
    "a name as Java spells it": (
        'path = "/orders"',
        'path = "/orders/{orderId}"',
        (
            'workload.routes[0].path = "/orders/{orderId}": expected a name in braces, of small letters, in the place'
            f" of {{orderId}}; {_NAMES}"
        ),
    ),
    "a name as a shell spells it": (
        'path = "/orders"',
        'path = "/orders/${id}"',
        'workload.routes[0].path = "/orders/${id}": expected a name in braces, of small letters, in the place of ${id}',
    ),
    "a name in double braces": (
        'path = "/orders"',
        'path = "/orders/{{id}}"',
        'workload.routes[0].path = "/orders/{{id}}": expected a name in braces, of small letters, in the place of',
    ),
    "a column without its table": (
        "{data.article}",
        "{article}",
        'workload.routes[0].body = "{\\"article\\": \\"{article}\\"}": expected no {article}; known names: id,',
    ),
    "a column that is misspelt": (
        "{data.article}",
        "{data.artcle}",
        'workload.routes[0].body = "{\\"article\\": \\"{data.artcle}\\"}": expected no {data.artcle}; known names: id,',
    ),
    "data with semicolons": (
        '"people.csv"',
        '"semicolons.csv"',
        "workload.data = \"semicolons.csv\": expected a CSV file: its first line names 'user;article'; expected commas",
    ),
    "a pointer as JSONPath has it": (
        'pointer = "/code"',
        'pointer = "$.code"',
        'workload.routes[0].check[0].pointer = "$.code": expected a JSON pointer: "" for the whole body, else one',
    ),
    "a cookie of one's own on a journey": (
        'name = "enter"\nmethod = "POST"',
        'name = "enter"\nheaders = { Cookie = "sid=1" }\nmethod = "POST"',
        'workload.journeys[0].steps[0] = "enter": expected a route without a header Cookie: a user keeps the cookies',
    ),
    "events of a number": (
        "timeout_s = 2",
        'timeout_s = 2\nkind = "events"\nmessages = 20',
        'workload.routes[1].messages = 20: expected a table: { count = 20, number = { pointer = "/n" } }',
    ),
    "routes in single brackets": (
        "[[workload.routes]]",
        "[workload.routes]\n[workload.routes]",
        (
            "not TOML: Cannot declare ('workload', 'routes') twice (at line 24, column 17); each of them stands in"
            " double brackets: [[workload.routes]]"
        ),
    ),
}
