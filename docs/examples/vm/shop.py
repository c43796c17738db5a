"""What customers see: asks the stock service, at a host that Eureka lists."""

import json
import urllib.request

from eureka import Addresses
from serving import serve

stock = Addresses("stock")


def answer(method, path, body):
    address = stock.any()
    if address is None:
        return 503, {"error": "no stock service is known"}
    if path == "/health":
        return 200, {}
    with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as told:
        return 200, json.loads(told.read())


serve(answer)
