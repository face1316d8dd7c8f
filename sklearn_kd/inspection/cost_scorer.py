"""The scorer of what a student costs, for ``scoring=`` of a search."""

from sklearn_kd._messages import show
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.distilled import DistilledClassifier
from sklearn_kd.distilled_regressor import DistilledRegressor
from sklearn_kd.inspection._costs.size import count_parameters, pickled_size
from sklearn_kd.inspection._costs.speed import prediction_latency
from sklearn_kd.inspection._reading.around import look_through
from sklearn_kd.inspection._reading.pair import find_distilled

#: What costs are measured in.
UNITS = {"size": "bytes", "latency": "seconds", "parameters": None}


class CostScorer(VersionedMixin):
    """Score a student by its size or its latency, for ``scoring=`` of a search.

    Made by :func:`size_scorer`, :func:`parameters_scorer` and :func:`latency_scorer`.

    Parameters
    ----------
    cost : {"size", "latency", "parameters"}
        What is measured.
    **options : dict
        Of the latency, parameters of :func:`prediction_latency`.

    Raises
    ------
    ValueError
        For another `cost`.

    See Also
    --------
    TradeOffDisplay : Draws scores over costs.

    Notes
    -----
    .. versionadded:: 0.1

    It is the negative cost, so that greater is better, as for all scorers.

    Examples
    --------
    >>> from sklearn_kd.inspection import size_scorer
    >>> size_scorer()
    CostScorer('size')
    """

    def __init__(self, cost, **options):
        if not isinstance(cost, str) or cost not in UNITS:
            raise ValueError(
                f"cost must be one of {', '.join(map(repr, UNITS))}, got {show(cost)}."
            )
        self.cost = cost
        self.options = options

    def __repr__(self):
        options = "".join(f", {name}={each!r}" for name, each in self.options.items())
        return f"CostScorer({self.cost!r}{options})"

    def __sklearn_clone__(self):
        return self

    def __call__(self, estimator, X=None, y=None):
        """Measure a fitted estimator; of a distilled one, the student.

        Parameters
        ----------
        estimator : classifier or regressor
            Fitted. What stands around a distilled estimator, such as the steps of a
            pipeline before it, is measured with its student.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features), \
                default=None
            Rows that are timed; a size needs none.
        y : object, default=None
            Does not count.

        Returns
        -------
        float
            Negative bytes, negative seconds or negative numbers.

        Raises
        ------
        ValueError
            Where the parameters of the estimator cannot be counted.
        """
        part, _ = look_through(estimator)
        if isinstance(part, (DistilledClassifier, DistilledRegressor)):
            estimator = find_distilled(estimator).wrap(part.student_)
        if self.cost == "size":
            return -float(pickled_size(estimator))
        if self.cost == "parameters":
            return -float(_counted(estimator))
        median, _ = prediction_latency(estimator, X, **self.options)
        return -median


def _counted(estimator):
    """Count the parameters of a fitted estimator that has some."""
    number = count_parameters(estimator)
    if number is None:
        raise ValueError(
            f"The parameters of {type(estimator).__name__} cannot be counted: it keeps "
            "itself in a format of its own. Score its size, by size_scorer()."
        )
    return number
