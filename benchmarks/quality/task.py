"""What a benchmark of classification and one of regression differ in."""

from benchmarks.shared.figures import latency, size


class Task:
    """Tables, models and figures of one kind of targets; it has no state.

    Attributes
    ----------
    public : list of str
        Names of the public tables.
    teachers, other_teachers : dict of str to callable
        Makers that take ``seed`` and ``mixed``: of the teachers that the goals are
        about, and of further ones, which have a results file of theirs.
    rivals : dict of str to callable
        Makers of what learns from the targets alone.
    ours : tuple of str
        Names of the students.
    results, other_results : Path
        Results files.
    columns : list of str
        Columns of these.
    method, teacher_method : str
        How models predict, and how a teacher does inside the package.
    distiller : type
        Of the package.
    """

    other_teachers, other_results = {}, None

    @property
    def teacher_method(self):
        """How a teacher predicts inside the package."""
        return self.method

    @property
    def makers(self):
        """Makers of all models that the package has no part in."""
        return {**self.teachers, **self.other_teachers, **self.rivals}

    @property
    def models(self):
        """Names of all models of a row."""
        return ("teacher", *self.rivals, *self.ours)

    def make(self, name, seed, mixed, y):
        """Make a teacher or rival for a table with these targets."""
        return self.makers[name](seed, mixed)

    def strata(self, y):
        """Return what a split is stratified by; None for nothing."""
        return

    def as_teacher(self, model):
        """Return what is given to the distiller for a fitted teacher."""
        return model

    def distil(self, teacher, seed, **settings):
        """Make a distiller of a fitted teacher, at its defaults but for settings."""
        return self.distiller(teacher, random_state=seed, **settings)

    def costs(self, model, X, n_calls=200):
        """Measure size and speed on test rows."""
        return size(model) | latency(model, X, n_calls, self.method)

    def beside(self, teacher, X):
        """Time a teacher once more, right beside a student: machines have moods."""
        (seconds,) = latency(teacher, X, 50, self.method).values()
        return {"teacher_row_seconds": seconds}
