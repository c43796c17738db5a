"""Sends the mails of the outbox. A mail is taken and noted as sent in one transaction; SIGTERM ends it between two."""

import os
import signal
import time

import psycopg

TAKE = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED) RETURNING reference"
NOTE = "INSERT INTO sent (reference, sent_by) VALUES (%s, %s)"

ending = []
signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
with psycopg.connect(os.environ["DATABASE"], autocommit=True) as connection:
    print("mailer has started", flush=True)
    while not ending:
        with connection.transaction():
            taken = connection.execute(TAKE).fetchall()
            for (reference,) in taken:
                connection.execute(NOTE, (reference, os.environ["NAME"]))
        if not taken:
            time.sleep(0.05)
