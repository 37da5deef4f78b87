"""Training throughput, forward + backward + step with the data in memory: images/s beside PyTorch at its best.

    python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy    # once; compiling also needs g++
    python benchmarks/throughput.py --torch-python torch-venv/bin/python --json throughput.json   # about 10 minutes
    python benchmarks/throughput.py --preset quick                                                # ours alone, seconds

The default GetNet, trained end to end (the whole network in every step), on digits in noise. PyTorch runs the same
network (`throughput_torch.py`) in a process of its own, with the same number of threads, channels last. Both start
from the same weights; their losses and gradients must agree before anything is timed, in all float32 variants to 1e-4.
Then every variant of both takes turns, one window of steps at a time, in alternating order. Compilation and warm-up
are not timed. PyTorch is spared the accuracy and area that our step reports beside the loss.

Ours: "graph" is the default, "XLA" is --jit, "bfloat16" is --precision mixed_bfloat16. PyTorch: eager, torch.compile
in its default mode, torch.compile with max-autotune; "bfloat16" is autocast. Nothing else may run meanwhile: beside
other work PyTorch's threads wait for each other, and the comparison says nothing.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import bench
import numpy as np
from throughput_steps import CHECKED_STEPS

from getnet_tf.errors import InputError

HERE = pathlib.Path(__file__).parent
TENSORFLOW, PYTORCH = "GetNet-TF", "PyTorch"
VARIANTS = {
    TENSORFLOW: ("float32 graph", "float32 XLA", "bfloat16 graph", "bfloat16 XLA"),
    PYTORCH: tuple(
        f"{precision} {how}"
        for precision in ("float32", "bfloat16")
        for how in ("eager", "compiled", "max-autotune")
    ),
}
QUICK_VARIANTS = {
    TENSORFLOW: ("float32 graph", "bfloat16 graph"),
    PYTORCH: ("float32 eager", "bfloat16 eager"),
}
LOSS_TOLERANCE = {"float32": 1e-4, "bfloat16": 1e-2}
# Of the length of each parameter's gradient. Wide, since float32 has no better: an activation that rounding moves across
# the kink of its ReLU moves the gradient; PyTorch's own float32 and float64 differ by as much.
GRADIENT_TOLERANCE = 0.2
QUIET_LOAD = 0.5  # processes at work before the start, above which the times say nothing


@dataclasses.dataclass(frozen=True)
class Budget:
    """How long to measure: windows per variant, training steps per window."""

    windows: int = 9
    steps: int = 30


PRESETS = {"full": (Budget(), VARIANTS), "quick": (Budget(windows=3, steps=4), QUICK_VARIANTS)}


class Worker:
    """A measured process.

    Args:
        name: for messages.
        command: list of str, starts a process that calls `serve`.
        log: path, for what it says besides.
        threads: of its CPU work.
    """

    def __init__(self, name, command, log, threads):
        self.name, self.log = name, log
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        with open(log, "w") as errors:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )
        self.hello = self._answer()

    def run(self, variant, steps):
        """Does `steps` training steps; returns {"seconds", "loss"}, or {"error"}."""
        print(json.dumps({"variant": variant, "steps": steps}), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            last = (self.log.read_text(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise InputError(f"The {self.name} process ended early: {last}. See --help for what it needs.")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def check(workers, variants):
    """Compiles and warms up every variant, and compares its losses with the reference's.

    Returns:
        list of dicts, a row for every variant: framework, variant, precision, `loss_error`, or `error` if it cannot
        run here.

    Raises:
        InputError: if losses or gradients disagree.
    """
    rows, reference = [], None
    for name, worker in workers.items():
        error = max(worker.hello.get("gradient_errors", [0.0]))
        if not error <= GRADIENT_TOLERANCE:
            raise InputError(
                f"Not the same network: a gradient of {name} is off by {error:.2g} of its length. "
                f"Expected at most {GRADIENT_TOLERANCE}."
            )
        for variant in variants[name]:
            bench.say(f"checking {name}, {variant}")
            precision = variant.split()[0]
            row = {"framework": name, "variant": variant, "precision": precision}
            rows.append(row)
            # The loss of the first step, then the mean of several: right only if the steps between were.
            answers = [worker.run(variant, 1)]
            if "error" not in answers[0]:
                answers.append(worker.run(variant, CHECKED_STEPS - 1))
            if "error" in answers[-1]:
                row["error"] = answers[-1]["error"]
                continue
            losses = np.array([answer["loss"] for answer in answers])
            if reference is None:
                reference = losses
            row["loss"], row["loss_error"] = losses[0], float(np.abs(losses - reference).max())
            if not row["loss_error"] <= LOSS_TOLERANCE[precision]:
                raise InputError(
                    f"Not the same network: {name} {variant} has losses {losses}, the reference {reference}. "
                    f"Expected a difference of at most {LOSS_TOLERANCE[precision]}."
                )
    return rows


def time_steps(workers, rows, budget, batch):
    """Times every variant that runs, taking turns; adds `images_per_s` of every window to its row."""
    running = [row for row in rows if "error" not in row]
    for row in running:
        row["images_per_s"] = []
    for window in range(budget.windows):
        bench.say(f"window {window + 1} of {budget.windows}")
        for row in running if window % 2 == 0 else running[::-1]:
            worker = workers[row["framework"]]
            worker.run(row["variant"], 2)  # awake again
            seconds = worker.run(row["variant"], budget.steps)["seconds"]
            row["images_per_s"].append(2 * batch * budget.steps / seconds)
    for row in running:
        windows = row["images_per_s"]
        row |= {"median": statistics.median(windows), "median_low": min(windows), "median_high": max(windows)}


def best_rows(rows):
    """The fastest row of each framework, for each precision and for any: {precision: {framework: row}}."""
    best = {precision: {} for precision in (*LOSS_TOLERANCE, "any precision")}
    for row in sorted((row for row in rows if "median" in row), key=lambda row: row["median"]):
        for precision in (row["precision"], "any precision"):
            best[precision][row["framework"]] = row
    return best


def arguments(parser):
    """What the command line knows."""
    parser.add_argument(
        "--torch-python",
        type=pathlib.Path,
        metavar="PATH",
        help="interpreter with PyTorch: `python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy`, "
        "then torch-venv/bin/python; without it ours is measured alone",
    )
    bench.add_count(parser, 2, "CPU threads of either", "--threads")
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        default="full",
        help="quick: few variants and steps, to see that it works",
    )


def measure(options):
    """Checks that all compute the same, then times them."""
    if options.torch_python and not options.torch_python.is_file():
        raise InputError(
            f"No such interpreter: {options.torch_python}. Make one with "
            "`python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy`."
        )
    load = os.getloadavg()[0]
    budget, variants = PRESETS[options.preset]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        commands = {TENSORFLOW: [sys.executable, HERE / "throughput_tensorflow.py", folder]}
        if options.torch_python:
            commands[PYTORCH] = [options.torch_python, HERE / "throughput_torch.py", folder]
        workers = {}
        for name, command in commands.items():
            worker = Worker(
                name, [*command, "--threads", options.threads], folder / f"{name}.log", options.threads
            )
            workers[name] = stack.enter_context(worker)
        batch = workers[TENSORFLOW].hello["batch"]
        rows = check(workers, variants)
        time_steps(workers, rows, budget, batch)
        return {
            "load_before": load,
            "versions": {name: worker.hello["version"] for name, worker in workers.items()},
            "batch_images": 2 * batch,
            **dataclasses.asdict(budget),
            "gradient_errors": workers[PYTORCH].hello["gradient_errors"] if PYTORCH in workers else None,
            "rows": rows,
        }


def markdown(result):
    """A row for every variant, how far they agree, and the best of each."""
    rows, images = result["rows"], result["batch_images"]
    columns = {
        "framework": bench.text("framework"),
        "variant": bench.text("variant"),
        "images/s, median [slowest, fastest window]": bench.number("median", 0),
        "ms per step": lambda row: "-" if "error" in row else f"{1000 * images / row['median']:.1f}",
        "off in loss": lambda row: row.get("error") or f"{row['loss_error']:.0e}",
    }
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    parts = [f"{versions}; {images} images a step, {result['windows']} windows of {result['steps']} steps"]
    if result["load_before"] > QUIET_LOAD:
        # Seen with two busy processes: PyTorch's threads wait for each other in a loop, and it runs 50 times slower.
        parts.append("**No result: other work was running.** Run this again on a quiet machine.")
    parts.append(bench.table(rows, columns))
    if result["gradient_errors"]:
        parts.append(
            f"The same network: from the same weights, over {CHECKED_STEPS} steps on the same batches, losses agree to "
            f"the last column; the gradients of the first batch to {statistics.median(result['gradient_errors']):.0e} of "
            f"their length in the median parameter, {max(result['gradient_errors']):.0e} in the worst."
        )
    best = {precision: fastest for precision, fastest in best_rows(rows).items() if fastest}
    parts.append("\n".join(_compared(precision, fastest) for precision, fastest in best.items()))
    return "\n\n".join(parts)


def _compared(precision, fastest):
    """The fastest row of each framework in a sentence."""
    texts = [
        f"{name} {row['variant']} {row['median']:,.0f} images/s" for name, row in sorted(fastest.items())
    ]
    ratio = ""
    if len(fastest) == 2:
        ratio = f": {fastest[TENSORFLOW]['median'] / fastest[PYTORCH]['median']:.2f} times"
    return f"Best, {precision}: {' against '.join(texts)}{ratio}"


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
