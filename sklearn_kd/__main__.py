"""The demo: distil an ensemble on a real table, and see what is gained and lost."""

import argparse

from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.run import run

_EPILOG = """\
Without --data it runs on the Adult census data, which ships with the package, and takes
less than a minute there on two cores with nothing else to do.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _seed(text):
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(
            f"expected an integer from 0 to 4294967295, got {text!r}"
        )
    return int(text)


def _parser():
    parser = _Parser(
        prog="python -m sklearn_kd",
        description="Fit an ensemble, distil it into a small student, and compare "
        "teacher, student and the same student without a teacher.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--data", metavar="FILE", help="your own table, .csv or .parquet"
    )
    parser.add_argument(
        "--target", metavar="COLUMN", help="the column of it that holds the classes"
    )
    parser.add_argument(
        "--picture",
        metavar="FILE",
        default="sklearn_kd_demo.png",
        help="where the picture goes (default: %(default)s)",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="keep the student, written by joblib"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="default: %(default)s")
    return parser


def main(argv=None):
    """Run the demo.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the command line.

    Raises
    ------
    SystemExit
        With status 2 and one line on stderr for what the user can mend, and with 130
        when interrupted.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if (options.data is None) != (options.target is None):
        given, lacking = ("data", "target") if options.data else ("target", "data")
        parser.error(f"--{given} needs --{lacking}: a table and its column of classes")
    try:
        run(**vars(options))
    except DemoError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        parser.exit(130, "\ninterrupted\n")


if __name__ == "__main__":
    main()
