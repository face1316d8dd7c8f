"""Estimators made of a teacher and a student in notebooks: their diagram."""

from sklearn.base import BaseEstimator

from sklearn_kd._compat import AttrsDict, VisualBlock, visual_block
from sklearn_kd._estimators.parts import last_step
from sklearn_kd.teachers import looks_fitted
from sklearn_kd.teachers.average import AveragedRegressors, AveragedTeachers
from sklearn_kd.teachers.dropped import is_dropped

_AVERAGED = AveragedTeachers, AveragedRegressors


class DiagramMixin:
    """The diagram of an estimator: its parts by name, and what it has learned.

    For it nothing is asked of a model but its parameters. scikit-learn would evaluate
    all properties of a fitted one, for which a forest draws the rows of its trees
    again, and write their values. A teacher may be large, and of any package.

    A class of its own has ``_diagram_parts()``, which gives the parts by name: a model,
    a list of models or a `Note`.
    """

    #: The parameters that hold models.
    _model_parameters = ("teacher", "student")

    def _sk_visual_block_(self):
        parts = self._diagram_parts()
        fitted = self.__sklearn_is_fitted__()
        return VisualBlock(
            "parallel",
            [_drawn(part) for part in parts.values()],
            names=[
                f"{name}: {_title(part)}{'' if fitted else _state(part)}"
                for name, part in parts.items()
            ],
            name_details=[*map(_details, parts.values())],
        )

    def _get_params_html(self, *args, **kwargs):
        return super(DiagramMixin, self._shortened())._get_params_html(*args, **kwargs)

    def _get_fitted_attr_html(self, doc_link=""):
        found = {name: _attribute(value) for name, value in _learned(self)}
        return AttrsDict(
            fitted_attrs=found, estimator_class=type(self), doc_link=doc_link
        )

    def _repr_mimebundle_(self, **kwargs):
        html = getattr(self, "_repr_html_", None)
        diagram = {} if html is None else {"text/html": html()}
        return {"text/plain": str(self), **diagram}

    def __str__(self):
        try:
            return repr(self._shortened())
        except Exception:  # of a model inside of another
            return repr(self._shortened(_as_note))

    def _shortened(self, write=None):
        """Give a twin in which models of other packages are words."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        for name in self._model_parameters:
            model = getattr(self, name)
            setattr(twin, name, (write or _short)(model))
        return twin


class Note:
    """Words in the place of a model.

    Parameters
    ----------
    title : str
        What stands in the diagram.
    details : str
        What is unfolded.
    """

    def __init__(self, title, details):
        self.title, self.details = title, details

    def _sk_visual_block_(self):
        return VisualBlock("single", self, names=self.title, name_details=self.details)

    def __repr__(self):
        return self.details


class _Models(Note):
    """Several models side by side, in the place of one."""

    def __init__(self, models, title=None):
        titles = [*map(_title, models)]
        super().__init__(title or f"{len(models)} models", ", ".join(titles))
        self.models, self.titles = models, titles

    def _sk_visual_block_(self):
        return VisualBlock(
            "parallel",
            [_drawn(model) for model in self.models],
            names=self.titles,
            name_details=[*map(_details, self.models)],
            dash_wrapped=False,
        )


class _Drawn:
    """An estimator as scikit-learn draws it, but for what it has learned."""

    def __init__(self, model):
        self.model = model

    def _sk_visual_block_(self):
        try:
            block = visual_block(self.model)
        except Exception:  # of a model of the user's
            return _as_note(self.model)._sk_visual_block_()
        if block.kind == "single":
            return _copy_of(block, self)
        return _copy_of(block, [*map(_drawn, block.estimators)])

    def get_params(self, deep=True):
        """Give the parameters, for scikit-learn."""
        return self.model.get_params(deep=deep)

    def _get_params_html(self, *args, **kwargs):
        return self.model._get_params_html(*args, **kwargs)

    def _get_doc_link(self):
        return self.model._get_doc_link()

    def __repr__(self):
        return _details(self.model)


def teacher_in_diagram(estimator):
    """Give what stands for the teacher of an estimator: models or a `Note`.

    Parameters
    ----------
    estimator : estimator
        With a parameter ``teacher``, and once it is fitted ``teacher_``.

    Returns
    -------
    object
        A part of a diagram.
    """
    passed = estimator.teacher
    if is_dropped(passed):
        return Note("dropped", "without_teacher() has left it out.")
    teacher = vars(estimator).get("teacher_", passed)
    if passed is None and isinstance(teacher, _AVERAGED):
        return _Models([*map(_member, teacher.teachers)], "default ensemble")
    if teacher is not None:
        return teacher
    if "teacher_" in vars(estimator):
        return Note("none", "fit had predictions, or no use for a teacher (alpha=0).")
    return Note(
        "default ensemble",
        "Chosen by fit for its rows, unless it is given predictions.",
    )


def _member(model):
    """Give the model of a member of the default ensemble, in words alone."""
    model = last_step(getattr(last_step(model), "regressor", model))
    return Note(type(model).__name__, repr(model))


def _several(part):
    """Give the models that stand in the place of one; None for one."""
    if isinstance(part, _AVERAGED):
        return part.teachers
    return part if isinstance(part, (list, tuple)) else None


def _drawn(part):
    """Give a part so that drawing it asks for nothing but parameters."""
    if isinstance(part, (Note, _Drawn, str)) or part is None:
        return part
    if _several(part) is not None:
        return _Models(_several(part))
    if isinstance(part, VisualBlock):
        if part.kind == "single":
            return part
        return _copy_of(part, [*map(_drawn, part.estimators)])
    return _Drawn(part) if isinstance(part, BaseEstimator) else _as_note(part)


def _copy_of(block, estimators):
    """Copy a block with other estimators in it."""
    twin = object.__new__(VisualBlock)
    vars(twin).update(vars(block), estimators=estimators)
    return twin


def _title(part):
    """Name a part in a word or two."""
    if _several(part) is not None:
        return _Models(_several(part)).title
    return part.title if isinstance(part, Note) else type(part).__name__


def _state(part):
    """Say of a model that was passed fitted that it is."""
    models = [part] if _several(part) is None else _several(part)
    known = [not isinstance(model, Note) and looks_fitted(model) for model in models]
    return " (fitted)" if all(known) else ""


def _details(part):
    """Write what is unfolded below the name of a part."""
    if _several(part) is not None:
        return _Models(_several(part)).details
    if hasattr(part, "_sk_visual_block_") and not isinstance(part, Note):
        return _as_note(part).details  # what it is made of is drawn below
    try:
        return repr(_short(part))
    except Exception:  # of a model inside
        return _as_note(part).details


def _short(value):
    """Give a parameter, or words in its place where it may have many of its own."""
    if isinstance(value, (list, tuple)):
        return [*map(_short, value)]
    if value is None or is_dropped(value) or isinstance(value, (Note, str)):
        return value
    own = type(value).__repr__ is BaseEstimator.__repr__
    return value if own else _as_note(value)


def _as_note(model):
    """Write a model of any package by the name of its class."""
    name = type(model).__name__
    return Note(name, f"{name}(...)")


def _learned(estimator):
    """List the public fitted attributes of an estimator, by name."""
    names = {name for name in vars(estimator) if name.endswith("_")}
    for kind in type(estimator).__mro__:
        if kind.__module__.startswith("sklearn_kd."):
            properties = (n for n, each in vars(kind).items() if type(each) is property)
            names.update(name for name in properties if name.endswith("_"))
    for name in sorted(names):
        if not name.startswith("_") and hasattr(estimator, name):
            yield name, getattr(estimator, name)


def _attribute(value):
    """Describe a fitted attribute as scikit-learn does, and a model by its type."""
    found = {"type_name": type(value).__name__, "value": value}
    if hasattr(value, "fit") or hasattr(value, "predict"):
        return found | {"value": Note("", "(...)")}
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return found | {"shape": value.shape, "dtype": value.dtype}
    return found
