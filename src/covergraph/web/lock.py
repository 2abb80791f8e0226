"""What a worker process gives up once it has loaded: files, sockets, memory without end, outliving its parent."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CPU_SLACK = 2


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, however that ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        sys.exit(1)


def lock(memory: int, files: int) -> None:
    """Hold at most ``files`` files and sockets open, take ``memory`` more bytes than now at most, get no new rights.

    With 0 files nothing can be opened any more; what is open already stays so.
    """
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    for limit, value in (
        (resource.RLIMIT_AS, pages * resource.getpagesize() + memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, files),
    ):
        resource.setrlimit(limit, (value, value))


def limit_cpu(seconds: float) -> None:
    """The kernel ends this process when it has computed much longer than this from now on, should its parent hang."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(used.ru_utime + used.ru_stime + seconds) + CPU_SLACK
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
