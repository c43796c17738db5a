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
}
