"""What a comparison on labels and one on numbers differ in."""

from sklearn.model_selection import train_test_split

from benchmarks.shared.tables import without_duplicates


class Task:
    """Tables, models and figures of one kind of targets; it has no state.

    Attributes
    ----------
    quality : benchmarks.quality.task.Task
        The task of the quality benchmark: how models predict, how ours are distilled,
        what splits are stratified by.
    sets : tuple of str
        Names of the tables that are run by default.
    read_public, read_folder : callable
        Readers of a table, by its name alone, and by a folder and its name.
    results : Path
        The results file.
    phases : tuple of str
        What can be run, in this order.
    limits : tuple of float
        Seconds for AutoGluon's ensemble, and for each of its students.
    model : type
        A model of AutoGluon as one that the package takes as a teacher.
    problem_type, metric : str or None
        What AutoGluon is told.
    valid : str
        The column for its metric on its validation rows.
    shown : dict of str to (str, str)
        Figures by column: how the tables call and format them.
    score, error, likeness : str
        Those that goals and summary are about: the higher the better, the lower the
        better, and how like the teacher a student is.
    further : tuple of str
        Columns of figures that no table shows.
    """

    problem_type = None
    further = ()

    @property
    def columns(self):
        """Columns of the results file."""
        return (
            *("set", "model", "code", "chosen", "n_train", "n_test", *self.further),
            *(*self.shown, self.valid, "seconds", "label_seconds", "bytes", "load"),
            *("row_seconds", "array_row_seconds"),
        )

    def read(self, name, folder):
        """Read the features and the targets of a table; a folder of None is public."""
        return self.read_folder(folder, name) if folder else self.read_public(name)

    def split(self, name, folder):
        """Read a table and split it: X_train, X_test, y_train, y_test."""
        X, y = without_duplicates(*self.read(name, folder))
        strata = self.quality.strata(y)
        return train_test_split(X, y, test_size=0.3, stratify=strata, random_state=0)

    def predictor(self, model):
        """Return the method that models of this task predict with."""
        return getattr(model, self.quality.method)
