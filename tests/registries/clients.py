"""Registers as services would: over each registry's own HTTP API."""

import json
from collections.abc import Callable
from typing import Protocol

from fixtures.platforms.http_client import HttpClient


class Client(Protocol):
    """One registry's."""

    def register(self, service: str, port: int, **metadata: str) -> None: ...

    def deregister(self, service: str, port: int) -> None: ...

    def disable(self, service: str, port: int) -> None:
        """Listed, but no target."""
        ...


class NacosClient:
    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/nacos/v3"

    def register(self, service: str, port: int, **metadata: str) -> None:
        self._ask("POST", "client", _instance(service, port) | {"metadata": json.dumps(metadata)})

    def deregister(self, service: str, port: int) -> None:
        self._ask("DELETE", "client", _instance(service, port))

    def disable(self, service: str, port: int) -> None:
        self._ask("PUT", "admin", _instance(service, port) | {"enabled": "false"})

    def _ask(self, method: str, api: str, params: dict[str, str]) -> None:
        answer = HttpClient().request(method, f"{self._url}/{api}/ns/instance", params=params, timeout=10)
        assert answer.ok, answer.text


def _instance(service: str, port: int) -> dict[str, str]:
    return {"serviceName": service, "ip": "127.0.0.1", "port": str(port)}


class EurekaClient:
    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/eureka/apps"

    def register(self, service: str, port: int, **metadata: str) -> None:
        instance = {
            "instanceId": f"{service}-{port}",
            "hostName": "127.0.0.1",
            "app": service.upper(),
            "ipAddr": "127.0.0.1",
            "vipAddress": service,
            "status": "UP",
            "port": {"$": port, "@enabled": "true"},
            "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
            "metadata": metadata,
        }
        self._ask("POST", service.upper(), json={"instance": instance})

    def deregister(self, service: str, port: int) -> None:
        self._ask("DELETE", f"{service.upper()}/{service}-{port}")

    def disable(self, service: str, port: int) -> None:
        self._ask("PUT", f"{service.upper()}/{service}-{port}/status?value=OUT_OF_SERVICE")

    def _ask(self, method: str, path: str, json: object = None) -> None:
        answer = HttpClient().request(method, f"{self._url}/{path}", json=json, timeout=10)
        assert answer.ok, answer.text


CLIENTS: dict[str, Callable[[str], Client]] = {"nacos": NacosClient, "eureka": EurekaClient}
