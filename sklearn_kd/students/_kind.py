"""What all kinds of students have in common."""

import inspect
from numbers import Integral

from sklearn_kd._estimators.weight_names import weight_parameter
from sklearn_kd._messages import show
from sklearn_kd._run.random import as_seed
from sklearn_kd.students._split import split


class Kind:
    """What kinds do alike: a kind overrides what differs.

    Each also has ``is_one(student)``, whether a student is of it, and
    ``fit(student, train, validation)``, which gives the fitted one. A kind with an
    adapter is that of both: of what the user passes, which may be any object, and of
    the adapter, to which everything but ``is_one`` and ``adapt`` is applied.
    """

    #: Classes (not those derived from them) that do not write into the rows that they
    #: are given, and refuse to predict NaN.
    careful = ()

    #: ``try_out(student, rows)`` of kinds that can be tried on some rows without a fit;
    #: of others None: a trial is a short fit, which may do more than learn.
    try_out = None

    @staticmethod
    def adapt(student, task):
        """Give the estimator that learns a task in the student's place: itself."""
        return student

    @staticmethod
    def check_parameters(student):
        """Refuse what ``fit`` would refuse, beyond scikit-learn's constraints."""

    @staticmethod
    def check_weights(student):
        """Refuse rows with weights, unless they reach the student."""
        if weight_parameter(student) is None:
            raise no_weights(student)

    @staticmethod
    def check_soft(student, soft_term, task):
        """Refuse soft targets that the student cannot learn."""

    @staticmethod
    def check_levels(student, quantiles):
        """Refuse quantiles, unless the student learns them so that they never cross."""
        raise TypeError(
            f"quantiles={show(quantiles)} need a student whose quantiles never cross, "
            f"and {type(student).__name__} learns one number an output: use "
            "MLPStudentRegressor()."
        )

    @staticmethod
    def follow(student, soft_term, task):
        """Set the loss of a seeded student, where it has one of this package."""

    @staticmethod
    def encoder_of(student):
        """Give what reads the rows first: the student, its encoder, or "auto"."""
        return student

    @staticmethod
    def needs_trial(student, by_rules):
        """Return whether a trial tells more than the rules that were applied to X."""
        return True

    @staticmethod
    def wants_validation(student):
        """Return whether the student is stopped by validation rows that it is given."""
        return False

    @classmethod
    def split(cls, student, transfer_set, learns_softly):
        """Split off the rows that a seeded student is stopped by."""
        if not cls.wants_validation(student):
            return transfer_set, None
        # a RandomState would give the student's own fit another draw than this one
        student.set_params(random_state=as_seed(student.random_state))
        share = _validation_share(student, transfer_set)
        train, validation = split(transfer_set, share, student.random_state)
        if validation is None:
            cls.stop_by_none(student)
        return train, validation

    @staticmethod
    def stop_by_none(student):
        """Keep a student from splitting off validation rows: no row can be spared."""
        if "early_stopping" in student.get_params(deep=False):
            student.set_params(early_stopping=False)


def no_weights(student):
    """Make the error for rows with weights and a student that takes none."""
    return TypeError(
        f"The student {type(student).__name__} takes no sample_weight, and its rows "
        "have weights: sample_weight, or alpha for rows without a label and for the "
        "two terms of a loss."
    )


def _validation_share(student, transfer_set):
    """Give the share of the rows to be stopped by; whole numbers are of rows."""
    wanted, codes = student.validation_fraction, transfer_set.hard
    n_rows = len(codes)
    if not isinstance(wanted, Integral):
        return wanted
    most = n_rows - transfer_set.task.least_rows(codes)
    if wanted > most:
        raise ValueError(
            f"validation_fraction={wanted} of {type(student).__name__} is a number of "
            f"rows, and of {n_rows} rows one of each class has to be learnt from. "
            f"Use at most {most}, or a share of the rows such as 0.1."
        )
    return wanted / n_rows


def takes(student, parameter):
    """Return whether the ``fit`` of a student has a parameter."""
    fit = getattr(student, "fit", None)
    return fit is not None and parameter in inspect.signature(fit).parameters
