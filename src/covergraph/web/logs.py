"""The log: one JSON object a line, on standard error.

An exception is logged by its type and the lines of code that it passed, without its text: that might quote a case.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON with its own extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        } | {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = traceback_of(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def traceback_of(error: BaseException) -> str:
    """Where an exception came from and what it is, without what it says.

    >>> try: 1 / 0
    ... except ZeroDivisionError as error: print(traceback_of(error).splitlines()[-1])
    ZeroDivisionError
    """
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])


def write_log(level: str = "INFO") -> None:
    """Send all log records of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel("WARNING")
