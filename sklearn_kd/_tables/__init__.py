"""Tables: what rows and weights come in, and what the columns of a table hold."""
