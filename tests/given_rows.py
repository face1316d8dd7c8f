"""The estimator under test without synthetic rows, and with the teacher alone."""

from sklearn_kd import DistilledClassifier


def on_given_rows(teacher=None, student=None, **params):
    """Make a ``DistilledClassifier`` that learns from the rows it is given alone.

    Its default makes twenty synthetic rows for each, and then trains for thousands of
    steps, as models of the labels are that it pools the teacher with. Tests of anything
    else need the rows that the teacher labelled, and what the student learns from, and
    to be done in a moment.
    """
    given = {"transfer": None, "objective": "fidelity"}
    return DistilledClassifier(teacher, student, **given | params)
