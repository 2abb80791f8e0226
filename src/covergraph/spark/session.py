"""Starting Spark from a shell: what it needs on this machine, and what to tell where that is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from covergraph.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SETTINGS = {
    "spark.app.name": "covergraph batch",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    # One open file for each determination: rows need no sort before they are written.
    "spark.sql.maxConcurrentOutputFileWriters": "16",
}


@contextmanager
def open_spark(master: str, progress: bool) -> Iterator[SparkSession]:
    """A Spark session on a master, ended at the end; what the user's own Spark configuration says is kept.

    Raises InputError where PySpark or Java is missing, or where Spark does not start.
    """
    try:
        import pyspark
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError("no-spark", "", "PySpark is not installed.", "pip install 'covergraph[spark]'") from None
    _require_java()
    if master.startswith("local"):  # else workers are elsewhere, and set up by whoever runs them
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("SPARK_LOCAL_HOSTNAME", "localhost")
    builder = SparkSession.builder.master(master).config("spark.ui.showConsoleProgress", str(progress).lower())
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise InputError("no-start", f"--master {master}", f"Spark does not start: {_first_line(error)}",
                         "What it wrote above tells more; it needs Java 17 or newer.") from None  # fmt: skip
    except Exception as error:  # the Java side's own errors come as they are
        if "Java" not in type(error).__name__:
            raise
        raise InputError("no-start", f"--master {master}", f"Spark does not start: {_first_line(error)}",
                         "Give for example local[2], spark://HOST:PORT or yarn.") from None  # fmt: skip
    try:
        yield session
    finally:
        session.stop()


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise InputError("no-java", "java", "Spark runs on Java 17 or newer, and none is found.",
                         "Install one (on Debian: openjdk-17-jre-headless), or set JAVA_HOME.")  # fmt: skip


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
