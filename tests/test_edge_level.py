"""One level says what a match is, wherever somebody is told."""

from edge_demo.level import LEVEL
from edge_demo.model.layout.layout import Found
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.results.smoothing import at_level
from getnet_tf.autolabel.label import DOUBTFUL, Candidate

BOX = (1.0, 2.0, 3.0, 4.0)


def test_a_label_below_the_level_is_one_to_look_at():
    sure, unsure = (Candidate("cup", BOX, LEVEL / 100 + step, True) for step in (0.001, -0.001))
    assert sure.doubt < DOUBTFUL < unsure.doubt


def test_in_a_picture_everything_counts_from_the_level_on():
    others = (Found(BOX, 0.0, 2.0), Found(BOX, 0.0, 0.5))  # 88 % and 62 %
    found = ObjectMatch("cup", 0.8, True, BOX, 0.3, angle_deg=10.0, kind_score=0.95, same=True, others=others)
    (kept,) = at_level(MatchResult(1.0, [found]), 0.7).objects
    assert (kept.match, kept.same, kept.verdict, kept.others) == (True, True, "this one", others[:1])
    (like,) = at_level(MatchResult(1.0, [found]), 0.9).objects
    assert (like.match, like.same, like.verdict, like.others) == (False, False, "one like it", ())
    assert (like.score, like.box_px, like.angle_deg) == (0.8, BOX, None)
    (absent,) = at_level(MatchResult(1.0, [found]), 0.96).objects
    assert absent.verdict == "not there"
