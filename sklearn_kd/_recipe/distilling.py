"""The recipe from a teacher to a student, in named steps, for any task."""

from functools import partial
from numbers import Real

from sklearn.utils.metadata_routing import process_routing

from sklearn_kd._compat import (
    N_JOBS,
    RANDOM_STATE,
    VERBOSE,
    HasMethods,
    Interval,
    StrOptions,
)
from sklearn_kd._recipe.base import BaseDistilled
from sklearn_kd._recipe.labelling import (
    add_soft,
    add_unlabelled,
    calibrated,
    fewer_where_dear,
    kernel_of,
    label_synthetic,
    pool_targets,
    train_student,
)
from sklearn_kd._recipe.preparation import (
    by_name,
    draw_synthetic,
    labelled_rows,
    make_student,
    read_labelled,
    read_unlabeled,
    split_folds,
    warn_of_unreadable,
)
from sklearn_kd._recipe.routing import fit_parameters, student_wants_weights
from sklearn_kd._recipe.threshold import add_threshold, check_threshold, with_flags
from sklearn_kd._recipe.threshold_rows import compared_rows, draw_compared
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.progress import progress_of
from sklearn_kd._run.random import as_seed
from sklearn_kd._run.threads import share_of_the_cores
from sklearn_kd._run.twins import as_public
from sklearn_kd._tables.doubtful_levels import already_warned
from sklearn_kd.pool import (
    OBJECTIVES,
    Pool,
    find_pool,
    fit_pool,
    pools_out_of_sample,
)
from sklearn_kd.students import (
    check_dates,
    check_readable,
    is_linear,
    split_validation,
)
from sklearn_kd.teachers import Context, check_memory, find_source
from sklearn_kd.teachers.dropped import refuse_dropped
from sklearn_kd.transfer._choice import check_transfer, choose_sampler

#: What a fit finds, and takes off first: a fit that fails has none of an earlier one.
_FOUND = (
    "student_",
    "teacher_",
    "pool_weights_",
    "student_on_labels_",
    "labelling_kernel_",
    "n_transfer_rows_",
)


class Distilling(BaseDistilled):
    """The recipe; a class of its own adds a task, its parameters and predictions.

    It has ``_task_kind``, ``_read`` (targets and weights), ``_soft_term`` and
    ``_follow`` (what it keeps of the task).
    """

    #: What not every task has.
    decision_threshold, teacher_classes = None, None

    _parameter_constraints = {
        "teacher": "no_validation",  # its own errors are clearer than a constraint's
        "student": "no_validation",
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "transfer": [
            StrOptions({"auto", "munge"}),
            HasMethods(["fit", "sample"]),
            None,
        ],
        "objective": [StrOptions(set(OBJECTIVES)), Pool],
        "cv": ["cv_object"],
        "teacher_weights": ["array-like", None],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "memory": [str, HasMethods(["__fspath__"]), HasMethods(["cache"]), None],
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
        "verbose": VERBOSE,
    }

    def _distil(self, X, y, sample_weight, given, *, X_unlabeled, groups):
        """Fit; ``given`` are a teacher's predictions for the rows of X, or None."""
        refuse_dropped(self.teacher, "fit")
        shared = share_of_the_cores()
        with no_autologging(), shared, progress_of(self, X, y) as progress:
            seed, deadline = as_seed(self.random_state), Deadline(self.time_limit)
            alpha = float(self.alpha)
            for name in _FOUND:
                self.__dict__.pop(name, None)
            # everything that needs no teacher
            soft_term = self._soft_term()
            check_transfer(self.transfer if soft_term.is_used else None, X)
            rows, present = read_labelled(self, X, y, sample_weight, given)
            self._follow(rows.task)
            student = make_student(self.student, rows, soft_term, seed)
            pool = find_pool(self.objective, rows.task)
            source = find_source(
                self.teacher,
                given,
                rows,
                alpha,
                self.cv,
                self.teacher_weights,
                self.teacher_classes,
                cross_fitted=self.time_limit is None
                and (pools_out_of_sample(pool) or rows.task.quantiles is not None),
            )
            check_threshold(self.decision_threshold, student, source, rows.task)
            check_memory(self.memory)
            check_dates(rows.X, [*source.members, student])
            route = partial(process_routing, self, "fit")
            fit_params = fit_parameters(
                route,
                self.teacher,
                source.members,
                sample_weight,
                rows.weight,
                is_default=source.is_default,
            )
            weighted = student_wants_weights(route, self.student, rows.weight)
            labelled = labelled_rows(rows, present, groups, weighted)
            transfer, X_unlabeled = source.further_rows(self.transfer, X_unlabeled)
            unlabelled = read_unlabeled(self, X_unlabeled, labelled, present, alpha)
            sampler, reason = choose_sampler(
                transfer,
                rows.X,
                linear=is_linear(student),
                seed=seed,
                report=progress.note,
            )
            wanted = source.wants_out_of_sample(self.cv, pool, sampler)
            splits = split_folds(source, self.cv, rows, present, groups, seed)
            train, validation = split_validation(student, labelled, soft_term.is_used)
            made, neighbors = draw_synthetic(
                self, train, sampler, alpha, self.time_limit, seed
            )
            further = by_name(unlabelled, made, student, alpha)
            drawn = draw_compared(self.decision_threshold, labelled, further, seed)
            parts, rehearsed = (train, validation), bool(source.members)
            warned = check_readable(
                student, labelled, parts, further, soft_term, seed, rehearsed=rehearsed
            )
            # from here on teachers are fitted, and predict
            fixed = None if self.random_state is None else seed
            context = Context(self.memory, self.n_jobs, progress, fixed, deadline)
            teachers = source.teach(
                rows, present, fit_params, splits, wanted, seed, context
            )
            teachers = with_flags(teachers, self.decision_threshold, rows)
            teachers = calibrated(teachers, pool.calibration, rows)
            warn_of_unreadable(reason)
            train, validation = add_soft(teachers, rows, soft_term, train, validation)
            if made is not None:
                made = fewer_where_dear(made, sampler, train, teachers, seed)
                made = label_synthetic(
                    made, train, neighbors, rows.X, teachers, pool.out_of_sample
                )
            self.labelling_kernel_ = kernel_of(context)
            fitted = fit_pool(
                pool, student, teachers, rows, train, validation, made, seed
            )
            learned, validation = pool_targets(
                train, validation, made, teachers, fitted
            )
            learned = add_unlabelled(learned, unlabelled, teachers, fitted, seed)
            self.pool_weights_ = fitted.shares if soft_term.is_used else None
            self.student_on_labels_ = fitted.student_on_labels
            self.n_transfer_rows_ = learned.n_without_label
            self.teacher_ = as_public(teachers.teacher)
            compared = compared_rows(learned, labelled, drawn, teachers, present)
            with already_warned(warned):
                trained = train_student(student, learned, validation, seed, context)
            self.student_ = add_threshold(
                trained, self.decision_threshold, teachers, rows.task, *compared
            )
        return self
