"""The load: a deterministic open-loop sequence of requests, sent by a process of its own, each of them recorded."""
