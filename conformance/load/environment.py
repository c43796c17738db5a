"""The names in a load's environment by which its processes find what they have inherited."""

ORDER = "CONFORMANCE_LOAD_ORDER"
"""The descriptor of the file that holds the order."""
CONTROL = "CONFORMANCE_LOAD_CONTROL"
PROGRESS = "CONFORMANCE_LOAD_PROGRESS"
"""The descriptors of the two pipes to the parent; of several processes the master's."""
WORKER = "CONFORMANCE_LOAD_WORKER"
"""A worker's number, from 0."""
WORKER_TOKEN = "CONFORMANCE_LOAD_WORKER_TOKEN"  # noqa: S105 - the name of a variable
"""By which the master knows its own workers."""
WORKER_LIFE = "CONFORMANCE_LOAD_WORKER_LIFE"
"""The descriptor of a pipe that ends when the master does."""
