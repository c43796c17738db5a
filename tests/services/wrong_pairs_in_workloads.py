"""Wrong workloads whose keys cannot be right together, or at all: as in wrong_workloads.py."""

MISTAKES = {
    "a promise above the usual time-out": (
        "within_ms = 500\ntimeout_s = 2",
        "within_ms = 10001",
        "workload.routes[1].within_ms = 10001.0: expected no more than its time-out, 10 s: set timeout_s above it",
    ),
    "held for longer than is waited": (
        'body = \'{"article": "{data.article}"}\'',
        'body = "{work_ms}"\nlong_share = 0.1\nlong_ms = [200, 10000]',
        "workload.routes[0].long_ms = [200, 10000]: expected less than its time-out, 10 s: set timeout_s above it",
    ),
    "held, and not for how long": (
        'body = \'{"article": "{data.article}"}\'',
        'body = "{work_ms}"\nlong_share = 0.1',
        "workload.routes[0].long_share = 0.1: expected long_ms beside it, how long they are, such as [200, 600]",
    ),
    "a log-in that needs its own token": (
        '{ user = "{data.user}" }',
        '{ user = "{token}" }',
        'workload.login.form.user = "{token}": expected no {token}, which only its own answer tells',
    ),
    "the number of a message of no group": (
        "timeout_s = 2",
        "timeout_s = 2\nkind = 'events'\nmessages = { count = 2, number.pattern = '[0-9]+' }",
        'workload.routes[1].messages.number.pattern = "[0-9]+": expected a group, whose text is taken: write ( and )',
    ),
    "a fragment": (
        'path = "/orders"',
        'path = "/orders#new"',
        'workload.routes[0].path = "/orders#new": expected a path without #, which no client sends; write it as %23',
    ),
    "a brace that is not closed": (
        'path = "/orders"',
        'path = "/orders/{id"',
        'workload.routes[0].path = "/orders/{id": expected a } behind each {, such as /orders/{id}; write it as %7B',
    ),
    "a brace that is not closed before the next": (
        'path = "/orders"',
        'path = "/orders/{id/{work_ms}"',
        'workload.routes[0].path = "/orders/{id/{work_ms}": expected a } behind each {, such as /orders/{id}; write it',
    ),
    "a header in two spellings": (
        "{ Authorization =",
        '{ authorization = "x", Authorization =',
        (
            'workload.routes[0].headers = {"authorization": "***", "Authorization": "***"}: expected each'
            " header once: authorization and Authorization are the same"
        ),
    ),
    "a field of the form that is a file, too": (
        'files = { drawing = "sketch.txt" }',
        'files = { title = "sketch.txt" }',
        'workload.routes[3].files.title = "sketch.txt": expected another field: form has this one',
    ),
    "a last line that is every line": (
        "timeout_s = 2",
        'timeout_s = 2\nlast = ""',
        'workload.routes[1].last = "": expected a regular expression; an empty one is found in every body',
    ),
    "a file of this machine": (
        'files = { drawing = "sketch.txt" }',
        'files = { drawing = "/etc/hosts" }',
        (
            'workload.routes[3].files.drawing = "/etc/hosts": expected a file beside the descriptor, in FOLDER: another'
            " machine has no file elsewhere"
        ),
    ),
    "data with the character NUL": (
        '"people.csv"',
        '"nul.csv"',
        'workload.data = "nul.csv": expected a CSV file: it holds the character NUL; save it as text, UTF-8',
    ),
    "data with a quote that is not closed": (
        '"people.csv"',
        '"unclosed.csv"',
        'workload.data = "unclosed.csv": expected a CSV file: a quote is opened and never closed',
    ),
    "data with a quote inside of a value": (
        '"people.csv"',
        '"quotes.csv"',
        "workload.data = \"quotes.csv\": expected a CSV file: its quotes do not fit: ',' expected after",
    ),
    "a pattern of a pointer's value": (
        'check = { pointer = "/code", equal = 0 }',
        'check = { pointer = "/code", equal = 0, pattern = "^0$" }',
        (
            'workload.routes[0].check[0].pattern = "^0$": expected a check of its own, for it is about the whole body: '
            "check = [{ pointer = ... }, { pattern = ... }]"
        ),
    ),
    "a length of a pointer's value": (
        'check = { pointer = "/code", equal = 0 }',
        'check = { pointer = "/code", exists = true, length = 1 }',
        "workload.routes[0].check[0].length = 1: expected a check of its own, for it is about the whole body:",
    ),
    "a value of what is not there": (
        "equal = 0",
        "equal = 0, exists = false",
        "workload.routes[0].check[0].exists = false: expected equal alone, or exists = false alone: what is not there",
    ),
    "a p99 above every time-out": (
        "p99_ms = 250\nstall_ms = 2000",
        "p99_ms = 10001",
        (
            "promise.p99_ms = 10001.0: expected no more than the longest time-out of the requests that it bounds, 10 s:"
            " what takes longer has failed anyway"
        ),
    ),
    "a stall above every time-out": (
        "stall_ms = 2000",
        "stall_ms = 10001",
        "promise.stall_ms = 10001.0: expected no more than the longest time-out of the requests that it bounds, 10 s:",
    ),
    "a step that is misspelt": (
        '"fill", "fill"]',
        '"fill", "fil"]',
        (
            'workload.journeys[0].steps[2] = "fil": expected a route\'s name: order, look, enter, fill; did you mean'
            " fill?"
        ),
    ),
    "something taken that is misspelt": (
        'path = "{order}"',
        'path = "{ordr}"',
        (
            'workload.routes[1].path = "{ordr}": expected no {ordr}; known names: id, written, work_ms, token, order,'
            " basket, data.user, data.article; did you mean {order}?"
        ),
    ),
    "a column that is slightly misspelt": (
        "{data.user}",
        "{data.usr}",
        (
            'workload.login.form.user = "{data.usr}": expected no {data.usr}; known names: id, written, work_ms, token,'
            " order, basket, data.user, data.article; did you mean {data.user}?"
        ),
    ),
    "a step that begins the session, misspelt": (
        'begins = "enter"',
        'begins = "entre"',
        'workload.journeys[0].session.begins = "entre": expected one of its steps: enter, fill; did you mean enter?',
    ),
    "effects of a status that is not expected": (
        "expect = [201]",
        "expect = [201]\neffects = { 201 = [], 410 = [] }",
        "workload.routes[0].effects.410 = []: expected a status that the route expects: 201",
    ),
}
