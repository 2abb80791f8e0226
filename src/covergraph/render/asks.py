"""What to ask the requester for: the sets of missing items as sentences, without saying anything twice."""

from collections.abc import Iterable
from typing import NamedTuple

from covergraph.model import Outcome
from covergraph.policy import Policy


class Question(NamedTuple):
    """What to ask about one criterion or document. ``text`` is empty where the report has asked it already."""

    id: str
    label: str
    text: str


class Alternative(NamedTuple):
    """Questions that together are enough: all of the first, and one of the second where there are any."""

    all_of: tuple[Question, ...]
    one_of: tuple[Question, ...] = ()


class Block(NamedTuple):
    """Questions under one line that says how many of them are needed; ``again`` are ids of what was asked before."""

    heading: str
    questions: tuple[Question, ...] = ()
    again: tuple[str, ...] = ()


class Ask(NamedTuple):
    """What would lead to an approval at some sites: all of ``rule_out`` and ``always``, and any one alternative."""

    where: str
    rule_out: tuple[Question, ...]
    always: tuple[Question, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The questions in reading order."""
        count = len(self.alternatives)
        blocks = [_block("To be ruled out first:", self.rule_out)] if self.rule_out else []
        if self.always:
            blocks.append(_block("Needed in any case:" if count else "Needed:", self.always))
        elif not count:
            blocks.append(Block("Nothing else is missing."))
        if count == 1:
            heading = "And one of these:" if self.always else "One of these is enough:"
            blocks.append(_block(heading, self.alternatives[0].one_of))
        elif count:
            blocks.append(Block(f"{'And any' if self.always else 'Any'} one of these {count} ways is enough."))
        for number, way in enumerate(self.alternatives, 1):
            if count > 1 and way.all_of:
                blocks.append(_block(f"Way {number}:", way.all_of))
            if count > 1 and way.one_of:
                blocks.append(_block(f"Way {number}, {'and ' if way.all_of else ''}one of:", way.one_of))
        return tuple(blocks)


def _block(heading: str, questions: tuple[Question, ...]) -> Block:
    return Block(heading, tuple(q for q in questions if q.text), tuple(q.id for q in questions if not q.text))


def ask(where: str, outcome: Outcome, policy: Policy) -> Ask | None:
    """The questions that an outcome leaves, or None where it leaves none."""
    sets = [frozenset(s) for s in outcome.missing or outcome.then]
    if not outcome.rule_out and not any(sets):
        return None
    asked: set[str] = set()

    def questions(ids: Iterable[str]) -> tuple[Question, ...]:
        found = []
        for id in sorted(ids, key=lambda i: (policy.provisions[i].ordinal, i)):
            provision = policy.provisions[id]
            text = provision.question or f"Please document: {provision.label}."
            found.append(Question(id, provision.label, "" if text in asked else text))
            asked.add(text)
        return tuple(found)

    always = frozenset.intersection(*sets) if sets else frozenset[str]()
    alternatives = factored([s - always for s in sets]) if len(sets) > 1 else []
    return Ask(
        where=where,
        rule_out=questions(outcome.rule_out),
        always=questions(always),
        alternatives=tuple(Alternative(questions(common), questions(choice)) for common, choice in alternatives),
    )


def factored(sets: list[frozenset[str]]) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Alternative sets written shorter: those that differ in one member only become what they share and a choice.

    >>> sets = [frozenset("ax"), frozenset("ay"), frozenset("b")]
    >>> [(sorted(common), sorted(choice)) for common, choice in factored(sets)]
    [(['a'], ['x', 'y']), (['b'], [])]
    """
    left, found = list(sets), []
    while left:
        shared: dict[frozenset[str], list[frozenset[str]]] = {}
        for members in left:
            for member in sorted(members):
                shared.setdefault(members - {member}, []).append(members)
        common, group = max(shared.items(), key=lambda pair: len(pair[1]), default=(left[0], left[:1]))
        if len(group) < 2:
            found += [(members, frozenset[str]()) for members in left]
            break
        found.append((common, frozenset[str]().union(*group) - common))
        left = [members for members in left if members not in group]
    return sorted(found, key=lambda pair: min(map(sets.index, _expanded(*pair))))


def _expanded(common: frozenset[str], choice: frozenset[str]) -> list[frozenset[str]]:
    return [common | {one} for one in choice] if choice else [common]
