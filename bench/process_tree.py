"""CPU time and memory of a process with all its descendants, read from `/proc` (Linux only).

A gateway is judged by what its whole tree uses: masters, workers, and children that lived and died in
between, whose time the kernel adds to the parent that waited for them.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One line of `/proc/<pid>/stat` (proc_pid_stat(5)). CPU in seconds, `rss` in bytes.

    `started`, in ticks since boot, tells a process from a later one with the same number.
    """

    pid: int
    parent: int
    session: int
    started: int
    state: str
    own_cpu: float
    dead_children_cpu: float
    rss: int

    @classmethod
    def read(cls, pid: int) -> Process | None:
        """The process `pid`, or None when it is gone."""
        try:
            line = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        # The name, in brackets, may itself hold spaces and brackets.
        fields = line[line.rindex(")") + 2 :].split()
        user, system, dead_user, dead_system = (int(field) / _TICKS for field in fields[11:15])
        return cls(
            pid=pid,
            state=fields[0],
            parent=int(fields[1]),
            session=int(fields[3]),
            started=int(fields[19]),
            own_cpu=user + system,
            dead_children_cpu=dead_user + dead_system,
            rss=int(fields[21]) * _PAGE,
        )

    def cpu(self) -> float:
        """Seconds of CPU of this process and of the children it buried.

        `stat` counts in ticks of 10 ms. The process's own clock gives the same sum in nanoseconds, which
        makes windows of a second usable; a zombie has only its `stat`.
        """
        try:
            precise = time.clock_gettime((~self.pid << 3) | 2)  # the kernel's id of a process CPU clock
        except OSError:
            precise = 0.0
        return max(precise, self.own_cpu) + self.dead_children_cpu


@dataclass(frozen=True)
class Memory:
    """Bytes resident: `total` over the tree (pages shared by two processes count twice), `largest` process."""

    total: int
    largest: int
    processes: int


class ProcessTree:
    """The process `root`, its descendants, and the members of its session if it leads one.

    The session catches what a parent left behind when it died: an orphan is no descendant any more.
    """

    def __init__(self, root: int) -> None:
        self.root = root

    def members(self) -> list[Process]:
        """The living (and unburied) processes of the tree."""
        everyone = _everyone()
        known = {process.pid for process in everyone if self.root in (process.pid, process.session)}
        grown = True
        while grown:
            fresh = {p.pid for p in everyone if p.parent in known and p.pid not in known}
            known |= fresh
            grown = bool(fresh)
        return [process for process in everyone if process.pid in known]

    def cpu(self) -> float:
        """Seconds of CPU, user and system, that the tree has used so far."""
        return sum(process.cpu() for process in self.members())

    def memory(self) -> Memory:
        """What the tree holds in memory now."""
        sizes = [process.rss for process in self.members()]
        return Memory(total=sum(sizes), largest=max(sizes, default=0), processes=len(sizes))


def _everyone() -> list[Process]:
    found = (Process.read(int(entry.name)) for entry in os.scandir("/proc") if entry.name.isdigit())
    return [process for process in found if process is not None]
