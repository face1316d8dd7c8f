"""A fitted student of sklearn_kd behind HTTP: JSON rows in, predictions out."""

from student_service.app import make_app
from student_service.columns import Column
from student_service.load import load

__all__ = ["Column", "load", "make_app"]
