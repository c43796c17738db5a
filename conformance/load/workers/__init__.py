"""A load that several processes share, by Locust's own master and workers: one schedule, one record."""
