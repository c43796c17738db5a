"""Registers as services would: over each registry's own HTTP API."""

import json
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from conformance.run.world import RegistryName
from fixtures.platforms.http_client import HttpClient


class Client(Protocol):
    """One registry's."""

    def register(self, service: str | RegistryName, port: int, host: str = "127.0.0.1", **metadata: str) -> None:
        """Be listed there; under a plain name, in the default group and namespace."""
        ...

    def deregister(self, service: str, port: int) -> None:
        """Be listed no longer."""
        ...


class NacosClient:
    """By the API for clients that came with version 3."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/nacos/v3/client/ns/instance"

    def register(self, service: str | RegistryName, port: int, host: str = "127.0.0.1", **metadata: str) -> None:
        self.send("POST", service, port, host, metadata=json.dumps(metadata))

    def deregister(self, service: str, port: int) -> None:
        self.send("DELETE", service, port, "127.0.0.1")

    def send(self, method: str, service: str | RegistryName, port: int, host: str, **params: str) -> None:
        """With any parameters of Nacos's own."""
        whom = RegistryName(service) if isinstance(service, str) else service
        params |= {"serviceName": whom.name, "ip": host, "port": str(port)}
        params |= {"groupName": whom.group} if whom.group else {}
        params |= {"namespaceId": whom.namespace} if whom.namespace else {}
        answer = HttpClient().request(method, self._url, params=params, timeout=10)
        assert answer.ok, answer.text


class EurekaClient:
    """Plain REST, with the instance id that Spring Cloud makes: host, application, port."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/eureka/apps"

    def register(self, service: str | RegistryName, port: int, host: str = "127.0.0.1", **metadata: str) -> None:
        self.send(service, port, host, metadata=metadata)

    def send(self, service: str | RegistryName, port: int, host: str = "127.0.0.1", **fields: object) -> None:
        """With any fields of Eureka's own."""
        name = service if isinstance(service, str) else service.name
        instance = {
            "instanceId": _id(name, port, host),
            "hostName": host,
            "app": name.upper(),
            "ipAddr": host,
            "vipAddress": name,
            "status": "UP",
            "port": {"$": port, "@enabled": "true"},
            "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
            **fields,
        }
        self._ask("POST", _app(name), json={"instance": instance})

    def deregister(self, service: str, port: int) -> None:
        self._ask("DELETE", f"{_app(service)}/{_id(service, port, '127.0.0.1')}")

    def renew(self, service: str, port: int) -> None:
        self._ask("PUT", f"{_app(service)}/{_id(service, port, '127.0.0.1')}")

    def _ask(self, method: str, path: str, json: object = None) -> None:
        answer = HttpClient().request(method, f"{self._url}/{path}", json=json, timeout=10)
        assert answer.ok, answer.text


def _app(service: str) -> str:
    return quote(service.upper(), safe="")


def _id(service: str, port: int, host: str) -> str:
    return f"{host}:{service}:{port}"


CLIENTS: dict[str, Callable[[str], Client]] = {"nacos": NacosClient, "eureka": EurekaClient}
