"""Converters by which skl2onnx converts models that contain a student."""

from importlib import import_module

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.decoded import DecodedClassifier
from sklearn_kd.distilled import DistilledClassifier
from sklearn_kd.distilled_regressor import DistilledRegressor
from sklearn_kd.export._onnx.build import build
from sklearn_kd.export._onnx.levels import input_kind
from sklearn_kd.export._onnx.others.estimators import skl2onnx_for
from sklearn_kd.export._onnx.read import read
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.students.mlp.regressor import MLPStudentRegressor
from sklearn_kd.students.mlp.student import MLPStudent
from sklearn_kd.students.skorch.regressor import SkorchStudentRegressor
from sklearn_kd.students.skorch.student import SkorchStudent

_CLASSIFIERS = (DistilledClassifier, MLPStudent, SkorchStudent)
_REGRESSORS = (DistilledRegressor, MLPStudentRegressor, SkorchStudentRegressor)

#: What skl2onnx may ask of a classifier.
_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [False, True],
}


def register_skl2onnx():
    """Let skl2onnx convert pipelines and ensembles that contain a student.

    After this call ``skl2onnx.to_onnx(model, X[:1])`` knows
    :class:`DistilledClassifier`, :class:`DistilledRegressor`, :class:`MLPStudent`,
    :class:`MLPStudentRegressor`, :class:`SkorchStudent` and
    :class:`SkorchStudentRegressor`, as a step of a
    :class:`~sklearn.pipeline.Pipeline`, and in a
    :class:`~sklearn.ensemble.VotingClassifier` or
    :class:`~sklearn.ensemble.StackingClassifier`. It may be called more than once.

    Raises
    ------
    ImportError
        Without the package ``skl2onnx``.

    See Also
    --------
    to_onnx : A student, or a pipeline that ends in one, without skl2onnx's options.

    Notes
    -----
    .. versionadded:: 0.1

    **What it needs**: ``pip install sklearn-kd[onnx]``, and a ``target_opset`` of at
    least 16, which is below skl2onnx's default. The options ``zipmap``, ``nocl`` and
    ``output_class_labels`` are those of skl2onnx's own classifiers. A model that is
    converted by itself, or is the first step of a pipeline, may have nominal columns:
    each column of the rows is an input then.

    **What is lost**: names, types and shapes of outputs are those that skl2onnx gives
    any classifier and regressor: labels that are booleans become whole numbers, and a
    regressor gives float32 of shape (N, n_outputs), without quantiles. The model
    computes in float32, and says nothing of this package in its metadata.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.export import register_skl2onnx
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent(hidden_layer_sizes=16, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), student).fit(X, y)
    >>> register_skl2onnx()
    >>> options = {"zipmap": False}
    >>> model = skl2onnx.to_onnx(pipeline, X[:1].astype(np.float32), options=options)
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    skl2onnx = skl2onnx_for("register_skl2onnx")
    register = skl2onnx.update_registered_converter
    for kind in _CLASSIFIERS:
        name = f"SklearnKD{kind.__name__}"
        register(kind, name, _classifier_shapes, _classifier, options=_OPTIONS)
    for kind in _REGRESSORS:
        register(kind, f"SklearnKD{kind.__name__}", _regressor_shapes, _regressor)
    decoded = "SklearnKDDecodedClassifier"
    kind = DecodedClassifier
    register(kind, decoded, _classifier_shapes, _decoded, options=_OPTIONS)


def _classifier_shapes(operator):
    """Tell skl2onnx of what type and shape label and probabilities are."""
    types = import_module("skl2onnx.common.data_types")
    model, n_rows = operator.raw_operator, operator.inputs[0].get_first_dimension()
    kind = plain_labels(np.asarray(model.classes_), "to_onnx").dtype.kind
    if kind == "f":
        raise ValueError(
            "skl2onnx has labels that are strings or whole numbers, got "
            f"{show(model.classes_)}. Fit on such labels, or write the model by "
            "to_onnx."
        )
    codes = operator.scope_inst.get_options(model, {"nocl": False})["nocl"]
    as_text = kind == "O" and not codes
    label = types.StringTensorType if as_text else types.Int64TensorType
    operator.outputs[0].set_type(label([n_rows]))
    operator.outputs[1].type.shape = [n_rows, len(model.classes_)]


def _regressor_shapes(operator):
    """Tell skl2onnx of what shape predictions are."""
    program, _ = read(operator.raw_operator)
    n_rows = operator.inputs[0].get_first_dimension()
    width = len(program.decision.deviation) // program.decision.n_levels
    operator.outputs[0].type.shape = [n_rows, width]


def _classifier(scope, operator, container):
    """Convert a classifier."""
    codes = scope.get_options(operator.raw_operator, {"nocl": False})["nocl"]
    outputs = ["code" if codes else "label", "probabilities"]
    label, proba = _add(scope, operator, container, outputs)
    _cast(scope, container, label, operator.outputs[0])
    _cast(scope, container, proba, operator.outputs[1])


def _regressor(scope, operator, container):
    """Convert a regressor."""
    (numbers,) = _add(scope, operator, container, ["prediction"])
    apply = import_module("skl2onnx.common._apply_operation")
    shaped = scope.get_unique_variable_name("numbers")
    width = operator.outputs[0].type.shape[1]
    apply.apply_reshape(scope, numbers, shaped, container, desired_shape=(-1, width))
    _cast(scope, container, shaped, operator.outputs[0])


def _decoded(scope, operator, container):
    """Convert a classifier of codes, and give the labels that they stand for."""
    model = operator.raw_operator
    inner = model.estimator
    types = import_module("skl2onnx.common.data_types")
    names = import_module("skl2onnx._supported_operators").sklearn_operator_name_map
    if type(inner) not in names:
        raise ValueError(f"skl2onnx has no converter of {type(inner).__name__}.")
    part = scope.declare_local_operator(names[type(inner)], inner)
    part.inputs = operator.inputs
    code = scope.declare_local_variable("code", types.Int64TensorType())
    kind = operator.outputs[1].type.__class__
    proba = scope.declare_local_variable("proba", kind())
    part.outputs.extend([code, proba])
    _cast(scope, container, proba.full_name, operator.outputs[1])
    codes = scope.get_options(model, {"nocl": False})["nocl"]
    classes = plain_labels(np.asarray(model.classes_), "to_onnx")
    classes = np.arange(len(classes)) if codes else classes
    numpy_helper = import_module("onnx.numpy_helper")
    table = scope.get_unique_variable_name("classes")
    container.initializers.append(numpy_helper.from_array(classes, table))
    label = scope.get_unique_variable_name("label")
    container.add_node("Gather", [table, code.full_name], label, op_version=13)
    _cast(scope, container, label, operator.outputs[0])


def _cast(scope, container, name, output):
    """Give an output the type that skl2onnx expects of it."""
    types = import_module("skl2onnx.common.data_types")
    apply = import_module("skl2onnx.common._apply_operation")
    if isinstance(output.type, types.StringTensorType):
        apply.apply_identity(scope, name, output.full_name, container)
    else:
        kind = types.guess_proto_type(output.type)
        apply.apply_cast(scope, name, output.full_name, container, to=kind)


def _add(scope, operator, container, outputs):
    """Add the nodes of our model of a student; give the names of its outputs."""
    defs, compose = import_module("onnx.defs"), import_module("onnx.compose")
    program, front = read(operator.raw_operator)
    model = build(program, outputs, front)
    inputs = program.inputs if front is None else front.inputs
    own = _inputs(scope, operator, container, inputs)
    prefix = scope.get_unique_operator_name(type(operator.raw_operator).__name__)
    part = compose.add_prefix(model, f"{prefix}:").graph
    apply = import_module("skl2onnx.common._apply_operation")
    for value, given in zip(own, part.input, strict=True):
        apply.apply_identity(scope, value, given.name, container)
    versions = {each.domain: each.version for each in model.opset_import}
    for node in part.node:
        least = defs.get_schema(
            node.op_type, versions[node.domain], node.domain
        ).since_version
        target = container.target_opset_any_domain(node.domain)
        if least > target:
            raise ValueError(
                f"The model of {type(operator.raw_operator).__name__} has the operator "
                f"{node.op_type} of opset {least}, got a target_opset of {target}. "
                f"Pass target_opset={least} or more."
            )
        container.node_domain_version_pair_sets.add((node.domain, least))
        container.nodes.append(node)
    container.initializers.extend(part.initializer)
    return [each.name for each in part.output]


def _inputs(scope, operator, container, inputs):
    """Give the names of inputs as our model takes them: one of all, or one a column."""
    apply = import_module("skl2onnx.common._apply_operation")
    types = import_module("skl2onnx.common.data_types")
    kinds = [input_kind(column) for column in inputs]
    given = operator.inputs
    alike = set(kinds) == {"FLOAT"}
    if not alike and len(given) != len(kinds):
        name = type(operator.raw_operator).__name__
        raise TypeError(
            f"{name} has nominal columns, and skl2onnx gives it {len(given)} inputs "
            f"for {len(kinds)} columns. Let it read the rows as they come, as the "
            "first step: its encoder reads levels and missing values."
        )
    wanted = ["FLOAT"] * len(given) if alike else kinds
    proto = import_module("onnx").TensorProto
    names = []
    for variable, kind in zip(given, wanted, strict=True):
        name = variable.full_name
        is_text = isinstance(variable.type, types.StringTensorType)
        if is_text != (kind == "STRING"):
            read_as = "levels" if kind == "STRING" else "numbers"
            raise TypeError(
                f"The column {show(variable.raw_name)} was {read_as} in fit, and "
                "skl2onnx takes it as another type. Pass rows of fit to "
                "skl2onnx.to_onnx, or initial types that fit them."
            )
        if not is_text:
            name = scope.get_unique_variable_name(f"{kind.lower()}_rows")
            to = getattr(proto, kind)
            apply.apply_cast(scope, variable.full_name, name, container, to=to)
        names.append(name)
    if alike and len(names) > 1:
        whole = scope.get_unique_variable_name("rows")
        apply.apply_concat(scope, names, whole, container, axis=1)
        return [whole]
    return names
