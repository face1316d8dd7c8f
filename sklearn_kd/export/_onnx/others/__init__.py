"""Models that other packages convert: skl2onnx and torch."""
