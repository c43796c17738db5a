"""The task of the bench: one read, as the peers send it."""

from locust import task

from conformance.load.user import ReleaseUser


class Reader(ReleaseUser):
    """Reads."""

    @task
    def read(self) -> None:
        """Once."""
        self.client.get("/", name="/")
