"""Cuts the object of an object-centred photo out of its background, with colours alone: no learned model.

A plain border (a product on white) is flooded from the edge of the picture; any other background is separated by
GrabCut, told only that the outermost rim is background. Both work on a reduced copy. A result that is not one
compact thing of believable size is refused: the caller then uses the picture's rectangle.
"""

import cv2
import numpy as np

WORK_PX = 144  # longer side of the reduced copy
LEAST_PX = 24  # shorter side below which no mask is tried
AREA_SHARES = (0.1, 0.9)  # of the picture, that an object may cover
MAIN_SHARE = 0.8  # of all foreground, that the largest connected part must hold
PLAIN_SHARE = 0.8  # of the rim, that must be near the rim's median colour to call the background plain
PLAIN_DISTANCE = 9.0  # CIE Lab units: near
RIM = 0.03  # width of the rim, share of the longer side
RIM_TOUCH = 0.45  # share of a plain picture's rim above which the object is cut off by the picture's edge
FILLED_SHARE = 0.9  # of the rectangle inside GrabCut's rim: above it nothing was separated
GRABCUT_ITERATIONS = 3
GRABCUT_LEAST_CONTRAST = 7.0  # Lab units between the mean colours just inside and just outside the outline
EDGE_PX = 2.0  # width of the feathered edge in the picture, at least


def object_mask(picture_rgb_u8):
    """The object of a photo as a mask, if colours separate it from the background.

    The same picture always gives the same mask: OpenCV's random generator, which GrabCut draws from, is seeded here.

    Args:
        picture_rgb_u8: (H, W, 3) uint8, the object near the middle.

    Returns:
        (H, W) float32 alpha in [0, 1], 1 inside the object, with a feathered edge; or None where no believable mask
        was found.

    Raises:
        ValueError: if the picture is not (H, W, 3) uint8.
    """
    check_picture(picture_rgb_u8)
    height, width = picture_rgb_u8.shape[:2]
    if min(height, width) < LEAST_PX:
        return None
    factor = min(1.0, WORK_PX / max(height, width))
    small_wh = max(3, round(width * factor)), max(3, round(height * factor))
    if min(small_wh) < LEAST_PX // 2:
        return None
    small = cv2.resize(picture_rgb_u8, small_wh, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    rim = _rim(small.shape[:2])
    distance = np.linalg.norm(lab - np.median(lab[rim], axis=0), axis=-1)
    if np.mean(distance[rim] < PLAIN_DISTANCE) >= PLAIN_SHARE:
        found = _flooded(distance)
        found = found if np.mean(found[rim]) <= RIM_TOUCH else None
    else:
        found = _grab_cut(small, lab, rim)
    found = None if found is None else _one_piece(found)
    return None if found is None else _feathered(found, (width, height))


def check_picture(picture):
    """Raises ValueError unless `picture` is (H, W, 3) uint8 with pixels."""
    shape, dtype = getattr(picture, "shape", None), getattr(picture, "dtype", None)
    if shape is None or len(shape) != 3 or shape[2] != 3 or dtype != np.uint8 or not min(shape):
        received = f"{dtype} {shape}" if shape is not None else type(picture).__name__
        raise ValueError(f"Invalid picture. Expected (H, W, 3) uint8 RGB. Received: {received}.")


def alpha_box(alpha):
    """The tight box around alpha > 0.5: (H, W) float -> (xmin, ymin, xmax, ymax) int, edges in pixels; None if empty."""
    inside = alpha > 0.5
    columns, rows = np.flatnonzero(inside.any(axis=0)), np.flatnonzero(inside.any(axis=1))
    if not len(columns):
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def tight_crop(picture, alpha, margin_px=0):
    """Cuts picture and mask to the object.

    Args:
        picture: (H, W, 3) uint8.
        alpha: (H, W) float32, the object's mask.
        margin_px: int, left around the object where the picture has room.

    Returns:
        Views of both, (h, w, 3) and (h, w): the box of alpha > 0.5 and its margin.

    Raises:
        ValueError: if the mask is empty or of another size than the picture.
    """
    if alpha.shape != picture.shape[:2]:
        raise ValueError(f"Expected alpha of the picture's size {picture.shape[:2]}, received {alpha.shape}.")
    box = alpha_box(alpha)
    if box is None:
        raise ValueError("Expected a mask with an object, received one that nowhere exceeds 0.5.")
    xmin, ymin = np.maximum(box[:2] - margin_px, 0)
    xmax, ymax = box[2:] + margin_px
    return picture[ymin:ymax, xmin:xmax], alpha[ymin:ymax, xmin:xmax]


def _rim(hw):
    """(h, w) bool: the outermost pixels."""
    width = max(2, round(RIM * max(hw)))
    rim = np.ones(hw, bool)
    rim[width:-width, width:-width] = False
    return rim


def _flooded(distance):
    """Everything that the border's colour does not reach from the edge of the picture: (h, w) bool."""
    # One pixel more on each side, so that all of the background is connected around an object that touches the edge.
    padded = np.pad((distance < PLAIN_DISTANCE).astype(np.uint8), 1, constant_values=1)
    _, parts = cv2.connectedComponents(padded, connectivity=4)
    found = parts[1:-1, 1:-1] != parts[0, 0]
    # Pixels of the outline that are more background than object would shine as a halo.
    kernel = np.ones((3, 3), np.uint8)
    outline = found & (cv2.erode(found.astype(np.uint8), kernel) == 0)
    return found & ~(outline & (distance < 0.5 * cv2.dilate(distance, kernel)))


def _grab_cut(small, lab, rim):
    """What GrabCut separates from the rim, (h, w) bool; None if that is nothing or all, or has hardly an outline."""
    height, width = small.shape[:2]
    marks = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    # Probable object: an ellipse, because the corners of an object's rectangle are mostly background.
    cv2.ellipse(
        marks,
        (width // 2, height // 2),
        (round(width * 0.42), round(height * 0.42)),
        0,
        0,
        360,
        cv2.GC_PR_FGD,
        -1,
    )
    marks[rim] = cv2.GC_BGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    try:
        cv2.grabCut(small, marks, None, *models, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # its mixture of colours degenerates on pictures of few colours
        return None
    found = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    if not found.any() or found.mean() > FILLED_SHARE * np.mean(~rim):
        return None
    return found if _outline_contrast(lab, found) >= GRABCUT_LEAST_CONTRAST else None


def _outline_contrast(lab, found):
    """How much colours differ across the outline: mean over its pixels, Lab units."""
    inside, kernel = found.astype(np.uint8), np.ones((3, 3), np.uint8)
    weight_in = cv2.erode(inside, kernel).astype(np.float32)
    weight_out = 1 - cv2.dilate(inside, kernel).astype(np.float32)
    outline = (weight_in == 0) & (weight_out == 0)

    def nearby(weight):
        total = cv2.boxFilter(weight, -1, (9, 9), normalize=False)
        colour = cv2.boxFilter(lab * weight[..., None], -1, (9, 9), normalize=False)
        return colour / np.maximum(total, 1)[..., None], total > 0

    (colour_in, known_in), (colour_out, known_out) = nearby(weight_in), nearby(weight_out)
    both = outline & known_in & known_out
    return np.linalg.norm(colour_in - colour_out, axis=-1)[both].mean() if both.any() else 0.0


def _one_piece(found):
    """Smooths the outline, keeps the largest part, fills small holes; None if that is no believable object."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    mask = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    if areas.max() < MAIN_SHARE * areas.sum():
        return None
    mask = (parts == 1 + areas.argmax()).astype(np.uint8)
    count, holes, stats, _ = cv2.connectedComponentsWithStats(
        np.pad(1 - mask, 1, constant_values=1), connectivity=4
    )
    small = stats[:, cv2.CC_STAT_AREA] < 0.01 * mask.size
    mask |= small[holes[1:-1, 1:-1]].astype(np.uint8) & (1 - mask)
    low, high = AREA_SHARES
    return mask if low <= mask.mean() <= high else None


def _feathered(mask, full_wh):
    """The small mask at full size, float32, its edge moved inwards by a third of a small pixel against halos."""
    ratio = full_wh[0] / mask.shape[1]
    smooth = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    smooth = cv2.resize(
        smooth, full_wh, interpolation=cv2.INTER_LINEAR_EXACT if ratio == 1 else cv2.INTER_CUBIC
    )
    # The blurred edge rises by 0.4 per small pixel; steeper, until it is EDGE_PX wide.
    steep = max(1.0, 2.5 * ratio / EDGE_PX)
    return np.clip((smooth - 0.63) * steep + 0.5, 0, 1).astype(np.float32)
