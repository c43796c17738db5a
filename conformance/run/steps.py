"""Carries out the plan: each action by its function, on all instances of the step at once.

Begin, end and proof of each go into the record.
"""

from functools import partial

from conformance.load.process import LoadFailed
from conformance.plan import Step
from conformance.plan.steps import (
    Action,
    AwaitAnswered,
    AwaitFelt,
    AwaitListed,
    AwaitUnlisted,
    AwaitWhole,
    Confirm,
    Drain,
    Dwell,
    Expose,
    GoOffline,
    Hang,
    Mend,
    Open,
    Plan,
    ProveBaseline,
    Restore,
    Retire,
    ServeOut,
    Start,
    StartServer,
    Stop,
    StopServer,
    Strike,
    Verify,
)
from conformance.record import events
from conformance.record.events import Refuser
from conformance.run import down, faults, undo, up, whole
from conformance.run.confirm import Refusal, confirm
from conformance.run.control import heed
from conformance.run.exposure import expose, open_to_all
from conformance.run.parallel import on_each
from conformance.run.scene import Scene, await_time
from conformance.run.waiting import Unmet, until
from conformance.run.world import Gone

_MENDING = AwaitFelt | Mend | StartServer | AwaitWhole
"""What a person's order comes too early for: a world that is broken, or not whole yet, cannot be rolled back."""


def carry_out(scene: Scene, plan: Plan) -> bool:
    """Carry out the steps in order; stop at the first that fails, for what follows would prove nothing.

    Where it is the new version that failed, what has begun is rolled back, the last batch first.

    Returns:
        Whether every step was done. The record tells which was not, and what was seen last.
    """
    begun: list[Step] = []
    for step in plan.steps:
        begun.append(step)
        if not _carry_out_step(scene, step):
            if scene.refused:
                _roll_back(scene, plan, begun)
            return False
    return True


def _roll_back(scene: Scene, plan: Plan, begun: list[Step]) -> None:
    """Undo the batches that have begun, then look."""
    touched = {name for step in begun if step.is_batch for name in step.instances}
    backwards = [step for step in reversed(plan.undo) if step.is_batch and touched.intersection(step.instances)]
    then = [step for step in plan.undo if not step.is_batch]
    all(_carry_out_step(scene, step) for step in (*backwards, *then))


def _carry_out_step(scene: Scene, step: Step) -> bool:
    if "." not in step.number:
        scene.mark = scene.load.progress()
    if step.is_batch and not scene.began_ns:
        scene.began_ns = scene.clock.now()
    scene.writer.event(events.StepBegan(at_ns=scene.clock.now(), step=step.number, title=step.title))
    scene.narrator.began(step)
    saw = ""
    try:
        if not step.number.startswith("R") and not isinstance(step.action, _MENDING):
            heed(scene, step.number)
        done = all(_carry_out_step(scene, child) for child in step.children)
        if step.action is not None:
            _act(scene, step, step.action)
    except (Unmet, Gone, LoadFailed, up.EndedAtStart, Refusal) as error:
        done, saw = False, str(error)
        by = _refused_by(step, error)
        if scene.plan.undo and by:
            scene.refused = True
            scene.writer.event(events.Refused(at_ns=scene.clock.now(), step=step.number, why=saw, by=by))
    scene.writer.event(
        events.StepEnded(at_ns=scene.clock.now(), step=step.number, outcome="done" if done else "failed", saw=saw)
    )
    scene.narrator.ended(step, done=done, saw=saw)
    return done


def _refused_by(step: Step, error: Exception) -> Refuser:
    """What refuses the new version: not ready, not listed, not answering, not right; "" where it is not to blame."""
    if step.number.startswith("R"):
        return ""
    if isinstance(error, Refusal):
        return error.by
    if isinstance(error, up.EndedAtStart):
        return "its end"
    late = isinstance(error, Unmet) and isinstance(step.action, Start | AwaitListed)
    return "time" if late or isinstance(error, up.NotAnswering) else ""


def _act(scene: Scene, step: Step, action: Action) -> None:  # noqa: C901, PLR0912 - one flat table of actions
    number, living = step.number, scene.living(step.instances, step.version)
    match action:
        case ProveBaseline():
            _prove_baseline(scene)
        case AwaitWhole():
            whole.await_whole(scene, number)
        case Drain():
            on_each(living, partial(down.drain, scene, number))
        case GoOffline(notify):
            on_each(living, partial(down.go_offline, scene, number, notify=notify))
        case ServeOut():
            on_each(living, partial(down.serve_out, scene, number))
        case Hang():
            on_each(living, partial(down.hang, scene, number))
        case Stop(signal, in_mid_write, vanish):
            stop = partial(down.stop, scene, number, signal=signal, in_mid_write=in_mid_write, vanish=vanish)
            on_each(living, stop)
        case AwaitUnlisted():
            on_each(scene.last(step.instances, step.version), partial(down.await_unlisted, scene, number))
        case Start(version):
            on_each(step.instances, lambda name: up.start(scene, number, name, version))
        case AwaitListed():
            on_each(living, partial(up.await_listed, scene, number))
        case AwaitAnswered():
            up.await_answered(scene, number, living)
        case Confirm(confirmation):
            confirm(scene, number, step.instances, confirmation)
        case Expose(exposure):
            expose(scene, number, step.instances, exposure)
        case Open():
            open_to_all(scene, number, step.instances)
        case Retire(notify):
            new = [one for one in living if one.version != scene.plan.release.service.version]
            on_each(new, partial(undo.retire, scene, number, notify=notify))
        case Restore():
            notify = scene.plan.release.offline.notifies
            undo.restore(scene, number, step.instances, step.version, notify=notify)
        case Dwell(seconds):
            await_time(scene, f"{seconds:g} s to pass", scene.clock.now() + round(seconds * 1e9))
        case Strike() | AwaitFelt() | Mend() | StopServer() | StartServer():
            _act_amid(scene, number, action)
        case Verify():
            _verify(scene, step)
        case _:
            raise NotImplementedError(f"no way to carry out {action}")


def _act_amid(scene: Scene, number: str, action: Strike | AwaitFelt | Mend | StopServer | StartServer) -> None:
    """What happens in the middle of a release."""
    match action:
        case Strike(fault):
            faults.strike(scene, number, fault)
        case AwaitFelt():
            faults.await_felt(scene)
        case Mend(fault):
            faults.mend(scene, number, fault)
        case StopServer(fault):
            faults.stop_server(scene, number, fault)
        case StartServer(fault):
            faults.start_server(scene, number, fault)


def _prove_baseline(scene: Scene) -> None:
    before, wanted = scene.mark, scene.thresholds.baseline_requests
    now = until(
        f"{wanted} requests before anything is touched",
        scene.load.progress,
        accept=lambda now: now.failed > 0 or now.done - before.done >= wanted,
        within_s=scene.timings.enough_traffic,
        every_s=scene.timings.look,
        describe=lambda now: f"{now.done - before.done} answered",
    )
    if now.failed:
        raise Unmet("a baseline without a failure", 0, f"{now.failed} of {now.done} requests failed before the release")


def _verify(scene: Scene, step: Step) -> None:
    living = scene.living(step.instances)
    missing = set(step.instances) - {instance.name for instance in living}
    if missing:
        raise Unmet("every instance to run", 0, f"missing: {', '.join(sorted(missing))}")
    wrong = [i.incarnation for i in living if i.version != step.version or not i.status().ready]
    if wrong:
        raise Unmet(f"every instance to be {step.version} and ready", 0, f"not so: {', '.join(wrong)}")
