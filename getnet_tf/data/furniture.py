"""Scans of modelled things: furniture catalogs become folders that `getnet_tf.data.meshes.read_scan` reads.

    apt install sweethome3d-furniture
    python -m getnet_tf.data.furniture /usr/share/sweethome3d/furniture/Scopia.sh3f --out things

A catalog is a zip of Sweet Home 3D: `PluginFurnitureCatalog.properties` names every model and its author, and each model is a
Wavefront .obj, y up, with its materials and textures. Its colours become one texture; glass is drawn like anything else. What shows one
colour only is left out, for nothing on it tells it from others of its form, and so are people. The folder also gets `authors.csv`: name,
author, licence.
"""

import argparse
import csv
import dataclasses
import io
import pathlib
import re
import sys

import cv2
import numpy as np

from edge_demo.manual import Manual
from edge_demo.own_file import Damaged, opened
from edge_demo.whole_file import append_whole, opened_to_grow, write_whole
from getnet_tf.errors import InputError, report_errors

PROPERTIES = "PluginFurnitureCatalog.properties"
PEOPLE = "Characters"  # a category
MOST_FACES = 60_000  # finer ones are drawn too slowly
# The longer side of a texture: small ones are patches of plain colours, which would run into each other.
TEXTURE_PX = (256, 1024)
PLAIN = 6.0  # grey levels by which the colours of a thing differ at least, on average
MOST_BYTES = 1 << 30  # of a catalog, unpacked
AUTHORS = "authors.csv"


@dataclasses.dataclass(frozen=True)
class Model:
    """What a catalog says of a thing: its name, the member that holds its form, and who made it, under which licence."""

    name: str
    member: str
    author: str
    licence: str


def models_of(properties):
    """Models of a catalog's properties (a text), without people: list of `Model`."""
    said = dict(re.findall(r"^([^#\s=][^=\n]*)=(.*)$", properties, re.MULTILINE))
    numbers = [key.partition("#")[2] for key in said if key.startswith("model#")]
    return [
        Model(
            pathlib.PurePosixPath(said[f"model#{number}"]).stem,
            said[f"model#{number}"].strip().lstrip("/"),
            said.get(f"creator#{number}", "").strip(),
            said.get("license", "").strip(),
        )
        for number in numbers
        if said.get(f"category#{number}", "").strip() != PEOPLE
    ]


def scan_of(files, model):
    """A model as a scan: dict of `vertices`, `uv`, `faces`, as `read_scan` takes them, and `texture` (h, w, 3) uint8; None if it is too
    fine or shows one colour only.

    Args:
        files: dict from members of a catalog to bytes.
        model: `Model`.

    Raises:
        InputError: if the model cannot be read.
    """
    import trimesh

    folder = model.member.rpartition("/")[0]
    if model.member not in files:
        raise InputError(f"expected {model.member}, which {PROPERTIES} names; it is missing")
    own = {name: io.BytesIO(content) for name, content in files.items() if name.startswith(f"{folder}/")}
    resolver = trimesh.resolvers.ZipResolver(own, namespace=folder)
    try:
        scene = trimesh.load_scene(own[model.member], file_type="obj", resolver=resolver)
    except Exception as error:  # trimesh raises what its parsers happen to
        raise InputError(f"{model.member} is no model: {error}") from None
    parts = [part for part in scene.geometry.values() if len(part.faces)]
    if not parts or sum(len(part.faces) for part in parts) > MOST_FACES:
        return None
    for part in parts:
        _give_texture(part)
    whole = trimesh.util.concatenate(parts)
    image = whole.visual.material.image
    if image is None:  # a single part of a plain colour
        return None
    texture = np.asarray(image.convert("RGB"))
    least, most = (length / max(texture.shape[:2]) for length in TEXTURE_PX)
    if least > 1 or most < 1:
        factor = least if least > 1 else most
        way = cv2.INTER_NEAREST if least > 1 else cv2.INTER_AREA
        texture = cv2.resize(texture, None, fx=factor, fy=factor, interpolation=way)
    uv = np.asarray(whole.visual.uv, np.float32)
    if colours_apart(texture, uv) < PLAIN:
        return None
    return {
        "vertices": standing(whole.vertices),
        "uv": uv,
        "faces": np.asarray(whole.faces, np.uint32),
        "texture": texture,
    }


def standing(vertices):
    """Vertices (V, 3), y up, as a scan has them: z up, centred, the diagonal of their bounding box 1: (V, 3) float32."""
    turned = np.asarray(vertices, float)[:, [0, 2, 1]] * (1, -1, 1)
    low, high = turned.min(axis=0), turned.max(axis=0)
    return ((turned - (low + high) / 2) / np.linalg.norm(high - low)).astype(np.float32)


def colours_apart(texture, uv):
    """How far, on average, the colours at the vertices are from their mean, grey levels."""
    hw = np.array(texture.shape[:2])
    x, y = np.moveaxis(uv * (1, -1) % 1 * (hw[::-1] - 1), -1, 0).astype(int)
    colours = texture[y, x].astype(float)
    return float(np.abs(colours - colours.mean(axis=0)).mean())


def _give_texture(part):
    """Has a part of a plain colour, or of none, take places in a texture: trimesh packs none without."""
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import SimpleMaterial

    if getattr(part.visual, "uv", None) is None:
        material = getattr(part.visual, "material", None) or SimpleMaterial()
        part.visual = TextureVisuals(np.full((len(part.vertices), 2), 0.5), material)


def convert(catalog, out):
    """Writes the scans of a catalog: (written, left out), numbers of models. What is there already is kept.

    Raises:
        InputError: if this is no catalog.
    """
    import trimesh  # noqa: F401 - without it nothing is begun

    try:
        with opened(catalog, MOST_BYTES) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        if PROPERTIES not in files:
            raise InputError(f"it has no {PROPERTIES}")
        written = left_out = 0
        for model in models_of(files[PROPERTIES].decode("latin-1")):
            path = out / f"{catalog.stem}_{model.name}.npz"
            if not path.is_file():
                scan = scan_of(files, model)
                if scan is not None:
                    _write(path, scan, model)
                written, left_out = written + (scan is not None), left_out + (scan is None)
    except (Damaged, InputError) as error:
        raise InputError(f"{catalog}: expected a furniture catalog (.sh3f), received: {error}.") from None
    return written, left_out


def _write(path, scan, model):
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = io.BytesIO()
    np.savez_compressed(arrays, **{name: array for name, array in scan.items() if name != "texture"})
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((path.stem, model.author, model.licence))
    write_whole(path.with_suffix(".jpg"), _jpeg(scan["texture"]))
    with opened_to_grow(path.parent / AUTHORS) as file:
        append_whole(file, line.getvalue().encode())
    write_whole(path, arrays.getvalue())  # the last: what is there is whole


def _jpeg(texture):
    return cv2.imencode(".jpg", texture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.data.furniture",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
    )
    parser.add_argument("catalogs", type=pathlib.Path, nargs="+", metavar="CATALOG.sh3f", help="to read")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="for the scans")
    return report_errors(lambda: _main(parser.parse_args(argv)))


def _main(options):
    for catalog in options.catalogs:
        written, left_out = convert(catalog, options.out)
        print(f"{catalog.name}: {written} scans in {options.out}, {left_out} models left out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
