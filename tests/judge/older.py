"""Makes of a record what earlier versions of the suite wrote: three roles in place of a call graph."""

import json
from pathlib import Path

from tests.judge.handmade import Handmade

ROLES = {"storefront": "entry", "orders": "middle", "inventory": "leaf"}
HOPS = {
    "slb->storefront": "slb->entry",
    "storefront->orders": "entry->middle",
    "orders->inventory": "middle->leaf",
}


def written(record: Handmade, directory: Path, arrow: str = "->") -> Path:
    """Write it as an earlier version did; ``arrow`` is how it stands in X-Hops."""
    for identity in record.identities.values():
        for now, then in HOPS.items():
            identity["hops"] = str(identity["hops"]).replace(now, then.replace("->", arrow))
    record.rewrite = _rewrite
    return record.write(directory)


def _rewrite(directory: Path) -> None:
    contract = json.loads((directory / "contract.json").read_text())
    for service in contract["services"]:
        for name in ("position", "calls", "registered"):
            service.pop(name, None)
        service["role"] = ROLES[service["name"]]
    for release in (contract["release"], *contract.get("also", ())):
        for name in ("position", "callers"):
            release.pop(name, None)
        release["role"] = ROLES[release["service"]]
    for route in contract["load"]["routes"]:
        route.pop("entry", None)
    hop = contract["expected"].get("hop")
    if hop:
        contract["expected"]["hop"] = HOPS[hop]
    (directory / "contract.json").write_text(json.dumps(contract))
    plan = json.loads((directory / "plan.json").read_text())
    (directory / "plan.json").write_text(json.dumps([_without_undo(node) for node in plan]))


def _without_undo(node: dict[str, object]) -> dict[str, object]:
    children = node.get("children", [])
    assert isinstance(children, list)
    kept = {name: value for name, value in node.items() if name != "undo"}
    return kept | {"children": [_without_undo(child) for child in children]}
