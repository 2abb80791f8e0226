"""Who may use a worker, and when: few at once, a share for each client, and long work apart from quick work.

Work starts on the quick lane. What lasts longer is moved to the slow lane and gives its quick place back, so that any
number of endless queries leaves the quick lane to others. A client whose work had to be ended has had its share: for a
while it starts on the slow lane, one piece of work at a time, and gives way to others. Clients of whom nothing is known
yet, or nothing good since, never have the last quick place: it is for those whose work was quick.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from covergraph.web.problems import Problem, busy

Lane = Literal["quick", "slow"]

REMEMBERED = 30.0
"""Seconds for which a client has had its share."""

MOST_TRUSTED = 10_000
"""Clients that are remembered as trusted."""


@dataclass(frozen=True)
class Places:
    """How much goes on at once. ``waiting`` and ``waiting_seconds`` bound the queue; a client has an eighth of it."""

    quick: int
    slow: int
    per_client: int
    waiting: int
    waiting_seconds: float


@dataclass(eq=False)
class Turn:
    """One piece of work that has, or waits for, its place."""

    client: str
    lane: Lane | None = None
    trusted: bool = False
    _started: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Turns:
    """Hands out the places of one pool, in the order of arrival."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._free: dict[Lane, int] = {"quick": places.quick, "slow": places.slow}
        self._running: dict[str, int] = {}
        self._waiting: list[Turn] = []
        self._shared_until: dict[str, float] = {}
        self._trusted: OrderedDict[str, None] = OrderedDict()
        self._strangers = 0

    async def enter(self, client: str) -> Turn:
        """A place for a client, once there is one; raises the problem ``busy`` where the queue is full or slow."""
        turn = Turn(client)
        self._waiting.append(turn)
        self._start_what_can()
        if turn.lane:
            return turn
        mine = sum(waiting.client == client for waiting in self._waiting)
        if len(self._waiting) > self._places.waiting or mine > max(1, self._places.waiting // 8):
            self._waiting.remove(turn)
            raise busy("Too many requests are waiting.")
        try:
            async with asyncio.timeout(self._places.waiting_seconds):
                await turn._started
        except TimeoutError:
            raise self._give_up(turn) from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        return turn

    def slow_down(self, turn: Turn) -> None:
        """Move work that takes long to the slow lane, even where its last place is only about to get free."""
        if turn.lane == "quick":
            self._strangers -= not turn.trusted
            self._free["slow"] -= 1
            self._free["quick"] += 1
            turn.lane = "slow"
            self._start_what_can()

    def leave(self, turn: Turn, too_much: bool = False) -> None:
        """Give a place back; ``too_much`` says that the work had to be ended."""
        assert turn.lane
        self._free[turn.lane] += 1
        self._strangers -= turn.lane == "quick" and not turn.trusted
        self._running[turn.client] -= 1
        if not self._running[turn.client]:
            del self._running[turn.client]
        if too_much:
            self._forget()
            self._shared_until[turn.client] = time.monotonic() + REMEMBERED
            self._trusted.pop(turn.client, None)
        elif turn.lane == "quick":
            self._trusted[turn.client] = None
            self._trusted.move_to_end(turn.client)
            if len(self._trusted) > MOST_TRUSTED:
                self._trusted.popitem(last=False)
        self._start_what_can()

    def free(self, lane: Lane) -> bool:
        """Whether a lane has a place now."""
        return self._free[lane] > 0

    def has_had_its_share(self, client: str) -> bool:
        """Whether work of a client had to be ended lately."""
        return self._shared_until.get(client, 0) > time.monotonic()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many have a place now."""
        return sum(self._running.values())

    def _give_up(self, turn: Turn) -> Problem:
        if turn.lane:  # it got its place in the same moment
            self.leave(turn)
        else:
            self._waiting.remove(turn)
        return busy(f"No worker was free within {self._places.waiting_seconds:g} seconds.")

    def _start_what_can(self) -> None:
        for turn in list(self._waiting):
            lane = self._lane_for(turn.client)
            if lane and self._free[lane] > 0:
                turn.lane, turn.trusted = lane, turn.client in self._trusted
                self._strangers += lane == "quick" and not turn.trusted
                self._free[lane] -= 1
                self._running[turn.client] = self._running.get(turn.client, 0) + 1
                self._waiting.remove(turn)
                if not turn._started.done():
                    turn._started.set_result(None)

    def _lane_for(self, client: str) -> Lane | None:
        """Where work of a client may start now, if there is a place."""
        shared = self.has_had_its_share(client)
        if self._running.get(client, 0) >= (1 if shared else self._places.per_client):
            return None
        if shared and self._places.slow:
            return "slow"
        if client not in self._trusted and self._strangers >= max(1, self._places.quick - 1):
            return None
        return "quick"

    def _forget(self) -> None:
        now = time.monotonic()
        for client in [client for client, end in self._shared_until.items() if end <= now]:
            del self._shared_until[client]
