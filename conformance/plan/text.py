"""A plan as text: the one rendering for ``--plan-only``, for records and for failures."""

from conformance.plan.steps import Plan


def render(plan: Plan) -> str:
    """The plan's title and its numbered steps, a line each; a batch names its instances."""
    lines = [plan.title]
    for step in plan.steps:
        named = f": {', '.join(step.instances)}" if step.children and step.instances else ""
        lines.append(f"  {step.number:<4} {step.title}{named}")
        lines.extend(f"  {child.number:<4}   {child.title}" for child in step.children)
    if plan.undo:
        lines.append("  Where the new version is refused, what has begun is rolled back, the last batch first:")
        lines.extend(f"  {step.number:<4} {step.title}" for step in plan.undo)
    return "\n".join(lines) + "\n"
