"""A skorch net as a student; only the private modules and the criterion load torch."""
