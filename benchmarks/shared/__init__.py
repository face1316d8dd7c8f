"""What the benchmarks share: tables, teachers, figures, results files."""
