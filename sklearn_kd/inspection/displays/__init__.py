"""Pictures of a teacher and its student, in the style of scikit-learn's displays."""
