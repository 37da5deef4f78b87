"""A page with the answers to a query and their boxes: one HTML file that needs nothing else, and no network."""

import html
import pathlib
import string

import numpy as np

from getnet_tf.autolabel.thumbnails import thumbnail
from getnet_tf.data.picture import DamagedPicture, decode, read_content
from getnet_tf.looks import looks

_PAGE = string.Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Where else is this?</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
$looks
body { margin: 1.5rem }
h1 { margin-bottom: 1rem }
ol { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1rem; list-style: none }
figure { margin: 0; max-width: 320px }
figcaption { overflow-wrap: anywhere; color: var(--soft) }
.picture { position: relative; display: inline-block }
.picture img { display: block }
.picture i { position: absolute; border: 3px solid #e66100; box-sizing: border-box }
</style>
</head>
<body>
<main>
<h1>Where else is this?</h1>
<figure><img src="$query" alt="What was searched for"></figure>
<ol>
$hits
</ol>
</main>
</body>
</html>
""")


def page(picture_rgb_u8, photos, hits):
    """The whole page.

    Args:
        picture_rgb_u8: (H, W, 3) uint8, what was searched for.
        photos: folder of the hits' pictures.
        hits: list of `Hit`, the best first.

    Returns:
        str of HTML.
    """
    items = "\n".join(_item(pathlib.Path(photos), hit) for hit in hits)
    return _PAGE.substitute(looks=looks(), query=thumbnail(picture_rgb_u8), hits=items)


def _item(photos, hit):
    caption = f"{hit.score:.3f} {html.escape(hit.path)}"
    try:
        picture = decode(read_content(photos / hit.path))
    except DamagedPicture:
        return f"<li><figure><p>The picture is gone.</p><figcaption>{caption}</figcaption></figure></li>"
    shares = 100 * np.array(hit.box_px) / np.tile(picture.shape[1::-1], 2)
    (left, top), (width, height) = shares[:2], shares[2:] - shares[:2]
    box = f'<i style="left:{left:.2f}%;top:{top:.2f}%;width:{width:.2f}%;height:{height:.2f}%"></i>'
    return (
        f'<li><figure><span class="picture"><img src="{thumbnail(picture)}" alt="">{box}</span>'
        f"<figcaption>{caption}</figcaption></figure></li>"
    )
