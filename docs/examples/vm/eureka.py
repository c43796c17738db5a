"""As much of a Eureka client as this shop needs: register, renew, and ask who is there."""

import json
import os
import random
import threading
import time
import urllib.request

URL = f"http://{os.environ['EUREKA']}/eureka/apps"
RENEW_S, REFRESH_S = float(os.environ["RENEW_S"]), float(os.environ["REFRESH_S"])


def _ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(f"{URL}/{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=3) as answer:
        return json.loads(answer.read() or b"{}")


def register(app, host, port):
    """Registers, and renews the lease for as long as this process lives."""
    instance = {
        "instanceId": f"{host}:{port}", "hostName": host, "ipAddr": host, "app": app.upper(), "vipAddress": app,
        "status": "UP", "port": {"$": port, "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": int(RENEW_S), "durationInSecs": int(os.environ["EXPIRE_S"])},
    }
    _ask("POST", app.upper(), {"instance": instance})

    def renew():
        while True:
            time.sleep(RENEW_S)
            try:
                _ask("PUT", f"{app.upper()}/{host}:{port}")
            except OSError as error:
                print(f"no renewal: {error}", flush=True)

    threading.Thread(target=renew, daemon=True).start()


class Addresses:
    """Where the instances of an application are, as of the last refresh."""

    def __init__(self, app):
        self._app, self._found = app.upper(), []
        threading.Thread(target=self._refresh, daemon=True).start()

    def _refresh(self):
        while True:
            try:
                listed = _ask("GET", self._app)["application"]["instance"]
                self._found = [f"{one['ipAddr']}:{one['port']['$']}" for one in listed if one["status"] == "UP"]
            except OSError as error:
                print(f"no refresh: {error}", flush=True)
            time.sleep(REFRESH_S)

    def any(self):
        return random.choice(self._found) if self._found else None
