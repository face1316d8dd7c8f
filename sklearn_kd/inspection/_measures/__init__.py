"""What is measured of fitted models: quality, fidelity, intervals, groups of rows."""
