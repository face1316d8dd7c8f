"""The model of a file, by its ending."""

from pathlib import Path


def load(path):
    """Load a student.

    Parameters
    ----------
    path : str or os.PathLike
        ``student.onnx`` of ``sklearn_kd.export.to_onnx``, or ``student.skops`` of
        ``skops.io.dump``.

    Returns
    -------
    OnnxModel or EstimatorModel
        Ready to predict.

    Raises
    ------
    ImportError
        Without the packages that the kind of file needs.
    OSError
        If the file cannot be read.
    ValueError
        For another file.
    """
    path = Path(path)
    if path.suffix == ".onnx":
        from student_service.onnx_model import OnnxModel

        return OnnxModel(path.name, path.read_bytes())
    if path.suffix == ".skops":
        from student_service.estimator_model import read_skops

        return read_skops(path.name, path.read_bytes())
    raise ValueError(
        f"The file must end in .onnx or .skops, got {path.name!r}. Write one by "
        "sklearn_kd.export.to_onnx or skops.io.dump; pickles, such as .joblib files, "
        "run code when they are loaded."
    )
