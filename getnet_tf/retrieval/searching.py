"""The command that searches an index for what a picture shows."""

import json
import os
import pathlib

from getnet_tf.console import say
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError
from getnet_tf.retrieval import nearest, sheet
from getnet_tf.retrieval.finder import Finder
from getnet_tf.retrieval.indexing import place_of
from getnet_tf.retrieval.store import Store
from getnet_tf.training.run_folder import write_text

SPATIAL, ADAPTIVE, GEOMETRIC = "spatial", "adaptive", "geometric"
RERANK = (SPATIAL, ADAPTIVE, GEOMETRIC)
RERANKED = 50  # answers that are looked at again


def search(options):
    """Prints, and writes, what is found."""
    store = Store.open(options.index)
    check_rerank(options.rerank, store.about["regions"])
    picture = asked(read_rgb(options.picture), options.box)
    index = nearest.opened(store, place_of(options.milvus))
    code = coder_for(store, options.model)(picture).whole
    finder, photos = Finder(store, index), store.about["photos"]
    hits = answers(finder, code, options.top, options.expand, options.rerank, picture, photos)
    found = {
        "index": str(options.index),
        "query": str(options.picture),
        "query_box": options.box,
        "hits": [{"path": hit.path, "score": round(hit.score, 5), "box_px": hit.box_px} for hit in hits],
    }
    print(table(hits))
    if options.json:
        write_text(options.json, json.dumps(found, indent=1) + "\n")
    if options.html:
        write_text(options.html, sheet.page(picture, photos, hits))
        gone = sum(not os.path.isfile(os.path.join(photos, hit.path)) for hit in hits)
        if gone:
            say(f"{gone} of {len(hits)} pictures are not in {photos} any more. Index the pictures again.")
    return 0


def answers(finder, code, count, expand, rerank, picture, photos):
    """The `count` best answers to a code.

    Args:
        finder: `Finder`.
        code: (D,) of length 1.
        count: of answers.
        expand: whether it learns from its best answers first.
        rerank: which way the first answers are put in order again, of `RERANK`; None: none.
        picture: (H, W, 3) uint8 RGB, whose code it is; read by "geometric" alone.
        photos: folder of the pictures.

    Returns:
        list of `Hit`, the best first.
    """
    if expand:
        code = finder.expanded(code)
    hits = finder.find(code, count if rerank is None else max(RERANKED, count))
    first, rest = hits[:RERANKED], hits[RERANKED:]
    if rerank == GEOMETRIC:
        from getnet_tf.retrieval.laying import geometric, open_aligner

        hits = geometric(open_aligner(), picture, photos, first) + rest
    elif rerank is not None:
        hits = {SPATIAL: finder.spatial, ADAPTIVE: finder.adaptive}[rerank](code, first) + rest
    return hits[:count]


def check_rerank(rerank, regions):
    """That there is what a way to re-rank needs.

    Raises:
        InputError: if there are no regions.
    """
    if rerank in (SPATIAL, ADAPTIVE) and not regions:
        raise InputError(
            f"--rerank {rerank} needs codes of regions: index with --regions, or take --rerank {GEOMETRIC}."
        )


def coder_for(store, model=None):
    """The coder that a store's codes are of.

    Args:
        store: `Store`.
        model: its file, if it is not any more where it was.

    Raises:
        InputError: if that coder makes other codes.
    """
    from getnet_tf.retrieval.coder import open_coder

    about = store.about
    model = about["model"] if model is None else str(model)
    if model is not None and not pathlib.Path(model).exists():
        raise InputError(
            f"{model}: expected the model that the index was made by, found nothing. Give its --model."
        )
    coder = open_coder(model, about["head"], about["regions"], about["whitening"])
    if coder.fingerprint != about["fingerprint"]:
        raise InputError(
            f"{store.folder} is an index of another model or head than {model or 'the one of ImageNet'} "
            f"({about['fingerprint'][:12]}, received {coder.fingerprint[:12]}). Give its --model, or index the pictures anew."
        )
    return coder


def asked(picture, box):
    """What of a picture (H, W, 3) is searched for: `box` is (x, y, w, h) in its pixels, None for all of it.

    Raises:
        InputError: if the box is not inside the picture.
    """
    if box is None:
        return picture
    (x, y, w, h), (height, width) = box, picture.shape[:2]
    if min(x, y) < 0 or min(w, h) < 1 or x + w > width or y + h > height:
        raise InputError(
            f"Invalid --box. Expected x,y,w,h inside the picture of {width}x{height} pixels. Received: {x},{y},{w},{h}."
        )
    return picture[y : y + h, x : x + w]


def table(hits):
    """Hits as lines of text, the best first."""
    if not hits:
        return "Nothing: the index is empty."
    lines = [f"{'score':>7}  {'box':>22}  picture"]
    for hit in hits:
        box = ",".join(f"{edge:.0f}" for edge in hit.box_px)
        lines.append(f"{hit.score:7.3f}  {box:>22}  {hit.path}")
    return "\n".join(lines)
