"""What stands for a teacher that ``without_teacher()`` has dropped."""


class DroppedTeacher:
    """The parameter ``teacher`` of an estimator that ``without_teacher()`` has made.

    It keeps ``fit`` from taking the absent teacher for the default ensemble, as it
    would take None. All of them are equal, and hold nothing.
    """

    def __repr__(self):
        return f"{type(self).__name__}()"

    def __eq__(self, other):
        return type(other) is type(self)

    def __hash__(self):
        return hash(type(self))


class DroppedAttribute:
    """A fitted attribute whose absence is explained where a teacher was dropped.

    What ``fit`` sets on the estimator comes first.
    """

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, estimator, owner=None):
        if estimator is None:
            return self
        kind = type(estimator).__name__
        if not is_dropped(estimator.teacher):
            raise AttributeError(
                f"This {kind} has no {self.name}: fit sets it.",
                name=self.name,
                obj=estimator,
            )
        raise AttributeError(
            f"This {kind} was made by without_teacher(), which has left {self.name} "
            "out: take it from the estimator before, or fit this one again after "
            "set_params(teacher=...).",
            name=self.name,
            obj=estimator,
        )


def is_dropped(teacher):
    """Return whether there was a teacher, which ``without_teacher()`` has dropped."""
    return isinstance(teacher, DroppedTeacher)


#: How ``fit`` has a teacher again.
_SET = (
    "set_params(teacher=...) first. None stands for the default ensemble, or for "
    "predictions that are passed to fit."
)


def refuse_dropped(teacher, what, fix=_SET):
    """Refuse to do anything with a teacher that was dropped.

    Parameters
    ----------
    teacher : object
        Any.
    what : str
        What needs it.
    fix : str, optional
        What to do, where that is not to set the parameter.

    Raises
    ------
    ValueError
        With the fix.
    """
    if is_dropped(teacher):
        raise ValueError(
            f"{what} needs a teacher, and this estimator was made by "
            f"without_teacher(): {fix}"
        )
