"""What students keep of their teachers, on real tables."""
