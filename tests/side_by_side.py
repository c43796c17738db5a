"""Which tests are carried out one after the other where several processes share the work.

A file is one piece of work. A folder whose tests share servers is one, too: each process that took a file of it would
start its own.
"""

from xdist.scheduler.loadscope import LoadScopeScheduling

SHARE_SERVERS = ("tests/registries/", "tests/services/chain/", "tests/databases/")


class SideBySide(LoadScopeScheduling):
    """Hands out files, and folders that share servers; the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in SHARE_SERVERS if nodeid.startswith(folder)), nodeid.split("::", 1)[0])
