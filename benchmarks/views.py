"""Do several views of an object help? One, two and four of them, and ways to put them together, through the edge.

    python benchmarks/views.py --data PATH                          # the shipped model, 4 minutes on 2 cores

Views and frames are always different pictures: products of Grocery Store's `val` (whole photos), playing cards of one
rank (views are cut out by their boxes), and the cup of the clip (views are cut out of its first boxed frames; frames without
it are those of the street). Each frame comes with its own object and with another one. Rules:

- best: the smallest distance of one search per view
- mean: the mean of these distances
- half way: between the two; what `edge_demo` does
- first: one search by the first view; the smallest distance of what it found to any view
- pooled: one search by views mixed into one, embeddings averaged, descriptors cut from each in turn
"""

import sys

import bench
import boxed_sets
import numpy as np
import photo_sets
from boxed_sets import cut

from edge_demo.gallery.views import joint_distance
from edge_demo.model.preprocess import read_picture
from edge_demo.model.reference import Reference
from getnet_tf.evaluation import metrics

COUNTS = (1, 2, 4)
VIEWS = max(COUNTS)
SEARCHES_EACH = ("best", "mean", "half way")  # rules that search for every view


def grocery_trials(data, limit, rng):
    """(frame, views of its product, views of another product), pictures read."""
    photos = photo_sets.grocery(data)["test"]
    own = {label: np.flatnonzero(photos.labels == label) for label in np.unique(photos.labels)}
    own = {label: rng.permutation(index) for label, index in own.items() if len(index) > VIEWS}
    read = {i: read_picture(photos.paths[i]) for index in own.values() for i in index}
    frames = [(label, i) for label, index in own.items() for i in index[VIEWS:]]
    for place in rng.permutation(len(frames))[:limit]:
        label, i = frames[place]
        other = rng.choice([name for name in own if name != label])
        yield read[i], [read[k] for k in own[label][:VIEWS]], [read[k] for k in own[other][:VIEWS]]


def card_trials(data, limit, rng):
    """As `grocery_trials`, of photos with one card."""
    cards = boxed_sets.single_cards(data)
    ranks = sorted({rank for _, rank, _ in cards})
    own = {rank: rng.permutation([i for i, card in enumerate(cards) if card[1] == rank]) for rank in ranks}
    views = {
        rank: [cut(read_picture(cards[i][0]), cards[i][2]) for i in index[:VIEWS]]
        for rank, index in own.items()
    }
    frames = [(rank, i) for rank in ranks for i in own[rank][VIEWS:]]
    for place in rng.permutation(len(frames))[:limit]:
        rank, i = frames[place]
        other = rng.choice([name for name in ranks if name != rank])
        yield read_picture(cards[i][0]), views[rank], views[other]


def cup_trials(data, limit, rng):
    """As `grocery_trials`, of the clip; here the frame differs, and not the object."""
    boxes = list(boxed_sets.cup_boxes(data).items())
    cup, street = (
        boxed_sets.frames_of(path(data)) for path in (boxed_sets.clip_path, boxed_sets.street_path)
    )
    shown = np.linspace(0, len(boxes) // 2 - 1, VIEWS).round().astype(int)  # from the first half of the clip
    views = [cut(cup[boxes[k][0]], boxes[k][1]) for k in shown]
    rest = boxes[len(boxes) // 2 :][:limit]
    for (number, _), other in zip(rest, street[:: len(street) // limit or 1], strict=False):
        yield cup[number], views, None
        yield other, None, views


def pooled(references):
    """Views mixed into one reference: the mean embedding at length 1, every n-th descriptor from the n-th view."""
    mean = np.mean([view.embedding for view in references], axis=0)
    descriptor = None
    if references[0].descriptor is not None:
        descriptor = references[0].descriptor.copy()
        for number, view in enumerate(references):
            descriptor[number :: len(references)] = view.descriptor[number :: len(references)]
    return Reference("pooled", (mean / np.linalg.norm(mean)).astype(np.float32), descriptor)


def distances(matcher, frame, references):
    """dict (rule, number of views) -> distance."""
    found = [matcher.find(frame, view).embedding for view in references]
    own = np.array([matcher.distance(e, view.embedding) for e, view in zip(found, references, strict=True)])
    by_first = np.array([matcher.distance(found[0], view.embedding) for view in references])
    result = {("best", 1): own[0]}
    for count in COUNTS[1:]:
        result["best", count] = own[:count].min()
        result["mean", count] = own[:count].mean()
        result["half way", count] = joint_distance(own[:count])
        result["first", count] = by_first[:count].min()
        mixed = pooled(references[:count])
        result["pooled", count] = matcher.distance(matcher.find(frame, mixed).embedding, mixed.embedding)
    return result


def scores_of(matcher, trials):
    """Scores of every rule: list of dicts."""
    label, rows, described = [], [], {}

    def references(views):
        if id(views[0]) not in described:  # the pictures live as long as the trials
            described[id(views[0])] = (
                views,
                [matcher.describe(view, str(k)) for k, view in enumerate(views)],
            )
        return described[id(views[0])][1]

    for frame, own, other in trials:
        for value, views in ((1, own), (0, other)):
            if views is not None:
                label.append(value)
                rows.append(distances(matcher, frame, references(views)))
    label, limit = np.array(label), matcher.metadata.threshold
    result = []
    for rule, count in rows[0]:
        distance = np.array([row[rule, count] for row in rows])
        result.append(
            {
                "rule": rule,
                "views": count,
                "searches": count if rule in SEARCHES_EACH else 1,
                "auc": metrics.roc_auc(label, distance),
                "found": float((distance[label == 1] <= limit).mean()),
                "false": float((distance[label == 0] <= limit).mean()),
                "best": metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance)),
                "score": float(np.mean([matcher.score(d) for d in distance[label == 1]])),
                "same": int((label == 1).sum()),
                "different": int((label == 0).sum()),
            }
        )
    return result


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds grocery/, cards/ and video/")
    bench.add_model(parser)
    bench.add_count(parser, 45, "frames of each set, with and without the object")
    bench.add_seed(parser)


def measure(options):
    """Every rule on every set."""
    matcher = bench.open_model(options.model, options.threads, kinds=True)
    sets, result = {"grocery": grocery_trials, "cards": card_trials, "cup": cup_trials}, {}
    for name, trials in sets.items():
        rng = np.random.default_rng(options.seed)
        result[name] = scores_of(matcher, trials(options.data, options.count, rng))
        bench.say(f"measured    {name}")
    return result


def markdown(result):
    """A row for every rule and set."""
    columns = {
        "data": bench.text("data"),
        "frames with, without": bench.together("{}, {}", bench.text("same"), bench.text("different")),
        "rule": bench.text("rule"),
        "views": bench.text("views"),
        "searches": bench.text("searches"),
        "AUC": bench.number("auc", 4),
        "found %": bench.percent("found"),
        "false %": bench.percent("false"),
        "best accuracy %": bench.percent("best"),
        "mean score %": bench.percent("score", 0),
    }
    rows = [{"data": name, **row} for name, rows in result.items() for row in rows]
    return bench.table(rows, columns)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
