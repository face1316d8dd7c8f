"""What the whole teacher stage shares: cache, number of jobs, progress."""

from dataclasses import dataclass, field, replace

from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.progress import Progress
from sklearn_kd._run.workers import Sent, each
from sklearn_kd.teachers.cache._cache import Call, keeps, warn_not_kept
from sklearn_kd.teachers.cache._key import key_of_teacher
from sklearn_kd.teachers.trees import Walkers


@dataclass(frozen=True)
class Context:
    """Cache, number of jobs and progress of one ``fit``.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        Where finished fits and labels are kept.
    n_jobs : int or None
        For folds and chunks of rows.
    progress : Progress
        How far the fit is, for whoever looks on.
    seed : int or None
        Seeds teachers without ``random_state``. None leaves them unseeded, and is then
        no part of the key of a fit in the cache.
    deadline : Deadline
        Stands still while a teacher is fitted.
    sent : Sent
        What is on a cluster already, such as a teacher.
    kernels : set
        What has predicted rows: "compiled" where trees were walked, and "teacher".
    walkers : Walkers
        What walks the trees of teachers, read once for all calls.
    """

    memory: object = None
    n_jobs: int | None = None
    progress: Progress = field(default_factory=Progress)
    seed: int | None = None
    deadline: Deadline = field(default_factory=Deadline)
    sent: Sent = field(default_factory=Sent)
    kernels: set = field(default_factory=set, compare=False)
    walkers: Walkers = field(default_factory=Walkers)

    def call(self, function, *arguments):
        """Prepare a call whose result is kept, where there is a memory."""
        return Call(self.memory if keeps(self.memory) else None, function, arguments)

    def each(self, function, value, calls, n_calls, *, threads=False):
        """Call a function several times side by side, as :func:`each` does."""
        return each(
            function,
            value,
            calls,
            n_calls,
            n_jobs=self.n_jobs,
            sent=self.sent,
            threads=threads,
        )

    def teacher_key(self, teacher):
        """Give what stands for a fitted teacher; None where nothing is to be kept."""
        if not keeps(self.memory):
            return None
        try:
            return key_of_teacher(teacher)
        except Exception as error:
            warn_not_kept(self.memory, error)
            return None

    def report(self, message):
        """Print a fact."""
        self.progress.note(message)

    def silent(self):
        """Give the same without progress, for what is a step of a stage itself."""
        return replace(self, progress=Progress())
