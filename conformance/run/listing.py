"""Which incarnation a registry means: it lists addresses, and what it says besides only sharpens that."""

from dataclasses import replace

from conformance.run.world import Instance, Registration, Registry, ServiceGroup


def listed_by(registry: Registry, group: ServiceGroup) -> tuple[Registration, ...]:
    """What this registry lists for the group's service, each with its instance and incarnation where one is known.

    Nothing for a service that is not registered. Raises Gone.
    """
    if group.registered_as is None:
        return ()
    known = group.all()
    return tuple(_identified(one, known) for one in registry.registrations(group.registered_as))


def _identified(listed: Registration, known: tuple[Instance, ...]) -> Registration:
    """By its metadata where that names an incarnation that there is; else by its address, whose last user it is."""
    named = next((one for one in known if one.incarnation == listed.incarnation), None)
    there = [one for one in known if one.address == listed.address]
    instance = named or next(
        (one for one in reversed(there) if one.exit_status() is None), there[-1] if there else None
    )
    if instance is None:
        return replace(listed, instance=listed.instance or listed.address)
    return replace(listed, instance=instance.name, incarnation=instance.incarnation)
