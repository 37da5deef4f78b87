"""The command line of a training on cached maps."""

import argparse
import pathlib
import shlex
import sys

from getnet_tf.console import start_tensorflow
from getnet_tf.errors import InputError, report_errors

ANY = "pictures of any things and places, at any depth"
# Settings of `MapConfig` that can be given, and their help.
GIVEN = {
    "pictures": "of the folder, read at most",
    "batch": "examples per step",
    "learning_rate": "peak, cosine decay",
    "log_every": "steps between log lines and states to resume from",
    "seed": "of what is drawn, and of initial weights",
}
# And of `ViewsConfig`.
OF_VIEWS = {"finds": "composed pairs of a reference and an area"}


class Command:
    """A command line: options from settings.

    Args:
        module: that is run, as `python -m` takes it.
        words: what it does, a line.
        config_class: a `MapConfig`.
        presets: dict of "full" and "quick", functions (folder, **settings) -> settings.
        given: dict of further settings that can be given, and their help.
        run: function (settings, folder, resume, command, verbose) -> path of the checkpoint.
        data: what --data is.
    """

    def __init__(self, module, words, config_class, presets, given, run, data=ANY):
        self.module, self.words, self.config_class = module, words, config_class
        self.presets, self.given, self.run, self.data = presets, {**GIVEN, **given}, run, data

    def parser(self):
        """The options. A setting that is not given is absent: the preset has it."""
        parser = argparse.ArgumentParser(
            prog=f"python -m {self.module}",
            description=self.words,
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
        )
        add = parser.add_argument
        add("--data", required=True, metavar="FOLDER", help=self.data)
        add("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
        add(
            "--resume",
            action="store_true",
            default=False,
            help="go on with the run in --out, with the same settings",
        )
        add(
            "--preset",
            choices=self.presets,
            default="full",
            help="quick: to see that everything works (default: full)",
        )
        add("--threads", type=int, default=0, help="CPU threads; 0: all (default: 0)")
        for name, words in self.given.items():
            default = getattr(self.config_class, name)
            how = {"type": str, "metavar": "FOLDER"} if default is None else {"type": type(default)}
            stated = "" if default is None else f" (default: {default})"
            add(f"--{name.replace('_', '-')}", **how, help=words + stated)
        return parser

    def main(self, argv=None):
        """Runs it; returns the exit code."""
        argv = sys.argv[1:] if argv is None else argv
        return report_errors(lambda: self._main(self.parser().parse_args(argv), argv))

    def _main(self, options, argv):
        given = {name: value for name, value in vars(options).items() if name in self.given}
        try:
            config = self.presets[options.preset](options.data, **given)
        except ValueError as error:
            raise InputError(str(error)) from error
        start_tensorflow(options.threads)
        verbose = 1 if sys.stdout.isatty() else 2
        command = shlex.join(["python", "-m", self.module, *argv])
        print(f"checkpoint: {self.run(config, options.out, options.resume, command, verbose)}")
        return 0
