"""The services that plans are made of here: the chain of the sample, and a worker beside it."""

from conformance.plan import HttpAct, QuietAct, Service, SignalAct, UnlistedAct

OWN_WAY = (
    HttpAct(method="POST", path="/admin/offline?notify=true", notifies=True),
    UnlistedAct(),
    QuietAct(),
    SignalAct(),
)
STOREFRONT = Service(
    name="storefront",
    position="entry",
    calls=("orders",),
    registered=False,
    version="v1",
    next="v2",
    versions=("v1", "v2"),
)
ORDERS = Service(
    name="orders",
    position="provider",
    calls=("inventory",),
    depth=1,
    version="v1",
    next="v2",
    versions=("v1", "v2", "v3"),
    way_down=OWN_WAY,
)
INVENTORY = Service(
    name="inventory",
    position="provider",
    depth=2,
    version="v1",
    next="v2",
    versions=("v1", "v2"),
)
"""Without a way of its own: it is taken down as the suite does."""
MAILER = Service(
    name="mailer",
    position="worker",
    registered=False,
    version="v1",
    next="v2",
    versions=("v1", "v2"),
    released_instances=3,
)
CHAIN = (STOREFRONT, ORDERS, INVENTORY)
