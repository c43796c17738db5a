"""Tells how much of an article there is."""

from eureka import register
from serving import HOST, PORT, serve


def answer(method, path, body):
    return 200, {"path": path, "pieces": 7}


serve(answer, ready=lambda: register("stock", HOST, PORT))
