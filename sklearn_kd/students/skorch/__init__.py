"""A skorch net as a student: the adapter, and how a net is trained on soft targets."""
