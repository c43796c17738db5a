"""Wrong workloads of values of another type, size or form, or that nothing makes use of: as in wrong_workloads.py."""

MISTAKES = {
    "a value that is taken by a name in capitals": (
        "{ basket = {",
        "{ Basket = {",
        "workload.routes[2].take.Basket: expected a name of small letters, digits and _, as it stands in braces",
    ),
    "the id of a write where none writes": (
        'write = true\nweight = 3\n\n[[workload.routes]]\nname = "look"\nmethod = "GET"\npath = "{order}"',
        'write = false\nweight = 3\n\n[[workload.routes]]\nname = "look"\nmethod = "GET"\npath = "/orders/{written}"',
        'workload.routes[1].path = "/orders/{written}": expected no {written}: no route writes',
    ),
    "the id of a write where none leaves anything": (
        'weight = 3\n\n[[workload.routes]]\nname = "look"\nmethod = "GET"\npath = "{order}"',
        'weight = 3\neffects = { 201 = [] }\n\n[[workload.routes]]\nname = "look"\nmethod = "GET"\npath = "/{written}"',
        'workload.routes[1].path = "/{written}": expected no {written}: no write leaves anything, whatever its status',
    ),
    "effects of a read": (
        'weight = 1\n\n[[workload.routes]]\nname = "enter"',
        'weight = 1\neffects = ["x"]\n\n[[workload.routes]]\nname = "enter"',
        'workload.routes[1].effects = ["x"]: expected none: a read leaves no effects',
    ),
    "effects that nobody counts": (
        "weight = 3",
        'weight = 3\neffects = ["placed"]',
        'workload.routes[0].effects = ["placed"]: expected a table [audit] to count them',
    ),
    "held without being asked to": (
        "weight = 3",
        "weight = 3\nlong_share = 0.1\nlong_ms = [1, 2]",
        "workload.routes[0].long_share = 0.1: expected 0: neither path nor body names {work_ms}",
    ),
    "held for less than nothing": (
        "weight = 3",
        "weight = 3\nlong_ms = [-1, 2]",
        "workload.routes[0].long_ms = [-1, 2]: expected the least and the greatest number of milliseconds",
    ),
    "a header of two lines": (
        '"Bearer {token}"',
        '"Bearer\\r\\nX: {token}"',
        'workload.routes[0].headers.Authorization = "Bearer\\r\\nX: {token}": expected a header\'s text in o',
    ),
    "a header that is the client's own": (
        "{ Authorization =",
        "{ Content-Length =",
        "workload.routes[0].headers.Content-Length: expected another header: the client sends this one by itself",
    ),
    "a header's name with a space": (
        "{ Authorization =",
        '{ "Author ization" =',
        'workload.routes[0].headers."Author ization": expected a header\'s name: letters, digits and hyphe',
    ),
    "files of a type of one's own": (
        "files = {",
        'content_type = "text/plain"\nfiles = {',
        'workload.routes[3].content_type = "text/plain": expected none: files are sent as multipart/form-data',
    ),
    "a stall shorter than the p99": (
        "stall_ms = 2000",
        "stall_ms = 200",
        "promise.stall_ms = 200.0: expected p99_ms or more, 250: it bounds every answer",
    ),
    "a p99 of nothing": ("p99_ms = 250", "p99_ms = 0", "promise.p99_ms = 0: expected more than 0"),
    "users of routes": (
        "rate = 40",
        "rate = 40\nusers = 5",
        "workload.users = 5: expected only with a locustfile: routes say it themselves",
    ),
    "a locustfile beside routes": (
        "rate = 40",
        'rate = 40\nlocustfile = "locustfile.py"',
        'workload.routes = "...": expected none beside a locustfile, whose tasks ask for everything themselves',
    ),
    "a weight below nothing": ("weight = 3", "weight = -3", "workload.routes[0].weight = -3: expected more than 0"),
    "a write that is yes": (
        "write = true",
        'write = "yes"',
        'workload.routes[0].write = "yes": expected true or false',
    ),
    "a promise of words": ("p99_ms = 250", 'p99_ms = "250 ms"', 'promise.p99_ms = "250 ms": expected a number'),
    "a p99 without an end": ("p99_ms = 250", "p99_ms = inf", "promise.p99_ms = Infinity: expected a finite number"),
    "a cookie with its value": (
        'cookie = "sid"',
        'cookie = "sid=1"',
        'workload.journeys[0].session.cookie = "sid=1": expected a cookie\'s name alone, such as JSESSIONID',
    ),
    "thinking for days": (
        "[100, 400]",
        "[100, 100000000]",
        "workload.journeys[0].think_ms = [100, 100000000]: expected 3600000 ms at most: no release lasts longer",
    ),
    "a type of two lines": (
        "check = { pointer",
        'content_type = "text/plain\\r\\nX: y"\ncheck = { pointer',
        'workload.routes[0].content_type = "text/plain\\r\\nX: y": expected a text in one line, not empty',
    ),
    "a day in the place of a text": (
        "equal = 0",
        "equal = 2020-01-01",
        'workload.routes[0].check[0].equal = "2020-01-01": expected a value of JSON: a date or a time is ',
    ),
    "a value that JSON does not have": (
        "equal = 0",
        "equal = nan",
        "workload.routes[0].check[0].equal = NaN: expected a value of JSON, which has no such number",
    ),
    "a header of an answer with a space": (
        '{ header = "Location" }',
        '{ header = "Lo cation" }',
        'workload.routes[0].take.order.header = "Lo cation": expected the name of an answer\'s header, suc',
    ),
    "one value of two groups": (
        '{ header = "Location" }',
        "{ pattern = '(a)(b)' }",
        'workload.routes[0].take.order.pattern = "(a)(b)": expected one group, whose text is taken; there',
    ),
    "a pattern that is found everywhere": (
        '{ header = "Location" }',
        '{ pattern = "" }',
        'workload.routes[0].take.order.pattern = "": expected a regular expression; an empty one is found',
    ),
    "a status twice": (
        "expect = [201]",
        "expect = [201, 201]",
        "workload.routes[0].expect = [201, 201]: expected each status once: 201 is there twice",
    ),
    "held for weeks": (
        "weight = 3",
        "weight = 3\nlong_ms = [1, 99999999999]",
        "workload.routes[0].long_ms = [1, 99999999999]: expected 3600000 ms at most: no release lasts longer",
    ),
    "two columns of one name": (
        '"people.csv"',
        '"twice.csv"',
        "workload.data = \"twice.csv\": expected a CSV file: its column 'user' needs a name of letters, dig",
    ),
    "data of another encoding": (
        '"people.csv"',
        '"latin.csv"',
        'workload.data = "latin.csv": expected a CSV file: not UTF-8: byte 0xe9 at position 15; save it as UTF-8',
    ),
    "a weight of the log-in": (
        "renew_s = 20",
        "renew_s = 20\nweight = 1",
        "workload.login.weight = 1: unknown key; known here: method, path, headers, content_type, body, f",
    ),
    "steps in one text": (
        '["enter", "fill", "fill"]',
        '"enter"',
        'workload.journeys[0].steps = "enter": expected a list',
    ),
    "a single lost status": ("lost = [401]", "lost = 401", "workload.journeys[0].session.lost = 401: expected a list"),
    "a lost status of no answer": (
        "lost = [401]",
        "lost = [99]",
        "workload.journeys[0].session.lost[0] = 99: expected 100 or more",
    ),
    "a stall that is no number": (
        "stall_ms = 2000",
        "stall_ms = nan",
        "promise.stall_ms = NaN: expected a finite number",
    ),
    "a time-out without an end": (
        "timeout_s = 2",
        "timeout_s = inf",
        "workload.routes[1].timeout_s = Infinity: expected 86400 or less",
    ),
    "a weight that is no number": (
        "weight = 3",
        "weight = nan",
        "workload.routes[0].weight = NaN: expected a finite number",
    ),
    "a method whose answer has no end": (
        'name = "look"\nmethod = "GET"',
        'name = "look"\nmethod = "HEAD"',
        "workload.routes[1].method = \"HEAD\": expected 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'",
    ),
    "a form's number": (
        'form = { title = "x" }',
        "form = { title = 3 }",
        "workload.routes[3].form.title = 3: expected a text in quotes",
    ),
    "a check in one text": (
        'check = { pointer = "/code", equal = 0 }',
        'check = "/code"',
        'workload.routes[0].check = "/code": expected a table: { pattern = "^ok" }',
    ),
    "something taken without saying how": (
        '{ order = { header = "Location" } }',
        '"order"',
        'workload.routes[0].take = "order": expected a table: { token = { pointer = "/token" } }',
    ),
    "a promise of another share": (
        "p99_ms = 250",
        "p95_ms = 250",
        "promise.p95_ms = 250: unknown key; did you mean p99_ms?",
    ),
    "a cookie of the SLB's with a space": (
        "[promise]",
        '[slb]\nsticky_cookie = "a b"\n[promise]',
        'slb.sticky_cookie = "a b": expected a cookie\'s name of letters, digits and _, such as SERVERID',
    ),
    "a route by the log-in's name": (
        'name = "look"',
        'name = "login"',
        'workload.routes[1].name = "login": expected a name that no other route has',
    ),
    "thinking for half a millisecond": (
        "[100, 400]",
        "[0.5, 1]",
        "workload.journeys[0].think_ms[0] = 0.5: expected a whole number",
    ),
}
