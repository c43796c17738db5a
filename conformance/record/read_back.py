"""Which reads of the load go to old data: said once, for the load that sends them and the judge that tells them apart.

A route that only reads and names what an acknowledged write told (``{written}``, or what is taken of a write's answer)
is sent to the first writes of all, which the old version made, as well as to the newest one: until the load ends, and
so after a rollback, too.
"""

OLD = "(seq % 2 = 0)"
"""``reads_old`` in SQL."""


def reads_old(seq: int) -> bool:
    """Whether such a request, by its number, reads one of the first writes; else the newest one.

    The schedule shuffles routes, so that every other number is every other request of each of them.
    """
    return seq % 2 == 0
