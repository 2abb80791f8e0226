"""What is worked out from the content, kept on disk so that the next process need not work it out again.

An entry is a file in the user's cache folder (``$COVERGRAPH_CACHE``, else ``covergraph`` in ``$XDG_CACHE_HOME`` or
``~/.cache``; an empty ``COVERGRAPH_CACHE`` keeps nothing). It holds the key of all that the value depends on, the
digest of its payload, and the payload. An entry of another key is overwritten: the folder does not grow with changes.
An entry that is stale, damaged or not the user's own is as good as none, and so is a folder that cannot be written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from marshal import dumps as code_to_bytes
from marshal import loads as bytes_to_code
from types import CodeType, FunctionType
from typing import Any, TypeVar

from covergraph.digest import SIZE, digest

T = TypeVar("T")
MAGIC = b"covergraph kept 1\n"
HEAD = len(MAGIC) + 2 * SIZE


def kept(name: str, fingerprint: str, make: Callable[[], T], is_unchanged: Callable[[], bool]) -> T:
    """The value that ``make`` gives, from the disk where it was kept for the same fingerprint by the same program.

    It is kept only if ``is_unchanged`` still holds once it is made: what it was made from may have changed meanwhile.
    """
    folder, sources = cache_folder(), _sources()
    if folder is None or not sources:
        return make()
    key = digest(sys.version.encode(), fingerprint.encode(), sources)
    path = os.path.join(folder, digest(f"{sys.implementation.cache_tag} {name}".encode())[:16].hex())
    try:
        return _read(path, key)  # type: ignore[no-any-return]
    except Exception:  # whatever is wrong with an entry, the value can be made anew
        value = make()
    if is_unchanged():
        _write(path, key, value)
    return value


def cache_folder() -> str | None:
    """The folder that entries are kept in, or None where nothing is kept."""
    given = os.environ.get("COVERGRAPH_CACHE")
    if given is not None:
        return os.path.abspath(given) if given else None
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = home if os.path.isabs(home) else os.path.expanduser("~/.cache")
    return os.path.join(base, "covergraph") if os.path.isabs(base) else None


@cache
def _sources() -> bytes:
    """The source of the modules beside this one, which make all that is kept, as one digest."""
    here = os.path.dirname(__file__)
    parts = []
    for name in sorted(os.listdir(here)):
        if name.endswith(".py"):
            with open(os.path.join(here, name), "rb", buffering=0) as file:
                parts += [name.encode(), file.read()]
    return digest(*parts) if parts else b""


def _read(path: str, key: bytes) -> Any:
    try:
        from _pickle import loads  # what pickle.loads is, without what else that module makes
    except ImportError:
        from pickle import loads

    with open(path, "rb", buffering=0) as file:
        about, data = os.fstat(file.fileno()), file.read()
    if hasattr(os, "geteuid") and (about.st_uid != os.geteuid() or about.st_mode & 0o022):
        raise ValueError("Somebody else may have written it.")  # and loading a pickle runs what it says
    payload = memoryview(data)[HEAD:]
    if data[:HEAD] != MAGIC + key + digest(payload):
        raise ValueError("It is stale or damaged.")
    return loads(payload)


def _write(path: str, key: bytes, value: object) -> None:
    """Keep a value; it appears whole or not at all."""
    temporary = f"{path}.{os.urandom(8).hex()}"
    try:
        payload = _pickled(value)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(MAGIC + key + digest(payload) + payload)
        os.replace(temporary, path)
    except (OSError, RecursionError):  # no room, no right, or shapes nested too deeply: the next process makes it anew
        if os.path.exists(temporary):
            os.unlink(temporary)


def _pickled(value: object) -> bytes:
    from io import BytesIO
    from pickle import HIGHEST_PROTOCOL, Pickler

    class WithCode(Pickler):
        """Pickles functions that were compiled from generated source by their code and the constants that it names."""

        def reducer_override(self, obj: object) -> Any:
            if not isinstance(obj, FunctionType) or "__name__" in obj.__globals__:
                return NotImplemented
            used = {name: obj.__globals__[name] for name in _names(obj.__code__) if name in obj.__globals__}
            return _function, (code_to_bytes(obj.__code__), used)

    stream = BytesIO()
    WithCode(stream, HIGHEST_PROTOCOL).dump(value)
    return stream.getvalue()


def _names(code: CodeType) -> set[str]:
    """Names that a code looks up outside itself, with those of functions inside it."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _function(code: bytes, names: dict[str, object]) -> Any:
    return FunctionType(bytes_to_code(code), names)
