"""A fitted student as a program, and what every export asks of it."""

from sklearn_kd.export._program.program import Program, program_of

__all__ = ["Program", "program_of"]
