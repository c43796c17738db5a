"""A release as data: what a scenario asks for, and the numbered plan that follows from it. Pure."""

from conformance.plan.confirmation import Confirmation, automatic, manual
from conformance.plan.expectation import GO, NO_GO, Expectation, expects
from conformance.plan.faults import Fault, Harm, Restart, freeze, partition, restart_of_the_registry
from conformance.plan.load import Load
from conformance.plan.needs import ABILITIES, Ability, needs
from conformance.plan.neighbourhood import Neighbourhood, Probe
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
from conformance.plan.planner import plan
from conformance.plan.steps import Plan, Step
from conformance.plan.strategies import Order, Part, PlanError, Release, VersionAbsent, batches, gray
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
    "Fault",
    "Harm",
    "Load",
    "Neighbourhood",
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
    "Service",
    "Step",
    "Topology",
    "VersionAbsent",
    "abrupt_stop",
    "automatic",
    "batches",
    "expects",
    "freeze",
    "graceful_stop",
    "gray",
    "hang",
    "lossless",
    "lossless_without_notify",
    "manual",
    "needs",
    "partition",
    "plan",
    "render",
    "restart_of_the_registry",
    "swallowed_signal",
    "vanish",
]
