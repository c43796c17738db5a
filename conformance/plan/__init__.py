"""A release as data: what a scenario asks for, and the numbered plan that follows from it. Pure."""

from conformance.plan.confirmation import Confirmation, automatic, manual
from conformance.plan.expectation import GO, NO_GO, Expectation, expects
from conformance.plan.exposure import (
    Exposure,
    by_instances,
    share_of_requests,
    share_of_users,
    with_cookie,
    with_header,
)
from conformance.plan.faults import (
    Fault,
    Harm,
    Restart,
    Server,
    freeze,
    host_failure,
    partition,
    restart_of_the_database,
    restart_of_the_registry,
    restart_of_the_slb,
)
from conformance.plan.load import Load
from conformance.plan.needs import ABILITIES, Ability, needs
from conformance.plan.offline import (
    POLICIES,
    OfflinePolicy,
    abrupt_stop,
    graceful_stop,
    hang,
    lossless,
    lossless_without_notify,
    swallowed_signal,
    vanish,
)
from conformance.plan.planner import confirm_title, plan
from conformance.plan.release import Order, Part, Release
from conformance.plan.scaling import Scaling, scaling
from conformance.plan.server_settings import Probe, ServerSettings
from conformance.plan.steps import Plan, Step
from conformance.plan.strategies import PlanError, VersionAbsent, batches, gray
from conformance.plan.text import render
from conformance.plan.topology import CALLERS, Role, RoleAbsent, Service, Topology

__all__ = [
    "ABILITIES",
    "CALLERS",
    "GO",
    "NO_GO",
    "POLICIES",
    "Ability",
    "Confirmation",
    "Expectation",
    "Exposure",
    "Fault",
    "Harm",
    "Load",
    "OfflinePolicy",
    "Order",
    "Part",
    "Plan",
    "PlanError",
    "Probe",
    "Release",
    "Restart",
    "Role",
    "RoleAbsent",
    "Scaling",
    "Server",
    "ServerSettings",
    "Service",
    "Step",
    "Topology",
    "VersionAbsent",
    "abrupt_stop",
    "automatic",
    "batches",
    "by_instances",
    "confirm_title",
    "expects",
    "freeze",
    "graceful_stop",
    "gray",
    "hang",
    "host_failure",
    "lossless",
    "lossless_without_notify",
    "manual",
    "needs",
    "partition",
    "plan",
    "render",
    "restart_of_the_database",
    "restart_of_the_registry",
    "restart_of_the_slb",
    "scaling",
    "share_of_requests",
    "share_of_users",
    "swallowed_signal",
    "vanish",
    "with_cookie",
    "with_header",
]
