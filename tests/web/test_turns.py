"""Who may use a worker, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from covergraph.web.problems import Problem
from covergraph.web.turns import Places, Turn, Turns

PLACES = Places(quick=2, slow=1, per_client=2, waiting=16, waiting_seconds=60)


def run(scene: Callable[[Turns], Awaitable[None]], places: Places = PLACES) -> None:
    async def play() -> None:
        await scene(Turns(places))

    asyncio.run(play())


async def know(turns: Turns, *clients: str) -> None:
    """Let clients do quick work, so that they are trusted."""
    for client in clients:
        turns.leave(await turns.enter(client))


async def waiting(turns: Turns, client: str) -> asyncio.Task[Turn]:
    """A client that asks and does not get its turn at once."""
    task = asyncio.create_task(turns.enter(client))
    await asyncio.sleep(0)
    assert not task.done()
    return task


def test_a_client_with_all_its_places_waits_while_others_go_on() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "greedy")
        first, _ = await turns.enter("greedy"), await turns.enter("greedy")
        more = await waiting(turns, "greedy")
        turns.slow_down(first)
        await asyncio.sleep(0)
        assert not more.done()
        more.cancel()

    run(scene)


def test_turns_come_in_the_order_of_asking() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "a", "b", "c", "d")
        first, _ = await turns.enter("a"), await turns.enter("b")
        second, third = await waiting(turns, "c"), await waiting(turns, "d")
        turns.leave(first)
        assert (await second).client == "c"
        assert not third.done()
        third.cancel()

    run(scene)


def test_long_work_gives_its_quick_place_back() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "a", "b", "c", "d")
        first, _ = await turns.enter("a"), await turns.enter("b")
        next = await waiting(turns, "c")
        turns.slow_down(first)
        assert (await next).lane == "quick"
        assert (first.lane, turns.free("slow")) == ("slow", False)
        turns.leave(first)
        assert turns.free("slow")

    run(scene)


def test_one_quick_place_is_kept_for_clients_whose_work_was_quick() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "known")
        assert (await turns.enter("stranger")).lane == "quick"
        second = await waiting(turns, "second stranger")
        assert (await turns.enter("known")).lane == "quick"
        second.cancel()

    run(scene)


def test_who_is_not_known_yet_is_not_kept_out_by_those_who_are() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "a", "b", "c")
        first, _ = await turns.enter("a"), await turns.enter("b")
        stranger, known = await waiting(turns, "stranger"), await waiting(turns, "c")
        turns.leave(first)
        assert (await stranger).lane == "quick"
        assert not known.done()
        known.cancel()

    run(scene)


def test_long_work_of_one_that_is_not_known_makes_room_for_the_next() -> None:
    async def scene(turns: Turns) -> None:
        first = await turns.enter("stranger")
        second = await waiting(turns, "second stranger")
        turns.slow_down(first)
        assert (await second).lane == "quick"
        third = await waiting(turns, "third stranger")
        turns.leave(await second)
        assert (await third).lane == "quick"

    run(scene)


def test_a_client_whose_work_was_ended_has_one_place_and_a_slow_one() -> None:
    async def scene(turns: Turns) -> None:
        turns.leave(await turns.enter("endless"), too_much=True)
        assert turns.has_had_its_share("endless")
        assert (await turns.enter("endless")).lane == "slow"
        again = await waiting(turns, "endless")
        assert (await turns.enter("other")).lane == "quick"
        again.cancel()

    run(scene)


def test_where_there_is_no_slow_lane_nobody_is_sent_there() -> None:
    async def scene(turns: Turns) -> None:
        turns.leave(await turns.enter("endless"), too_much=True)
        assert (await turns.enter("endless")).lane == "quick"

    run(scene, Places(quick=2, slow=0, per_client=2, waiting=16, waiting_seconds=60))


def test_one_client_cannot_fill_the_queue() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "a", "b")
        await turns.enter("a"), await turns.enter("b")
        queue = [await waiting(turns, "greedy"), await waiting(turns, "greedy")]
        with pytest.raises(Problem) as refused:
            await turns.enter("greedy")
        assert (refused.value.status, refused.value.code) == (503, "busy")
        assert refused.value.headers["Retry-After"]
        queue.append(await waiting(turns, "other"))
        assert turns.waiting == 3
        for task in queue:
            task.cancel()

    run(scene)


def test_who_waits_too_long_is_told_so_and_leaves_the_queue() -> None:
    async def scene(turns: Turns) -> None:
        await turns.enter("a")
        with pytest.raises(Problem) as refused:
            await turns.enter("b")
        assert refused.value.code == "busy"
        assert (turns.waiting, turns.running) == (0, 1)

    run(scene, Places(quick=1, slow=0, per_client=1, waiting=8, waiting_seconds=0.01))


def test_who_leaves_the_queue_leaves_no_gap() -> None:
    async def scene(turns: Turns) -> None:
        await know(turns, "a", "b", "c", "d")
        first, _ = await turns.enter("a"), await turns.enter("b")
        gone, next = await waiting(turns, "c"), await waiting(turns, "d")
        gone.cancel()
        await asyncio.sleep(0)
        turns.leave(first)
        assert (await next).client == "d"
        assert (turns.waiting, turns.running) == (0, 2)

    run(scene)
