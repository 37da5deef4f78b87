"""Are labels named rightly? Photos of playing cards, labelled after one picture of a card of each rank.

    python benchmarks/labels_of_cards.py --data PATH           # 174 photos, six times: 8 minutes on two idle cores

The first photo of each rank gives the picture, cut out by its box, and does not count. Each rank is labelled by itself, as
`python -m getnet_tf.autolabel photos/ --reference king.png` does it: of the labels, those on a card of another rank are wrong. "All
together" is what the program writes after all six pictures: where two names claim one place, the surer one gets it. The AUC is of the
surest place of every photo, kept or not, and says what another threshold could give.
"""

import os
import pathlib
import sys
import tempfile

import bench
import boxed_sets
import cv2
import numpy as np
from this_thing_scores import area_under

from edge_demo.model.preprocess import read_picture
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.labeller import one_thing_a_place
from getnet_tf.autolabel.process_pool import labelled
from getnet_tf.evaluation import metrics

SUREST = 20  # labels that are counted once more by themselves: does the score tell?
TOGETHER = "all together"
UNIT = (1, 1)  # (H, W) of every picture, once boxes are over pictures of size 1


def cards_and_views(data, folder):
    """Photos and what to look for: dict from a photo's name to (rank, box), and a `View` of every rank, sorted."""
    cards, views = {}, {}
    for path, rank, box in boxed_sets.single_cards(data):
        if rank in views:
            cards[path.name] = rank, box
            continue
        views[rank] = View(rank, str(folder / f"{rank}.png"))
        cv2.imwrite(views[rank].path, boxed_sets.cut(read_picture(path), box))
    return cards, [views[rank] for rank in sorted(views)]


def scores_of(labels, cards, ranks):
    """What labels are worth.

    Args:
        labels: dict from a photo's name to its `Label`.
        cards: as `cards_and_views` gives them.
        ranks: that were looked for.

    Returns:
        dict: `labels`, how many; of these the shares that are named as the card is (`named`), of the surest too, and that lie on the
        card (`placed`); of the photos of the ranks the shares that have a label of the right name (`found`), and whose surest label
        has it (`surest_found`), None where only one rank was looked for; `auc`, None where several were.
    """
    kept = sorted(
        ((one.score, path, one) for path, label in labels.items() for one in label.kept),
        key=lambda entry: (-entry[0], entry[1]),
    )
    named = np.array([one.name == cards[path][0] for _, path, one in kept], bool)
    sizes = np.array([(labels[path].width, labels[path].height) * 2 for _, path, _ in kept])
    found, true = (
        np.reshape(boxes, (-1, 4)) / sizes.reshape(-1, 4)
        for boxes in ([one.box_px for *_, one in kept], [cards[path][1] for _, path, _ in kept])
    )
    own = [path for path, (rank, _) in cards.items() if rank in ranks]
    names = {path: [one.name for one in labels[path].kept] for path in own}
    return {
        "labels": len(kept),
        "named": _share(named),
        "named_surest": _share(named[:SUREST]),
        "placed": _share(metrics.iou(found, true, UNIT) > 0.5),
        "found": _share([cards[path][0] in names[path] for path in own]),
        "surest_found": _share([names[path][:1] == [cards[path][0]] for path in own])
        if len(ranks) > 1
        else None,
        "auc": _auc(labels, cards, ranks[0]) if len(ranks) == 1 else None,
    }


def _share(hits):
    return float(np.mean(hits)) if len(hits) else None


def _auc(labels, cards, rank):
    scores = {path: label.candidates[0].score for path, label in labels.items()}
    sides = [np.array([scores[path] for path in labels if (cards[path][0] == rank) == own]) for own in (1, 0)]
    return area_under(*sides)


def together(of_ranks):
    """What the program writes after all pictures at once, of the labels after one each: dict from a photo's name to its `Label`."""
    every = {}
    for labels in of_ranks.values():
        for path, label in labels.items():
            every.setdefault(path, []).append(label)
    return {path: _joined(several) for path, several in every.items()}


def _joined(labels):
    candidates = [one for label in labels for one in label.candidates]
    first = labels[0]
    return type(first)(first.path, first.width, first.height, tuple(one_thing_a_place(candidates)))


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds cards/")
    bench.add_model(parser, "a .tflite file; default: the shipped one")
    bench.add_count(parser, os.cpu_count(), "of processes that label", "--processes")


def measure(options):
    """Every rank by itself, and all together."""
    with tempfile.TemporaryDirectory() as folder:
        cards, views = cards_and_views(options.data, pathlib.Path(folder))
        of_ranks = {}
        for view in views:
            job = Job(str(options.data / "cards" / "images"), (view,), str(options.model))
            labels = {label.path: label for label in labelled(job, cards, options.processes)}
            of_ranks[view.name] = {path: labels[path] for path in cards}
            bench.say(f"labelled    {view.name}: {scores_of(of_ranks[view.name], cards, [view.name])}")
    rows = {rank: scores_of(labels, cards, [rank]) for rank, labels in of_ranks.items()}
    return {**rows, TOGETHER: scores_of(together(of_ranks), cards, list(of_ranks))}


def markdown(result):
    """A row for every picture, and one for all together."""
    columns = {
        "labelled after": bench.text("after"),
        "labels": bench.text("labels"),
        "named rightly %": bench.percent("named", 0),
        f"the {SUREST} surest %": bench.percent("named_surest", 0),
        "on the card %": bench.percent("placed", 0),
        "cards of the rank found %": bench.percent("found", 0),
        "by the surest label %": bench.percent("surest_found", 0),
        "AUC": bench.number("auc", 2),
    }
    return bench.table([{"after": after, **row} for after, row in result.items()], columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
