"""A release as data: what a scenario asks for, and the numbered plan that follows from it. Pure."""

from conformance.plan.expectation import GO, NO_GO, Expectation, expects
from conformance.plan.faults import Fault, Harm, freeze, partition
from conformance.plan.load import Load
from conformance.plan.needs import ABILITIES, Ability, needs
from conformance.plan.offline import OfflinePolicy, abrupt_stop, graceful_stop, lossless, vanish
from conformance.plan.planner import plan
from conformance.plan.steps import Plan, Step
from conformance.plan.strategies import PlanError, Release, VersionAbsent, batches
from conformance.plan.text import render
from conformance.plan.topology import CALLERS, Role, RoleAbsent, Service, Topology

__all__ = [
    "ABILITIES",
    "CALLERS",
    "GO",
    "NO_GO",
    "Ability",
    "Expectation",
    "Fault",
    "Harm",
    "Load",
    "OfflinePolicy",
    "Plan",
    "PlanError",
    "Release",
    "Role",
    "RoleAbsent",
    "Service",
    "Step",
    "Topology",
    "VersionAbsent",
    "abrupt_stop",
    "batches",
    "expects",
    "freeze",
    "graceful_stop",
    "lossless",
    "needs",
    "partition",
    "plan",
    "render",
    "vanish",
]
