"""What takes the steps of training: runs of rows, the network on NumPy or compiled."""
