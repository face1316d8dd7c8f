"""Tables: what rows, labels and weights come in, and what their columns hold."""
