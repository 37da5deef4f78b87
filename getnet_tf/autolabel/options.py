"""Options that the command for one machine and the one for many have in common."""

from getnet_tf.autolabel.search import Effort


def add_effort(parser):
    """Adds how much looking a picture is worth, and what is looked for."""
    add = parser.add_argument
    add(
        "--kinds",
        action="store_true",
        help="one of the kind is enough; without it, where the model can tell, only this very one counts",
    )
    add(
        "--refine",
        action="store_true",
        help="look again, closer, at what was found: better boxes, 3 times the time",
    )
    add(
        "--agree",
        action="store_true",
        help="look 6 times, shifted and mirrored: their spread is a box's uncertainty",
    )
    add(
        "--tiles",
        action="store_true",
        help="look at parts of pictures, too: small things, several of a kind; 37 looks",
    )


def effort_of(options):
    """The `Effort` that parsed options ask for."""
    return Effort(tiles=options.tiles, refine=options.refine, agree=options.agree)
