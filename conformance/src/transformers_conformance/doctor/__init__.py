"""`transformers-conformance doctor`: what a checkpoint's files say of its rotary embeddings, and what to correct.

No module of this package imports PyTorch or Transformers, and none runs code that it reads.
"""
