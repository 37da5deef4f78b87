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

import argparse
import contextlib
import dataclasses
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

# PyTorch's interpreter imports `serve` from here: no getnet_tf or TensorFlow at import.
import numpy as np

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
CHECKED_STEPS = 8
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


def serve(build, hello):
    """The measured process: answers requests {"variant", "steps"}, one JSON line each, until the input ends.

    Args:
        build: function from a variant's name to a function that does one training step and returns the mean loss of
            all its steps so far.
        hello: dict, sent first.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # compilers talk on stdout
    print(json.dumps(hello), file=answers)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        variant = request["variant"]
        try:
            if variant not in steps:
                steps[variant] = build(variant)
            begin = time.perf_counter()
            for _ in range(request["steps"]):
                loss = steps[variant]()
            loss = float(loss)
            answer = {"seconds": time.perf_counter() - begin, "loss": loss}
        except Exception as error:  # what cannot run here becomes a row that says so
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers)


def serve_tensorflow(folder, threads):
    """The TensorFlow process: writes `reference.npz` for the PyTorch one, then serves."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    from getnet_tf.config import AlternationConfig, RunConfig
    from getnet_tf.data import digits
    from getnet_tf.data.pairs import DigitPairs
    from getnet_tf.model import GetNet
    from getnet_tf.training.alternating import WHOLE, AlternatingTrainer

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    config = RunConfig(train=AlternationConfig(schedule="end-to-end"))
    pairs = DigitPairs(digits.load("digits")["train"], config.data, seed=0)
    drawn = [pairs.batch(step, config.train.batch) for step in range(CHECKED_STEPS)]
    arrays = {name: np.stack([batch[name] for batch in drawn]) for name in ("image0", "image1", "label")}
    batches = [{name: tf.constant(values[i]) for name, values in arrays.items()} for i in range(len(drawn))]

    def build_trainer(precision, jit):
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(config.train.seed)  # the same weights for every variant
        network = GetNet(config.model)
        return AlternatingTrainer(network, dataclasses.replace(config.train, precision=precision, jit=jit))

    def build(variant):
        precision, how = variant.split()
        jit = how == "XLA"
        trainer = build_trainer("mixed_bfloat16" if precision == "bfloat16" else precision, jit)
        step = tf.function(trainer.train_step, jit_compile=jit)
        endless = itertools.cycle(batches)
        return lambda: step(next(endless), WHOLE)["loss"]

    trainer = build_trainer("float32", False)
    network = trainer.network
    parts = (network.theta_from_heat, network.localiser, network.encoder)  # the order of PyTorch's state
    for i, variable in enumerate(variable for part in parts for variable in part.weights):
        arrays[f"weight{i:03}"] = variable.numpy()
    variables = [variable for part in parts for variable in part.trainable_weights]
    with tf.GradientTape() as tape:
        loss = trainer.pair_losses(network(batches[0], training=True), batches[0]["label"])["loss"]
    for i, gradient in enumerate(tape.gradient(loss, [variable.value for variable in variables])):
        arrays[f"gradient{i:03}"] = gradient.numpy()
    arrays["rates"] = np.empty(CHECKED_STEPS)
    for step in range(CHECKED_STEPS):
        trainer.optimizers[WHOLE].iterations.assign(step)
        arrays["rates"][step] = float(trainer.optimizers[WHOLE].learning_rate)
    np.savez(folder / "reference.npz", settings=json.dumps(config.to_json()), **arrays)
    serve(build, {"version": tf.__version__, "batch": config.train.batch})


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
            from getnet_tf.errors import InputError

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
    from getnet_tf.errors import InputError

    rows, reference = [], None
    for name, worker in workers.items():
        error = max(worker.hello.get("gradient_errors", [0.0]))
        if not error <= GRADIENT_TOLERANCE:
            raise InputError(
                f"Not the same network: a gradient of {name} is off by {error:.2g} of its length. "
                f"Expected at most {GRADIENT_TOLERANCE}."
            )
        for variant in variants[name]:
            print(f"checking {name}, {variant}", file=sys.stderr)
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


def measure(workers, rows, budget, batch):
    """Times every variant that runs, taking turns; adds `images_per_s` of every window to its row."""
    running = [row for row in rows if "error" not in row]
    for row in running:
        row["images_per_s"] = []
    for window in range(budget.windows):
        print(f"window {window + 1} of {budget.windows}", file=sys.stderr)
        for row in running if window % 2 == 0 else running[::-1]:
            worker = workers[row["framework"]]
            worker.run(row["variant"], 2)  # awake again
            seconds = worker.run(row["variant"], budget.steps)["seconds"]
            row["images_per_s"].append(2 * batch * budget.steps / seconds)
    for row in running:
        row["median"] = statistics.median(row["images_per_s"])


def table(rows, batch):
    """The rows as Markdown."""
    lines = [
        "| framework | variant | images/s, median | slowest to fastest window | ms per step | off in loss |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        start = f"| {row['framework']} | {row['variant']} | "
        if "error" in row:
            lines.append(f"{start}cannot run here: {row['error']} | - | - | - |")
            continue
        slow, fast, median = min(row["images_per_s"]), max(row["images_per_s"]), row["median"]
        numbers = f"{median:,.0f} | {slow:,.0f} to {fast:,.0f} | {2e3 * batch / median:.1f} | {row['loss_error']:.0e}"
        lines.append(f"{start}{numbers} |")
    return "\n".join(lines)


def best_rows(rows):
    """The fastest row of each framework, for each precision and for any: {precision: {framework: row}}."""
    best = {precision: {} for precision in (*LOSS_TOLERANCE, "any precision")}
    for row in sorted((row for row in rows if "median" in row), key=lambda row: row["median"]):
        for precision in (row["precision"], "any precision"):
            best[precision][row["framework"]] = row
    return best


def processor():
    """The processor's name."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def run(options):
    """Checks, measures, prints."""
    from getnet_tf.errors import InputError
    from getnet_tf.training.run_folder import write_text

    if options.torch_python and not options.torch_python.is_file():
        raise InputError(
            f"No such interpreter: {options.torch_python}. Make one with "
            "`python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy`."
        )
    if options.threads < 1:
        raise InputError(f"Invalid `--threads`. Expected at least 1. Received: {options.threads}.")
    if options.json and not options.json.absolute().parent.is_dir():
        raise InputError(f"No such folder: {options.json.parent}. Make it, or give another --json.")
    load = os.getloadavg()[0]
    budget, variants = PRESETS[options.preset]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        commands = {TENSORFLOW: [sys.executable, __file__, "--serve", folder]}
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
        measure(workers, rows, budget, batch)
        versions = {name: worker.hello["version"] for name, worker in workers.items()}
        gradient_errors = workers[PYTORCH].hello["gradient_errors"] if PYTORCH in workers else None

    print(
        f"{processor()}, {os.cpu_count()} cores, {options.threads} threads; tensorflow {versions[TENSORFLOW]}, "
        f"torch {versions.get(PYTORCH, 'not measured')}; {2 * batch} images a step, {budget.windows} windows of "
        f"{budget.steps} steps; load before {load:.1f}\n"
    )
    if load > QUIET_LOAD:
        # Seen with two busy processes: PyTorch's threads wait for each other in a loop, and it runs 50 times slower.
        print("**No result: other work was running.** Run this again on a quiet machine.\n")
    print(table(rows, batch), end="\n\n")
    if gradient_errors:
        print(
            f"The same network: from the same weights, over {CHECKED_STEPS} steps on the same batches, losses agree to "
            f"the last column; the gradients of the first batch to {statistics.median(gradient_errors):.0e} of their "
            f"length in the median parameter, {max(gradient_errors):.0e} in the worst.\n"
        )
    best = {precision: fastest for precision, fastest in best_rows(rows).items() if fastest}
    for precision, fastest in best.items():
        texts = [
            f"{name} {row['variant']} {row['median']:,.0f} images/s" for name, row in sorted(fastest.items())
        ]
        ratio = ""
        if len(fastest) == 2:
            ratio = f": {fastest[TENSORFLOW]['median'] / fastest[PYTORCH]['median']:.2f} times"
        print(f"Best, {precision}: {' against '.join(texts)}{ratio}")
    if options.json:
        result = {
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": options.threads,
            "load_before": load,
            "versions": versions,
            "batch_images": 2 * batch,
            **dataclasses.asdict(budget),
            "gradient_errors": gradient_errors,
            "rows": rows,
            "best": {
                precision: {name: row["variant"] for name, row in fastest.items()}
                for precision, fastest in best.items()
            },
        }
        write_text(options.json, json.dumps(result, indent=1) + "\n")


def main(argv=None):
    """The command line; returns the exit code."""
    from getnet_tf.errors import report_errors

    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add(
        "--torch-python",
        type=pathlib.Path,
        metavar="PATH",
        help="interpreter with PyTorch: `python -m venv torch-venv && torch-venv/bin/pip install torch==2.13.0 numpy`, "
        "then torch-venv/bin/python; without it ours is measured alone",
    )
    add("--threads", type=int, default=2, help="CPU threads of either")
    add(
        "--preset",
        choices=PRESETS,
        default="full",
        help="quick: few variants and steps, to see that it works",
    )
    add("--json", type=pathlib.Path, metavar="FILE", help="write the numbers here")
    add("--serve", type=pathlib.Path, help=argparse.SUPPRESS)  # the measured process, which this one starts
    options = parser.parse_args(argv)
    if options.serve:
        serve_tensorflow(options.serve, options.threads)
        return 0
    return report_errors(run, options)


if __name__ == "__main__":
    sys.exit(main())
