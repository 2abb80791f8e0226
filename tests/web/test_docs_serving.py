"""The page on serving names every setting, as it is."""

from __future__ import annotations

import dataclasses
import re

from covergraph.web.settings import Settings
from web.server import ROOT

PAGE = ROOT / "docs" / "serving.md"


def test_the_page_lists_every_setting_with_its_default() -> None:
    rows = [
        f"| `--{setting.name.replace('_', '-')}` | {'' if setting.default in ((), None) else setting.default} "
        f"| {setting.metadata['text']} |"
        for setting in dataclasses.fields(Settings)
        if setting.metadata
    ]

    assert re.findall(r"^\| `--.*$", PAGE.read_text(), re.MULTILINE) == rows


def test_every_variable_that_the_page_names_is_a_setting() -> None:
    known = {f"COVERGRAPH_{setting.name.upper()}" for setting in dataclasses.fields(Settings)}
    remote = {f"COVERGRAPH_ENDPOINT_{name}" for name in ("USER", "PASSWORD", "TOKEN")}

    assert set(re.findall(r"COVERGRAPH_[A-Z_]*[A-Z]", PAGE.read_text())) <= known | remote
