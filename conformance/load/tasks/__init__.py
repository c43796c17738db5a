"""A team's own locustfile: its tasks on the open schedule, its requests through the suite's own engine."""
