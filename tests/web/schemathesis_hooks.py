"""What schemathesis does not know by itself: how a stream of lines is sent."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Whatever was made up, as it is."""
    return value if isinstance(value, bytes) else str(value).encode()
