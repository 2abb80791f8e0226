"""The one kind of error that a user can cause, and what it must say."""

from __future__ import annotations


class InputError(ValueError):
    """Something given from outside cannot be used; nothing was written.

    ``code`` is a stable short name for programs, ``place`` says where (a JSON pointer, a file and line, an IRI),
    ``cause`` what is wrong there and ``cure`` what to do about it.

    >>> print(InputError("unknown-concept", "/findings/0/concept", "'fever' is no concept.", "Mend it."))
    /findings/0/concept: 'fever' is no concept. Mend it.
    """

    def __init__(self, code: str, place: str, cause: str, cure: str = "") -> None:
        super().__init__(code, place, cause, cure)
        self.code = code
        self.place = place
        self.cause = cause
        self.cure = cure

    @property
    def message(self) -> str:
        """Cause and cure in one line, without the place."""
        return f"{self.cause} {self.cure}".strip()

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ContentError(InputError):
    """The content (ontology, shapes, queries) cannot be used; ``place`` is a file or an IRI of it."""
