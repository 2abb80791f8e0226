"""The swift way from a case's parsed JSON to its report, for cases that are plain: well-formed, and like most.

What a piece of a case (a line, a treatment, the findings of a level, a date) comes to is checked and worked out once,
by the same code as on the general way, and remembered as bits of the pattern that the leaves look at. A case is then a
few look-ups a piece and one a site. Whatever is not plain raises NotPlainError; the general way then reads the case
anew and says what is wrong with it, if anything is.
"""
