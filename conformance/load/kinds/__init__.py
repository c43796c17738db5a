"""Kinds of requests that take a while, or speak another protocol: each is a task of its own beside the engine."""
