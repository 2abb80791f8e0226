"""Write the index of the ICD-10-CM code set that ``covergraph.icd10cm`` searches.

The codes come from the package simple-icd-10-cm, so run this after taking a new release of it:

    python tools/icd10cm_index.py

One line per category, subcategory and code, sorted: the code without its dot in seven characters, then ``*``
where it is billable or ``-`` where it is a heading. Chapters and blocks are no codes and are left out. The
same release gives the same bytes.
"""

import sys
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it loads its data by a deprecated function
    import simple_icd_10_cm as icd

INDEX = Path(__file__).resolve().parent.parent / "ontology" / "codes" / "icd-10-cm-index.txt"


def index_lines() -> bytes:
    """Return the whole index, from the release that the package holds.

    Some categories, such as B20, share their name with the block around them; the package lists those twice.
    """
    codes = {code for code in icd.get_all_codes() if icd.is_category_or_subcategory(code)}
    lines = (f"{code.replace('.', ''):7}{'*' if icd.is_leaf(code) else '-'}\n" for code in codes)
    return "".join(sorted(lines)).encode("ascii")


def main(argv: list[str]) -> None:
    """Write the index to the path given, or to its place in the repository."""
    path = Path(argv[0]) if argv else INDEX
    path.write_bytes(index_lines())


if __name__ == "__main__":
    main(sys.argv[1:])
