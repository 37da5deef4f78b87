"""Does the file compute what was trained? The same pictures through every form, on the demo's own path, and the verdict."""

import dataclasses

import numpy as np

from edge_demo.model.preprocess import reference_to_input

THETA_P99 = 0.02  # largest 99th percentile of the theta difference, fake-quantized against TFLite
COSINE_P1 = 0.999  # least 1st percentile of the embedding cosine, likewise
# The same for what is not emulated, against the network in float.
CLOSE = {"float32": (0.001, 0.9999), "float16": (0.005, 0.9999), "dynamic": (0.02, 0.99)}
DEEP_CLOSE = {"float32": (0.001, 0.9999), "float16": (0.03, 0.99), "dynamic": (0.15, 0.9)}  # means
DEEP_COSINE = 0.7  # a deep network in 8 bits: least mean cosine with float
DEEP_RATIO = 1.5  # a deep network: how much further from float the file may be than the emulation, on average
DEEP_ROOM = 0.005  # and by how much in any case
# The network on the demo's path against itself on its own, in float: theta and cosine, means. On 60 photos the shipped file
# has 0.024 and 0.994, of two places choosing the other one in two of them; digits have 0.0002 and 1.000.
CUT = (0.05, 0.98)


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How two forms of the branch agree on the same images."""

    theta_p99: float | None  # 99th percentile of the largest difference in theta; None without a localiser
    cosine_p1: float  # 1st percentile of the cosine of the embeddings
    images: int
    theta_mean: float | None = None  # mean of the largest difference in theta
    cosine_mean: float = 1.0

    def __str__(self):
        theta = ""
        if self.theta_p99 is not None:
            theta = f"theta p99 {self.theta_p99:.4f} (mean {self.theta_mean:.4f}), "
        return f"{theta}cosine p1 {self.cosine_p1:.5f} (mean {self.cosine_mean:.5f}), {self.images} images"

    def holds(self, theta_p99, cosine_p1):
        """Whether they agree within these bounds."""
        return (self.theta_p99 is None or self.theta_p99 <= theta_p99) and self.cosine_p1 >= cosine_p1


@dataclasses.dataclass(frozen=True)
class Agreements:
    """How all forms of one export agree. Those of the emulation are None for variants without one."""

    float_cut: Agreement  # the network in float: on the demo's path against on its own, see `twin`
    float_file: Agreement  # the file against the network in float, both on the demo's path like all below
    float_fake: Agreement | None = None  # the emulation against the network in float
    fake_file: Agreement | None = None  # the file against its emulation

    def __str__(self):
        rows = {
            "cut         against the network's own sampling": self.float_cut,
            "emulated    against float": self.float_fake,
            "file        against float": self.float_file,
            "parity      against its emulation": self.fake_file,
        }
        return "\n".join(f"{name}: {found}" for name, found in rows.items() if found is not None)


def stays_as_close(file_float, fake_float):
    """Whether a file is hardly further from float than its emulation: the verdict on deep networks.

    Emulation and file differ by one 8-bit step here and there, from the first layer on; over fifty layers that grows to
    most of what quantization itself costs, and two correct kernels differ from each other as much. So they are not
    compared with each other, but each with the float network. A layer converted wrongly brings the file away from it.

    Args:
        file_float, fake_float: `Agreement` of file and emulation with the float branch.
    """
    allowed = DEEP_RATIO * (1 - fake_float.cosine_mean) + DEEP_ROOM
    near = 1 - file_float.cosine_mean <= allowed
    if file_float.theta_mean is not None:
        near = near and file_float.theta_mean <= DEEP_RATIO * fake_float.theta_mean + DEEP_ROOM
    return near


def refusal(variant, agreements, deep):
    """Why a file must not be written, or None.

    Args:
        variant: `variant.Variant`.
        agreements: `Agreements`.
        deep: whether the network is so deep that 8 bits take its file and its emulation apart.
    """
    file, fake = agreements.float_file, agreements.float_fake
    if not _near(agreements.float_cut, *CUT):
        return (
            f"the demo would look elsewhere than the network: {_expected_means(*CUT, agreements.float_cut)}"
        )
    if variant.emulated:
        return (
            _deep_refusal(file, fake)
            if deep
            else _gap(agreements.fake_file, THETA_P99, COSINE_P1, "; try more --steps")
        )
    if not deep:
        return _gap(file, *CLOSE[variant.name])
    # Of two places that are nearly as good, rounding may choose the other one: the mean says whether it does so often.
    bounds = DEEP_CLOSE[variant.name]
    return None if _near(file, *bounds) else _expected_means(*bounds, file)


def _deep_refusal(file, fake):
    if file.cosine_mean < DEEP_COSINE:
        return f"expected a mean cosine with float of at least {DEEP_COSINE}, received {file.cosine_mean:.3f}"
    if stays_as_close(file, fake):
        return None
    return (
        f"it is further from float than its emulation: cosine {fake.cosine_mean:.4f} there, {file.cosine_mean:.4f} here "
        f"(means), theta {fake.theta_mean} and {file.theta_mean}"
    )


def _near(found, theta, cosine):
    """Whether two forms agree on average."""
    return found.cosine_mean >= cosine and (found.theta_mean is None or found.theta_mean <= theta)


def _expected_means(theta, cosine, received):
    return (
        f"expected theta within {theta} and a cosine of at least {cosine} (means), received {received.theta_mean} and "
        f"{received.cosine_mean:.4f}"
    )


def _gap(found, theta, cosine, advice=""):
    """Why two forms do not agree within these bounds, or None."""
    if found.holds(theta, cosine):
        return None
    seen = "" if found.theta_p99 is None else f"theta {found.theta_p99:.4f} and "
    return (
        f"expected theta within {theta} (99th percentile) and cosine at least {cosine} (1st), received {seen}cosine "
        f"{found.cosine_p1:.5f}{advice}"
    )


def agreement(found0, found1):
    """Compares two results of `run_images`."""
    (theta0, embedding0), (theta1, embedding1) = found0, found1
    theta_p99 = theta_mean = None
    if theta0 is not None:
        difference = np.abs(theta0 - theta1).max(axis=-1)
        theta_p99, theta_mean = float(np.percentile(difference, 99)), float(difference.mean())
    cosine = np.sum(embedding0 * embedding1, axis=-1)
    cosine_p1, cosine_mean = float(np.percentile(cosine, 1)), float(cosine.mean())
    return Agreement(theta_p99, cosine_p1, len(embedding0), theta_mean, cosine_mean)


def run_images(find, images, references=None, size=250):
    """Runs a branch over images.

    Args:
        find: (B, H, W, C), and with references (B, h, w, C), -> {"theta", "embedding"}, as `Branch.search`.
        images: (N, H, W, C).
        references: (N, h, w, C), what a guided branch searches each image for; None for others.
        size: images at once.

    Returns:
        theta (N, P) or None, embedding (N, E).
    """
    inputs = [images] if references is None else [images, references]
    found = [find(*(x[i : i + size] for x in inputs)) for i in range(0, len(images), size)]
    embedding = np.concatenate([np.asarray(f["embedding"]) for f in found])
    theta = np.concatenate([np.asarray(f["theta"]) for f in found]) if "theta" in found[0] else None
    return theta, embedding


def run_matcher(matcher, frames_bgr_u8, shown_bgr_u8=None):
    """Runs the edge's matcher over frames, one by one, as the demo does.

    Args:
        matcher: `Matcher` of a file, or `twin.Twin` of a branch.
        frames_bgr_u8: (N, H, W, 3).
        shown_bgr_u8: (N, h, w, 3) the picture that each frame is searched for, blank or not; None where nothing guides the
            search.

    Returns:
        as `run_images`.
    """
    references = [None] * len(frames_bgr_u8)
    if shown_bgr_u8 is not None:
        shown = [reference_to_input(picture, matcher.metadata)[0] for picture in shown_bgr_u8]
        references = [matcher.reference_of(image) for image in shown]
    found = [matcher.find(*pair) for pair in zip(frames_bgr_u8, references, strict=True)]
    theta = None if found[0].theta is None else np.array([one.theta for one in found])
    return theta, np.array([one.embedding for one in found])
