"""The tables that the demo has without a file: handwritten digits, and census data."""


def _digits():
    """Load the digits of scikit-learn: 1797 rows, 64 columns, ten classes."""
    from sklearn.datasets import load_digits

    data = load_digits(as_frame=True)
    code = "sklearn.datasets.load_digits(as_frame=True).data"
    return "Handwritten digits", data.data, data.target.rename("digit"), code


def _adult():
    """Load the Adult data: 48 842 rows, numbers and categories, two classes."""
    from sklearn_kd.datasets import load_adult

    data = load_adult()
    code = "sklearn_kd.datasets.load_adult().data"
    return "Adult census data", data.data, data.target, code


#: By the name that --data takes, what gives the title, the columns, the labels, and the
#: code that reads the columns. The first is the default.
SHIPPED = {"digits": _digits, "adult": _adult}
