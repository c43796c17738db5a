"""Whether the gray is right: by what has been recorded so far, or by a person."""

from collections.abc import Iterable, Sequence

from conformance.plan import Confirmation
from conformance.record import events
from conformance.run.run_context import RunContext
from conformance.run.spec import Review
from conformance.run.waiting import Unmet
from conformance.run.world import Effect
from conformance.vocabulary import Refuser


class Refusal(RuntimeError):
    """The new version is not right; says why, and what has shown it."""

    def __init__(self, why: str, by: Refuser) -> None:
        super().__init__(why)
        self.by = by


def confirm(context: RunContext, step: str, names: tuple[str, ...], confirmation: Confirmation) -> None:
    """Decide, once there is enough to decide by.

    Raises:
        Refusal: The new version is not right, or nobody has said in time that it is.
    """
    review = _review(context, names, confirmation)
    saw = _by_person(context, confirmation, review) if confirmation.by is Refuser.OPERATOR else review.figures
    if confirmation.by == Refuser.REQUESTS and review.against:
        raise Refusal(review.against, review.by)
    context.writer.event(events.Confirmed(at_ns=context.clock.now(), step=step, by=confirmation.by, saw=saw))


def _review(context: RunContext, names: tuple[str, ...], confirmation: Confirmation) -> Review:
    """What the gray's traffic says, as soon as it is enough, or something speaks against the new version."""

    def look() -> Review:
        new = [one for one in context.living(names) if context.is_new(one)]
        if ended := set(names) - {one.name for one in new}:
            raise Refusal(f"of the gray, {', '.join(sorted(ended))} runs no longer", Refuser.CRASH)
        return context.review(context.began_ns, [one.incarnation for one in new], effects, accesses)

    def effects() -> Sequence[Effect]:
        return () if context.world.ledger is None else context.world.ledger.effects(context.ids.prefix)

    def accesses() -> Iterable[tuple[str, str]]:
        return ((line.request_id, line.incarnation) for line in context.world.slb.accesses(context.ids.prefix))

    try:
        return context.wait(
            "enough of the gray's traffic to decide by",
            look,
            accept=lambda review: review.enough or bool(review.against),
            within_s=confirmation.within_s * context.timings.slower,
            every_s=context.timings.review,
            describe=lambda review: review.figures,
        )
    except Unmet as unmet:
        raise Refusal(str(unmet), Refuser.TRAFFIC) from unmet


def _by_person(context: RunContext, confirmation: Confirmation, review: Review) -> str:
    release = context.plan.release
    serve = f"{release.rounds[0].title} of {release.service.name} serve {release.to}"
    question = f"{serve} ({review.against or review.figures}). Is the business right?"

    def answer() -> bool | None:
        context.traffic()  # without load nothing would come of a yes
        return context.ask(question)

    try:
        right = context.wait(
            "a person to confirm the gray",
            answer,
            accept=lambda answer: answer is not None,
            within_s=confirmation.within_s,
            every_s=context.timings.sample,
            describe=lambda _: "no answer",
        )
    except Unmet as unmet:
        raise Refusal(str(unmet), Refuser.OPERATOR) from unmet
    if not right:
        raise Refusal("a person said no", Refuser.OPERATOR)
    return f"a person said yes: {review.figures}"
