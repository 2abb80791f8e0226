"""Pictures of a judged case in SVG: criteria coloured by value, levels on the column, clearances over time.

Every picture says the same in words in its ``desc``, differs by shape and pattern as well as by colour, is readable in
light and dark, and is the same to the byte for the same case and content.
"""

from covergraph.picture.canvas import Picture, style
from covergraph.picture.clearances import clearance_picture
from covergraph.picture.column import Level
from covergraph.picture.places import level_pieces
from covergraph.picture.poster import CasePictures, case_pictures, case_poster

__all__ = [
    "CasePictures", "Level", "Picture", "case_pictures", "case_poster", "clearance_picture", "level_pieces", "style",
]  # fmt: skip
