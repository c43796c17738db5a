"""The closed lists of words that cross the borders between plan, record, judge and reports.

Their values are what records, verdict.json and scenarios say; they never change. Prose is made from them by reports,
and nothing reads prose to get back at them. Imports nothing of the suite.
"""

from enum import StrEnum
from typing import Final


class FindingKind(StrEnum):
    """What a finding is; docs/checks.md explains each."""

    REFUSED = "refused"
    ROLLBACK_NOT_PROVED = "rollback not proved"
    FAILED_REQUEST = "failed request"
    SLOWER_THAN_PROMISED = "slower than promised"
    SESSION_LOST = "session lost"
    PARTIAL_WRITE = "partial write"
    LOST_WRITE = "lost write"
    DUPLICATE_WRITE = "duplicate write"
    PHANTOM_WRITE = "phantom write"
    OLD_DATA_NOT_READ = "old data not read"
    SENT_TWICE = "sent twice"
    HIDDEN_FAILURE = "hidden failure"
    LEDGER_NOT_SETTLED = "ledger not settled"
    BLIND_AUDIT = "blind audit"
    UNDECLARED_EFFECT = "undeclared effect"
    NOT_HEALTHY = "not healthy before the release"
    LOSES_WITHOUT_A_RELEASE = "loses without a release"
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
    GRAY_NOT_CONFIRMED = "gray not confirmed"
    TOO_FEW_IN_ROTATION = "too few in rotation"
    ROTATION_NOT_SAMPLED = "rotation not sampled"
    STEP_FAILED = "step failed"
    STEP_NOT_PROVED = "step not proved"
    TROUBLE = "trouble"
    ENDED_BY_ITSELF = "ended by itself"
    LEFT_ROTATION = "left rotation"
    STOP_SIGNAL_SWALLOWED = "stop signal swallowed"
    UNCLEAN_STOP = "unclean stop"
    END_NOT_SEEN = "end not seen"
    CHECK_FAILED = "check failed"
    ENDED_EARLY = "ended early"
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

LOSSES: Final = (FindingKind.FAILED_REQUEST, FindingKind.SENT_AFTER_STOP, *DAMAGE)
"""What an instance that ends under load may cost: which of them depends on what its service does, and shows."""

UNFIT: Final = (FindingKind.REFUSED, FindingKind.ENDED_BY_ITSELF)
"""What speaks against a new version itself: no loss that a way down costs excuses it."""


class Doubt(StrEnum):
    """Why a verdict is not to be believed, where it is a control that says so."""

    NONE = ""
    LOSES_BY_ITSELF = "this system loses without a release"
    """The null release lost something: what a release loses here cannot be told from that."""
    UNPROVED = "the null release proves nothing"
    """Nothing was lost, and evidence that nothing was is lacking."""
    BLIND = "this suite could not see a loss here"
    """A loss that must be seen was not."""


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
    ACT = "an act"
    """An act of the way down or up was refused: the release cannot be carried out as it is declared."""
    COMMAND = "the team's own command"
    """It did not end with 0, and instances of the new version had come."""


class Aspect(StrEnum):
    """What of an instance a system that stands already tells by itself."""

    NODE = "node"
    """On which machine it is."""
    PHASE = "phase"
    CONDITION = "condition"
    CONTAINER = "container"
    """What keeps a container of it from running, or how one ended."""
    DELETION = "deletion"
    """It is to end; with the grace that it has."""
    ENDPOINT = "endpoint"
    """Whether the SLB before it is to send requests to it."""


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
    NOTHING = "nothing"
    """Of a null release: the load goes on, and nothing is released."""
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
    CLOSED_EARLY = "closed before its end"
    """The other side ended it in good order, and what shows that it was whole had not come."""
    WRONG_ANSWER = "wrong answer"
    """Another request's id came back."""
    SESSION_LOST = "session lost"
    """The answer shows that the servers do not know the session that they had begun with the user."""
    NOT_SENT = "not sent"
    """The client had no connection left: the load, not the product, failed."""


TOO_LATE = "too late"
"""The error of a request that was answered rightly, and later than its route promises (``within_ms``): the judge's
word, for the client waits on."""


class FailureCause(StrEnum):
    """What the record proves of why a request failed where it failed."""

    UNKNOWN = "unknown"
    """The record shows the place, not the cause."""
    NOBODY_LISTED = "nobody was listed"
    CLOSING = "rejected by a closing listener"
    """It had been asked to stop, and took no connection any more."""
    LEFT = "cut as it left its callers"
    """It had said that it was going, or had been drained, was still to serve, and ended a connection all the same."""
    GONE = "sent to one that had ended"
    CUT = "cut by a stop"
    DROPPED = "cut by one that served on"
    """Nothing had asked it to go: it closed an idle connection as the request came, reloaded, or broke off."""
    OUT_OF_MEMORY = "killed for want of memory"
    CRASHED = "it ended by itself"
    SILENT = "it had fallen silent"
    NOT_READY = "called before it was ready"
    SERVER_AWAY = "a server was away"
    STARVED = "the machine was CPU-starved"
    ANSWERED = "answered with an error"
    """By its own status or a wrong answer; why, its log may tell."""
    LATE = "answered too late"
