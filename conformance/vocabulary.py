"""The closed lists of words that cross the borders between plan, record, judge and reports.

Their values are what records, verdict.json and scenarios say; they never change. Prose is made from them by reports,
and nothing reads prose to get back at them. Imports nothing of the suite.
"""

from enum import StrEnum


class FindingKind(StrEnum):
    """What a finding is; docs/checks.md explains each."""

    REFUSED = "refused"
    ROLLBACK_NOT_PROVED = "rollback not proved"
    FAILED_REQUEST = "failed request"
    PARTIAL_WRITE = "partial write"
    LOST_WRITE = "lost write"
    DUPLICATE_WRITE = "duplicate write"
    PHANTOM_WRITE = "phantom write"
    SENT_TWICE = "sent twice"
    HIDDEN_FAILURE = "hidden failure"
    LEDGER_NOT_SETTLED = "ledger not settled"
    BLIND_AUDIT = "blind audit"
    UNDECLARED_EFFECT = "undeclared effect"
    NOT_HEALTHY = "not healthy before the release"
    TOO_LITTLE_EVIDENCE = "too little evidence"
    EVIDENCE_MISSING = "evidence missing"
    UNACCOUNTED_REQUEST = "unaccounted request"
    CONTRADICTORY_RECORD = "contradictory record"
    LOAD_NOT_SUSTAINED = "load not sustained"
    CLIENT_NOT_HONEST = "client not honest"
    CLOCKS_DISAGREE = "clocks disagree"
    EXECUTION_AFTER_DRAIN = "execution after drain"
    REMOVAL_LAG = "removal lag"
    SENT_AFTER_STOP = "sent after stop"
    NOT_REPLACED = "not replaced"
    NEW_VERSION_NOT_SHOWN = "new version not shown"
    OLD_VERSION_ANSWERS = "the old version still answers"
    UNKNOWN_VERSION = "unknown version"
    GRAY_SHARE = "gray share"
    LEAK = "leak"
    FLAPPING = "flapping"
    GRAY_NOT_OPENED = "gray not opened"
    TOO_FEW_IN_ROTATION = "too few in rotation"
    ROTATION_NOT_SAMPLED = "rotation not sampled"
    STEP_FAILED = "step failed"
    STEP_NOT_PROVED = "step not proved"
    TROUBLE = "trouble"
    ENDED_BY_ITSELF = "ended by itself"
    LEFT_ROTATION = "left rotation"
    STOP_SIGNAL_SWALLOWED = "stop signal swallowed"
    END_NOT_SEEN = "end not seen"
    CHECK_FAILED = "check failed"
    RECORD_BROKEN = "record broken"
    NEWER_RECORD = "newer record"
    NOT_JUDGED = "not judged"


DAMAGE = (
    FindingKind.PARTIAL_WRITE,
    FindingKind.LOST_WRITE,
    FindingKind.DUPLICATE_WRITE,
    FindingKind.PHANTOM_WRITE,
)
"""Damage to data, which somebody must repair: a scenario that expects a loss must name each kind that there may be."""


class Refuser(StrEnum):
    """What refuses a new version."""

    NOBODY = ""
    """Nothing speaks against it; or a record that was made before this was told."""
    OPERATOR = "a person"
    """A person's no, or silence."""
    REQUESTS = "the record"
    """Requests that failed or took too long."""
    LEDGER = "the ledger"
    """Writes that did not leave what they must."""
    TIMEOUT = "time"
    """It was not ready, listed or answering in time."""
    TRAFFIC = "too little traffic"
    """It was met too seldom to be confirmed, which says nothing against it."""
    CRASH = "its end"
    """It ended by itself."""


class Cause(StrEnum):
    """What the record proves of a finding's cause, where it proves one."""

    UNKNOWN = ""
    OUT_OF_MEMORY = "out of memory"
    """The kernel killed the process for want of memory."""


class StepKind(StrEnum):
    """What a top-level step of a plan is for."""

    OTHER = ""
    """A step inside another one; or a record that was made before this was told."""
    BASELINE = "baseline"
    RULE = "rule"
    """From here on the gray is met by chosen requests only."""
    BATCH = "batch"
    GRAY = "gray"
    """A batch that is confirmed before the rest follows."""
    CONFIRM = "confirm"
    OPEN = "open"
    FAULT = "fault"
    """Something breaks that nobody is releasing."""
    SCALING = "scaling"
    ROLLBACK = "rollback"
    VERIFY = "verify"


class ErrorClass(StrEnum):
    """The client's error classes, by the first thing that went wrong; X-Hops uses the same."""

    CONNECT_REFUSED = "connect refused"
    CONNECT_FAILED = "connect failed"
    CONNECT_TIMEOUT = "connect timeout"
    SEND_FAILED = "send failed"
    EOF_BEFORE_ANSWER = "eof before answer"
    RESET_BEFORE_ANSWER = "reset before answer"
    EOF_IN_ANSWER = "eof in answer"
    RESET_IN_ANSWER = "reset in answer"
    TIMEOUT_BEFORE_ANSWER = "timeout before answer"
    TIMEOUT_IN_ANSWER = "timeout in answer"
    GARBLED_ANSWER = "garbled answer"
    UNEXPECTED_STATUS = "unexpected status"
    WRONG_ANSWER = "wrong answer"
    """Another request's id came back."""
    NOT_SENT = "not sent"
    """The client had no connection left: the load, not the product, failed."""


TOO_LATE = "too late"
"""The error of a request that was answered rightly, and later than its route promises (``within_ms``): the judge's
word, for the client waits on."""
