"""Does the file compute what was trained? The same inputs through every form, and the verdict."""

import dataclasses

import numpy as np

from getnet_tf.data.picture import frame_of

THETA_P99 = 0.02  # largest 99th percentile of the theta difference, fake-quantized against TFLite
COSINE_P1 = 0.999  # least 1st percentile of the embedding cosine, likewise
# The same for what is not emulated, against the network in float.
CLOSE = {"float32": (0.001, 0.9999), "float16": (0.005, 0.9999), "dynamic": (0.02, 0.99)}
DEEP_CLOSE = {"float32": (0.001, 0.9999), "float16": (0.03, 0.99), "dynamic": (0.15, 0.9)}  # means
DEEP_COSINE = 0.7  # a deep network in 8 bits: least mean cosine with float
DEEP_RATIO = 1.5  # a deep network: how much further from float the file may be than the emulation, on average
DEEP_ROOM = 0.005  # and by how much in any case


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How two forms of the branch agree on the same images."""

    theta_p99: float | None  # 99th percentile of the largest difference in theta; None without a localiser
    cosine_p1: float  # 1st percentile of the cosine of the embeddings
    images: int
    theta_mean: float | None = None  # mean of the largest difference in theta
    cosine_mean: float = 1.0

    def holds(self, theta_p99, cosine_p1):
        """Whether they agree within these bounds."""
        return (self.theta_p99 is None or self.theta_p99 <= theta_p99) and self.cosine_p1 >= cosine_p1


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


def refusal(variant, float_file, float_fake, fake_file, deep):
    """Why a file must not be written, or None.

    Args:
        variant: `variant.Variant`.
        float_file, float_fake, fake_file: `Agreement` of the network in float, its emulation and the file; those of the
            emulation None for variants without one.
        deep: whether the network is so deep that 8 bits take its file and its emulation apart.
    """
    if not variant.emulated and deep:
        # Of two places that are nearly as good, rounding may choose the other one: the mean says whether it does so often.
        theta, cosine = DEEP_CLOSE[variant.name]
        if float_file.cosine_mean >= cosine and (float_file.theta_mean or 0) <= theta:
            return None
        return (
            f"expected theta within {theta} and a cosine of at least {cosine} (means), received "
            f"{float_file.theta_mean} and {float_file.cosine_mean:.4f}"
        )
    if not variant.emulated:
        theta, cosine = CLOSE[variant.name]
        holds = float_file.holds(theta, cosine)
        return None if holds else _expected(theta, cosine, float_file)
    if not deep:
        holds = fake_file.holds(THETA_P99, COSINE_P1)
        return None if holds else _expected(THETA_P99, COSINE_P1, fake_file) + "; try more --steps"
    if float_file.cosine_mean < DEEP_COSINE:
        return f"expected a mean cosine with float of at least {DEEP_COSINE}, received {float_file.cosine_mean:.3f}"
    if stays_as_close(float_file, float_fake):
        return None
    return (
        f"it is further from float than its emulation: cosine {float_fake.cosine_mean:.4f} there, "
        f"{float_file.cosine_mean:.4f} here (means), theta {float_fake.theta_mean} and {float_file.theta_mean}"
    )


def _expected(theta, cosine, received):
    found = "" if received.theta_p99 is None else f"theta {received.theta_p99:.4f} and "
    return (
        f"expected theta within {theta} (99th percentile) and cosine at least {cosine} (1st), received {found}cosine "
        f"{received.cosine_p1:.5f}"
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


def run_file(matcher, images, references=None):
    """Runs a `.tflite` over images, one by one, as the edge does; returns as `run_images`."""
    if references is None:
        found = [matcher.find_array(image) for image in images]
    else:
        places = [
            matcher.find(frame_of(image), matcher.reference_of(shown))
            for image, shown in zip(images, references, strict=True)
        ]
        found = [(place.theta, place.embedding) for place in places]
    theta = np.array([theta for theta, _ in found]) if found[0][0] is not None else None
    return theta, np.array([embedding for _, embedding in found])
