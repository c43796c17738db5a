"""Wrong workloads of routes: what is changed of a right one, and the line in which that is told, or its beginning."""

LOGIN = """\
[workload.login]
method = "POST"
path = "/log-in"
form = { user = "{data.user}" }
expect = [200]
take = { token = { pointer = "/token" } }
renew_s = 20
"""
RIGHT = (
    """\
[workload]
rate = 40
data = "people.csv"

"""
    + LOGIN
    + """
[[workload.routes]]
name = "order"
method = "POST"
path = "/orders"
headers = { Authorization = "Bearer {token}" }
body = '{"article": "{data.article}"}'
expect = [201]
check = { pointer = "/code", equal = 0 }
take = { order = { header = "Location" } }
write = true
weight = 3

[[workload.routes]]
name = "look"
method = "GET"
path = "{order}"
expect = [200]
check = [{ pattern = "^ok" }, { length = 12 }]
within_ms = 500
timeout_s = 2
write = false
weight = 1

[[workload.routes]]
name = "enter"
method = "POST"
path = "/baskets"
expect = [200]
write = false
take = { basket = { pointer = "/basket" } }

[[workload.routes]]
name = "fill"
method = "POST"
path = "/baskets/{basket}"
form = { title = "x" }
files = { drawing = "sketch.txt" }
expect = [200]
write = false

[[workload.journeys]]
name = "shop"
weight = 1
steps = ["enter", "fill", "fill"]
think_ms = [100, 400]
session = { cookie = "sid", begins = "enter", lost = [401] }

[promise]
p99_ms = 250
stall_ms = 2000
"""
)

MISTAKES = {
    "a rate of nothing": ("rate = 40", "rate = 0", "workload.rate = 0: expected 1 or more"),
    "a rate with a fraction": ("rate = 40", "rate = 40.5", "workload.rate = 40.5: expected a whole number"),
    "a share above one": (
        "rate = 40",
        "rate = 40\nfresh_share = 1.5",
        "workload.fresh_share = 1.5: expected 1 or less",
    ),
    "a warm-up below nothing": (
        "rate = 40",
        "rate = 40\nwarm_up_requests = -1",
        "workload.warm_up_requests = -1: expected 0 or more",
    ),
    "data that is not there": (
        '"people.csv"',
        '"persons.csv"',
        'workload.data = "persons.csv": expected a CSV file beside the descriptor, in FOLDER',
    ),
    "data without rows": (
        '"people.csv"',
        '"empty.csv"',
        'workload.data = "empty.csv": expected a CSV file: it has no rows below the names of its columns',
    ),
    "data with an uneven row": (
        '"people.csv"',
        '"uneven.csv"',
        'workload.data = "uneven.csv": expected a CSV file: line 3 has 1 values for 2 columns',
    ),
    "a column that is not there": (
        "{data.user}",
        "{data.name}",
        'workload.login.form.user = "{data.name}": expected no {data.name}; known names: id, written, wor',
    ),
    "a log-in of which nothing is taken": (
        'take = { token = { pointer = "/token" } }\n',
        "",
        'workload.login.take: expected what is taken of its answer, such as { token = { pointer = "/token" } }',
    ),
    "a log-in that is never renewed": (
        "renew_s = 20",
        "renew_s = 0",
        "workload.login.renew_s = 0: expected more than 0",
    ),
    "a token by another name": (
        "Bearer {token}",
        "Bearer {tokn}",
        'workload.routes[0].headers.Authorization = "Bearer {tokn}": expected no {tokn}; known names: id,',
    ),
    "a method of no client": (
        'name = "look"\nmethod = "GET"',
        'name = "look"\nmethod = "FETCH"',
        "workload.routes[1].method = \"FETCH\": expected 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'",
    ),
    "a path without its slash": (
        'path = "/orders"',
        'path = "orders"',
        'workload.routes[0].path = "orders": expected a path that begins with /',
    ),
    "two routes of one name": (
        'name = "look"',
        'name = "order"',
        'workload.routes[1].name = "order": expected a name that no other route has',
    ),
    "a body and a form": (
        "form = { title",
        'body = "x"\nform = { title',
        'workload.routes[3].body = "x": expected a body, or a form with or without files: not both',
    ),
    "a file that is not there": (
        "sketch.txt",
        "sketches.txt",
        'workload.routes[3].files.drawing = "sketches.txt": expected a file beside the descriptor, in FOLDER',
    ),
    "a status of no answer": (
        "expect = [201]",
        "expect = [20]",
        "workload.routes[0].expect[0] = 20: expected 100 or more",
    ),
    "no status": (
        "expect = [201]",
        "expect = []",
        "workload.routes[0].expect = []: expected at least one, as in [200, 201]",
    ),
    "a status as a text": (
        "expect = [201]",
        'expect = "201"',
        'workload.routes[0].expect = "201": expected a list: [200, 201]',
    ),
    "a check of nothing": (
        '{ pointer = "/code", equal = 0 }',
        "{}",
        "workload.routes[0].check[0]: expected one of pointer with equal or exists, pattern, length",
    ),
    "a pointer without its slash": (
        'pointer = "/code"',
        'pointer = "code"',
        'workload.routes[0].check[0].pointer = "code": expected a JSON pointer: "" for the whole body, el',
    ),
    "a pointer that says nothing": (
        '/code", equal = 0',
        '/code"',
        'workload.routes[0].check[0].pointer = "/code": expected equal or exists, which say what must sta',
    ),
    "a value of no pointer": (
        '{ pointer = "/code", equal = 0 }',
        "{ equal = 0 }",
        'workload.routes[0].check[0].pointer: expected a pointer, such as "/code", which equal is about',
    ),
    "a broken pattern": (
        "^ok",
        "^(ok",
        'workload.routes[1].check[0].pattern = "^(ok": expected a regular expression; this one is broken:',
    ),
    "a length below nothing": (
        "length = 12",
        "length = -12",
        "workload.routes[1].check[1].length = -12: expected 0 or more",
    ),
    "a promise longer than the time-out": (
        "within_ms = 500",
        "within_ms = 5000",
        "workload.routes[1].within_ms = 5000.0: expected no more than its time-out, 2 s",
    ),
    "a promise of no time": (
        "within_ms = 500",
        "within_ms = 0",
        "workload.routes[1].within_ms = 0: expected more than 0",
    ),
    "a time-out of no time": (
        "timeout_s = 2",
        "timeout_s = -2",
        "workload.routes[1].timeout_s = -2: expected more than 0",
    ),
    "something taken by two ways": (
        '{ header = "Location" }',
        '{ header = "Location", pointer = "/order" }',
        "workload.routes[0].take.order: expected one of pointer, header, pattern; given: pointer, header",
    ),
    "something taken by no way": (
        '{ header = "Location" }',
        "{}",
        "workload.routes[0].take.order: expected one of pointer, header, pattern; given: none",
    ),
    "a misspelt key of a route": (
        "weight = 3",
        "wieght = 3\nweight = 3",
        "workload.routes[0].wieght = 3: unknown key; did you mean weight?",
    ),
    "a step of no route": (
        '"fill", "fill"]',
        '"fill", "pay"]',
        'workload.journeys[0].steps[2] = "pay": expected a route\'s name: order, look, enter, fill',
    ),
    "a journey without steps": (
        '["enter", "fill", "fill"]',
        "[]",
        'workload.journeys[0].steps = []: expected at least one, as in ["enter", "pay"]',
    ),
    "thinking backwards": (
        "[100, 400]",
        "[400, 100]",
        "workload.journeys[0].think_ms = [400, 100]: expected the least and the greatest number of milliseconds",
    ),
    "thinking once": (
        "[100, 400]",
        "[100]",
        "workload.journeys[0].think_ms = [100]: expected one more, as in [500, 2000]",
    ),
    "a session that begins nowhere": (
        'begins = "enter"',
        'begins = "order"',
        'workload.journeys[0].session.begins = "order": expected one of its steps: enter, fill',
    ),
    "a session that nothing shows": (
        '{ cookie = "sid", begins = "enter", lost = [401] }',
        '{ begins = "enter" }',
        'workload.journeys[0].session: expected the cookie that names it, such as cookie = "JSESSIONID", ',
    ),
    "a session that begins with the end": (
        'steps = ["enter", "fill", "fill"]',
        'steps = ["enter"]',
        "workload.journeys[0].session: expected a step after the one that begins the session, which it co",
    ),
    "a lost session that is expected": (
        "lost = [401]",
        "lost = [200]",
        "workload.journeys[0].session.lost = [200]: expected no 200: fill expects that status",
    ),
    "a journey of a route's name": (
        'name = "shop"\nweight',
        'name = "look"\nweight',
        'workload.journeys[0].name = "look": expected a name that no route and no journey has',
    ),
    "a journey without a weight": (
        'name = "shop"\nweight = 1\n',
        'name = "shop"\n',
        "workload.journeys[0].weight: missing; it must be given",
    ),
    "a route that nobody asks": (
        'steps = ["enter", "fill", "fill"]',
        'steps = ["enter", "enter"]',
        "workload.routes[3].weight: expected a weight, or a journey that it is a step of",
    ),
    "a step before what it names": (
        'steps = ["enter", "fill", "fill"]',
        'steps = ["fill", "enter", "fill"]',
        'workload.journeys[0].steps[0] = "fill": expected no {basket} in its path: no step before it takes that',
    ),
    "a single request that names a user's own": (
        'path = "{order}"',
        'path = "/baskets/{basket}"',
        'workload.routes[1] = "look": expected no {basket} in its path: only journeys take it, each for i',
    ),
    "a name that is taken twice": (
        "{ basket = {",
        "{ order = {",
        "workload.routes[2].take.order: expected another name: routes[0] has this one",
    ),
    "a name that has a meaning": (
        "{ basket = {",
        "{ id = {",
        "workload.routes[2].take.id: expected another name: the suite has this one",
    ),
}
