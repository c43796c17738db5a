"""What the findings of a null release mean: nothing was released, so that no release is to blame for them.

Nothing in it is ever NO-GO, for that is said of a release. What would be, and what failed in its baseline, is told by
one finding of its own, before all others: this system loses without a release.
"""

from collections.abc import Sequence

import msgspec

from conformance.judge.model import Finding, Verdict
from conformance.vocabulary import Doubt, FindingKind


def as_control(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a null release, the worst first.

    Args:
        findings: Those of the checks, the worst first.
    """
    told = [msgspec.structs.replace(one, verdict=Verdict.INCONCLUSIVE) for one in findings]
    losses = [one for one in findings if one.verdict is Verdict.NO_GO or one.finding is FindingKind.NOT_HEALTHY]
    if not losses:
        return told
    worst = losses[0]
    loses = msgspec.structs.replace(
        worst,
        finding=FindingKind.LOSES_WITHOUT_A_RELEASE,
        verdict=Verdict.INCONCLUSIVE,
        message=f"{Doubt.LOSES_BY_ITSELF}: {worst.message}",
    )
    return [loses, *told]
