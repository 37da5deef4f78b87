"""The PyTorch side of `throughput.py`, run by it in an interpreter of its own: the same GetNet in idiomatic PyTorch.

    TORCH_PYTHON benchmarks/throughput_torch.py FOLDER --threads 2

FOLDER holds `reference.npz` of the TensorFlow side: weights, batches, gradients, learning rates and the settings.
Variants are "PRECISION HOW": float32 or bfloat16 (autocast); eager, compiled or max-autotune. All channels last.
"""

import argparse
import contextlib
import itertools
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from throughput_steps import serve
from torch import nn

MODES = {"compiled": "default", "max-autotune": "max-autotune"}


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow does with "same": what does not divide evenly goes right and below."""

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(
            x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True
        ):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        if pads[0] == pads[1] and pads[2] == pads[3]:
            return F.conv2d(x, self.weight, self.bias, self.stride, (pads[2], pads[0]))
        return F.conv2d(F.pad(x, pads), self.weight, self.bias, self.stride)


def conv_bn_relu(channels, filters, kernel, stride):
    """Keras's momentum of 0.95 keeps that much of the old statistics; PyTorch's 0.05 takes that much of the new."""
    conv = SameConv2d(channels, filters, kernel, stride, bias=False)
    return conv, nn.BatchNorm2d(filters, eps=1e-3, momentum=0.05), nn.ReLU(inplace=True)


def cell_centres_norm(cells, length_px):
    """Normalized coordinates of the centres of `cells` cells of 4 pixels in `length_px`: (cells,)."""
    centre_px = (torch.arange(cells) + 0.5) * 4 - 0.5
    return centre_px * (2 / (length_px - 1)) - 1


def channels_last(image):
    """(B, H, W) -> (B, 1, H, W). `contiguous(memory_format=channels_last)` leaves the strides of one channel as they
    are, and the convolution then runs, six times slower, as channels first."""
    return image.unsqueeze(-1).permute(0, 3, 1, 2)


class ChannelsLastFlatten(nn.Module):
    """(B, C, H, W) -> (B, H W C): the order of the memory, and of Keras's weights."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class GetNet(nn.Module):
    """The default GetNet, salient localiser and kind `box`, for grey images.

    Args:
        model: the fields of `getnet_tf.config.ModelConfig`.
    """

    def __init__(self, model):
        super().__init__()
        (height, width), (h, w) = model["image_hw"], model["crop_hw"]
        self.gain = nn.Parameter(torch.tensor(1.5))
        self.localiser = nn.Sequential(
            *conv_bn_relu(1, 16, 6, 2),
            *conv_bn_relu(16, 32, 4, 2),
            *conv_bn_relu(32, 32, 3, 1),
            *conv_bn_relu(32, 32, 3, 1),
            *conv_bn_relu(32, 32, 3, 1),
            nn.Conv2d(32, 1, 1),
        )
        self.encoder = nn.Sequential(
            *conv_bn_relu(1, 16, 3, 1),
            *conv_bn_relu(16, 32, 3, 2),
            *conv_bn_relu(32, 32, 3, 1),
            *conv_bn_relu(32, 64, 3, 2),
            *conv_bn_relu(64, 64, 3, 1),
            *conv_bn_relu(64, 128, 3, 1),
            *conv_bn_relu(128, 32, 1, 1),
            ChannelsLastFlatten(),
            nn.Linear(32 * -(-h // 4) * -(-w // 4), model["embedding_dim"]),
        )
        for name, values in {
            "cell_x": cell_centres_norm(-(-width // 4), width),
            "cell_y": cell_centres_norm(-(-height // 4), height),
            "pixel_x": torch.arange(width, dtype=torch.float32),
            "pixel_y": torch.arange(height, dtype=torch.float32),
            "target_x": torch.linspace(-1, 1, w),
            "target_y": torch.linspace(-1, 1, h),
        }.items():
            self.register_buffer(name, values, persistent=False)

    def forward(self, image0, image1):
        """Images (B, H, W) -> embeddings (2B, E) of length 1, half sides (2B, 2) of the target areas."""
        image = torch.cat([image0, image1])
        scale, shift = self.theta(self.localiser(channels_last(image))[:, 0].float())
        with torch.autocast("cpu", enabled=False):
            area = self.sample(image, scale, shift)
        features = self.encoder(channels_last(area)).float()
        return features / torch.sqrt(features.square().sum(-1, keepdim=True) + 1e-12), scale

    def theta(self, heat):
        heat = torch.sigmoid(heat - 2)
        heat = heat / (heat.sum((1, 2), keepdim=True) + 1e-6)
        over_x, over_y = heat.sum(1), heat.sum(2)
        x = (over_x * self.cell_x).sum(-1, keepdim=True)
        y = (over_y * self.cell_y).sum(-1, keepdim=True)
        variance_x = (over_x * (self.cell_x - x).square()).sum(-1, keepdim=True)
        variance_y = (over_y * (self.cell_y - y).square()).sum(-1, keepdim=True)
        spread = torch.sqrt(torch.cat([variance_x, variance_y], -1) + 1e-4)
        return self.gain * spread, torch.cat([x, y], -1)

    def sample(self, image, scale, shift):
        """Wy . U . Wx^T with bilinear weights: (B, H, W) -> (B, h, w)."""
        x = (scale[:, :1] * self.target_x + shift[:, :1] + 1) * ((len(self.pixel_x) - 1) / 2)
        y = (scale[:, 1:] * self.target_y + shift[:, 1:] + 1) * ((len(self.pixel_y) - 1) / 2)
        rows = F.relu(1 - (y[:, :, None] - self.pixel_y).abs())  # (B, h, H)
        columns = F.relu(1 - (x[:, None, :] - self.pixel_x[:, None]).abs())  # (B, W, w)
        return rows @ image @ columns


def total_loss(embedding, half_sides, label, prior, settings):
    """Contrastive loss and scale prior, as `AlternatingTrainer.pair_losses`."""
    embedding0, embedding1 = embedding.chunk(2)
    distance = (embedding0 - embedding1).square().sum(-1).clamp_min(1e-12).sqrt()
    different = F.relu(settings["train"]["margin"] - distance)
    contrastive = (label * distance.square() + (1 - label) * different.square()).mean() / 2
    height, width = settings["model"]["image_hw"]
    sides_px = 2 * half_sides.abs() * half_sides.new_tensor([(width - 1) / 2, (height - 1) / 2]) + 1
    area = sides_px.prod(-1).mean() / (height * width)
    return contrastive + settings["train"]["area_weight"] * prior * area


def torch_layout(array):
    """Keras's kernel (height, width, in, out) or (in, out) -> PyTorch's; anything else as it is."""
    return torch.from_numpy(array.transpose(*{4: (3, 2, 0, 1), 2: (1, 0)}.get(array.ndim, range(array.ndim))))


class Reference:
    """What the TensorFlow side left in `reference.npz`."""

    def __init__(self, path):
        arrays = np.load(path)
        self.settings = json.loads(str(arrays["settings"]))
        self.rates = arrays["rates"].tolist()
        self.weights = [torch_layout(arrays[name]) for name in arrays if name.startswith("weight")]
        self.gradients = [torch_layout(arrays[name]) for name in arrays if name.startswith("gradient")]
        image0, image1 = (torch.from_numpy(arrays[name][..., 0]) for name in ("image0", "image1"))
        self.batches = list(zip(image0, image1, torch.from_numpy(arrays["label"]), strict=True))

    def network(self):
        """A new network with the reference's weights."""
        network = GetNet(self.settings["model"])
        state = [value for name, value in network.state_dict().items() if "num_batches" not in name]
        for value, weight in zip(state, self.weights, strict=True):
            value.copy_(weight)
        return network.to(memory_format=torch.channels_last)

    def gradient_errors(self):
        """Each parameter's gradient on the first batch: distance from the reference's, over that one's length."""
        network = self.network()
        image0, image1, label = self.batches[0]
        total_loss(*network(image0, image1), label, 1.0, self.settings).backward()
        pairs = zip(network.parameters(), self.gradients, strict=True)
        return [float((p.grad - g).norm() / g.norm()) for p, g in pairs]

    def build(self, variant):
        """A function that does one training step and returns the mean loss of all steps so far, as Keras reports."""
        precision, how = variant.split()
        network = self.network()
        optimizer = torch.optim.Adam(network.parameters(), lr=1.0, eps=1e-7, fused=True)
        # The reference's schedule while the losses are compared; the time of a step does not depend on its rate.
        rates = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: self.rates[min(step, len(self.rates) - 1)]
        )
        mixed = precision == "bfloat16"

        def loss_of(image0, image1, label, prior):
            with torch.autocast("cpu", torch.bfloat16) if mixed else contextlib.nullcontext():
                embedding, half_sides = network(image0, image1)
            return total_loss(embedding, half_sides, label, prior, self.settings)

        if how != "eager":
            # Dynamo's cache is keyed by the code of `loss_of`; without this the variants would share its limit.
            torch.compiler.reset()
            loss_of = torch.compile(loss_of, mode=MODES[how])
        batches = itertools.cycle(self.batches)
        peak = self.settings["train"]["learning_rate"]
        total, steps = torch.zeros(()), 0

        def step():
            nonlocal steps
            optimizer.zero_grad()
            # A tensor: as a number it would be compiled anew for every step.
            prior = torch.tensor(optimizer.param_groups[0]["lr"] / peak)
            loss = loss_of(*next(batches), prior)
            loss.backward()
            optimizer.step()
            rates.step()
            total.add_(loss.detach())
            steps += 1
            return total / steps

        return step


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("folder", type=pathlib.Path, help="where throughput.py left reference.npz")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)  # TensorFlow does
    reference = Reference(options.folder / "reference.npz")
    serve(reference.build, {"version": torch.__version__, "gradient_errors": reference.gradient_errors()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
