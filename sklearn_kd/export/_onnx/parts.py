"""Steps that ONNX alone has: models that other packages have converted."""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Converted:
    """A converted model that gives numbers: of a module, or steps of a pipeline.

    Parameters
    ----------
    model : onnx.ModelProto
        Of one output, of shape (N, n_outputs).
    name : str
        What its nodes are called by.
    """

    model: object
    name: str


@dataclass(frozen=True, eq=False)
class Estimated:
    """A converted estimator: it reads rows, and gives labels too if it has classes.

    Parameters
    ----------
    model : onnx.ModelProto
        Of the outputs label and probabilities, or of one with numbers.
    n_outputs : int
        Number of columns of probabilities or numbers.
    """

    model: object
    n_outputs: int


@dataclass(frozen=True, eq=False)
class Given:
    """The decision of an estimator that was converted: the label that it gives."""


@dataclass(frozen=True, eq=False)
class Front:
    """The steps of a pipeline in front of a student.

    Parameters
    ----------
    model : onnx.ModelProto
        Of one output, the rows of the student.
    inputs : tuple of Input
        The columns of the pipeline's rows.
    """

    model: object
    inputs: tuple
