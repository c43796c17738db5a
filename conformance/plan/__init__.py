"""A release as data: what a scenario asks for, and the numbered plan that follows from it. Pure."""

from conformance.plan.expectation import GO, NO_GO, Expectation, expects
from conformance.plan.load import Load
from conformance.plan.offline import OfflinePolicy, abrupt_stop, graceful_stop, lossless
from conformance.plan.planner import plan
from conformance.plan.steps import Plan, Step
from conformance.plan.strategies import PlanError, Release, batches
from conformance.plan.text import render
from conformance.plan.topology import CALLERS, Role, RoleAbsent, Service, Topology

__all__ = [
    "CALLERS",
    "GO",
    "NO_GO",
    "Expectation",
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
    "abrupt_stop",
    "batches",
    "expects",
    "graceful_stop",
    "lossless",
    "plan",
    "render",
]
