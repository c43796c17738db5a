"""Books an order and puts a mail into the outbox, in one transaction."""

import os

import psycopg

from eureka import register
from serving import HOST, PORT, serve



def answer(method, path, body):
    if path == "/health":
        return 200, {}
    with psycopg.connect(os.environ["DATABASE"]) as connection:
        connection.execute("INSERT INTO orders (reference, booked_by) VALUES (%s, %s)", (body["reference"], os.environ["NAME"]))
        connection.execute("INSERT INTO outbox (reference) VALUES (%s)", (body["reference"],))
    return 201, {"reference": body["reference"]}


serve(answer, ready=lambda: register("orders", HOST, PORT))
