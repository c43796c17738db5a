"""A release conformance suite: plan, run, record, judge, report."""
