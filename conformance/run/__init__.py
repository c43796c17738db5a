"""Carries a plan out on a topology while the load runs, and records what happened."""
