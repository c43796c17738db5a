"""Records that earlier versions of the suite made, read as today's.

The oldest know three roles, once each, in one chain: an entry that calls a middle that calls a leaf. Their hops are
named by roles, in what a scenario expects and in the answers' X-Hops alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import msgspec

from conformance.record.contract import SLB_CALLS, Contract, PlanNode

_CHAIN: Final = ("entry", "middle", "leaf")
_CALLER_OF: Final = {"middle": "entry", "leaf": "middle"}
_SERVER_SETTINGS: Final = "neighbourhood"
"""Their key in a contract of some time ago."""
_ROLLS_BACK: Final = "R"
"""How the numbers of the steps began that roll back."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of an older record."""

    names: Mapping[str, str]
    """Role -> service."""

    @property
    def hops(self) -> dict[str, str]:
        """The name of each hop by roles -> by services."""
        found = {"slb->entry": f"{SLB_CALLS}->{self.names['entry']}"} if "entry" in self.names else {}
        for callee, caller in _CALLER_OF.items():
            if callee in self.names and caller in self.names:
                found[f"{caller}->{callee}"] = f"{self.names[caller]}->{self.names[callee]}"
        return found


def read_contract(raw: bytes) -> tuple[Contract, Roles | None]:
    """The contract, and the roles of an older one; None where it names callers and callees itself.

    Raises:
        msgspec.DecodeError: It is no contract.
    """
    if f'"{_SERVER_SETTINGS}"'.encode() not in raw and b'"role"' not in raw:
        return msgspec.json.decode(raw, type=Contract), None
    told = msgspec.json.decode(raw)
    if isinstance(told, dict) and _SERVER_SETTINGS in told and "server_settings" not in told:
        told["server_settings"] = told.pop(_SERVER_SETTINGS)
    by_roles = b'"role"' in raw and isinstance(told, dict)
    if not by_roles or not all(isinstance(one, dict) for one in told.get("services", ())):
        return msgspec.convert(told, Contract), None
    names = {one.pop("role"): one.get("name") for one in told.get("services", ()) if "role" in one}
    roles = Roles({role: name for role, name in names.items() if role in _CHAIN and isinstance(name, str)})
    if len(roles.names) < len(names):
        raise msgspec.ValidationError(f"Invalid enum value for a role, among {', '.join(map(str, names))}")
    return _with_gray(msgspec.convert(_by_services(told, roles), Contract)), roles


def read_plan(raw: bytes) -> tuple[PlanNode, ...]:
    """The plan; an older one tells the steps that roll back by their numbers.

    Raises:
        msgspec.DecodeError: It is no plan.
    """
    plan = msgspec.json.decode(raw, type=tuple[PlanNode, ...])
    if b'"undo"' in raw:
        return plan
    return tuple(msgspec.structs.replace(node, undo=node.number.startswith(_ROLLS_BACK)) for node in plan)


def _by_services(told: dict[str, Any], roles: Roles) -> dict[str, Any]:
    """The same contract in today's words."""
    role_of = {name: role for role, name in roles.names.items()}
    for service in told["services"]:
        role = role_of.get(service.get("name"), "")
        callees = [roles.names[to] for to, by in _CALLER_OF.items() if by == role and to in roles.names]
        service |= {"position": _position(role), "calls": callees}
    for release in (told.get("release"), *told.get("also", ())):
        if isinstance(release, dict) and "role" in release:
            role = release.pop("role")
            caller = SLB_CALLS if role == "entry" else roles.names.get(_CALLER_OF.get(role, ""), "")
            release |= {"position": _position(role), "callers": [caller] if caller else []}
    expected = told.get("expected")
    if isinstance(expected, dict) and expected.get("hop"):
        expected["hop"] = roles.hops.get(expected["hop"], expected["hop"])
    load = told.get("load")
    for route in load.get("routes", ()) if isinstance(load, dict) else ():
        route.setdefault("entry", roles.names.get("entry", ""))
    return told


def _position(role: str) -> str:
    return "entry" if role == "entry" else "provider"


def _with_gray(contract: Contract) -> Contract:
    """The same; a record that was made before batches said whether they are a gray says it by its strategy."""
    release = contract.release
    if not release.strategy.startswith("gray") or any(batch.gray for batch in release.batches) or not release.batches:
        return contract
    first, *rest = release.batches
    batches = (msgspec.structs.replace(first, gray=True), *rest)
    return msgspec.structs.replace(contract, release=msgspec.structs.replace(release, batches=batches))


def rename_hops(db: duckdb.DuckDBPyConnection, contract: Contract, roles: Roles) -> Contract:
    """Name the hops in the answers' X-Hops by services; what they tell of a service's calls is then its evidence.

    Once, X-Hops was declared together with the identity.
    """
    came = set()
    for by_role, by_name in roles.hops.items():
        caller, _, callee = by_role.partition("->")
        for arrow in ("->", "-\\u003e"):
            then, now = f'"{caller}{arrow}{callee}"', f'"{by_name}"'
            there = db.execute("SELECT count(*) FROM answers WHERE contains(hops, $then)", {"then": then}).fetchone()
            if there and there[0]:
                came.add(roles.names.get(caller, ""))
                db.execute(
                    "UPDATE answers SET hops = replace(hops, $then, $now) WHERE contains(hops, $then)",
                    {"then": then, "now": now},
                )
    services = tuple(
        msgspec.structs.replace(one, evidence=(*one.evidence, "hops"))
        if one.name in came and "identity" in one.evidence and "hops" not in one.evidence
        else one
        for one in contract.services
    )
    return msgspec.structs.replace(contract, services=services)
