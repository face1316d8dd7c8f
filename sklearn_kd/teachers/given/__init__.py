"""What a user passes as teacher, or in the place of one."""
