"""From which score on something is a match: one level for pictures and films, the command line, window, page, labels and Python."""

from __future__ import annotations

LOWEST, HIGHEST = 0.05, 0.95  # that somebody may choose
# Percent. A model decides for itself at 50, where it is right as often as wrong on pictures of which half show the thing and half its
# look-alike; so what scores little more is most often a look-alike, as most of what a camera sees is something else. On scenes of kinds
# to choose by none of 100 without the kind is taken for the thing at 50, and 79 % of the things are found; at 75 it is 65 %. By kind
# alone 13 % are taken for it at 50 and 3 % at 85, from which on things appear in a film (`benchmarks/levels.py --count 100`).
LEVEL = 75
