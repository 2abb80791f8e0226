"""Many cases in, one record for each out, in order: in this process (``check_lines``), or by ``covergraph batch``."""

from covergraph.batch.records import Record, check_line, check_lines
from covergraph.reporttext import report_line

__all__ = ["Record", "check_line", "check_lines", "report_line"]
