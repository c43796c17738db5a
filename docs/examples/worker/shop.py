"""What customers see: takes purchases, and hands them to the orders service."""

import json
import urllib.error
import urllib.request

from eureka import Addresses
from serving import serve

orders = Addresses("orders")


def answer(method, path, body):
    if path == "/health":
        return (200, {}) if orders.any() else (503, {"error": "no orders service is known"})
    if (method, path) != ("POST", "/purchases"):
        return 404, {}
    address = orders.any()
    if address is None:
        return 503, {"error": "no orders service is known"}
    request = urllib.request.Request(f"http://{address}/orders", json.dumps(body).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as told:
            return told.status, json.loads(told.read())
    except urllib.error.HTTPError as error:
        return error.code, {"error": "the orders service has refused it"}


serve(answer)
