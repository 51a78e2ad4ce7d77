"""What the papers and the releases define, as data without PyTorch or Transformers."""
