"""What training, predicting and importing cost."""
