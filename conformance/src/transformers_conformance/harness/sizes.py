"""Sizes of a tiny model, and of what it is run on."""

NUM_HEADS = 4  # codegen needs a multiple of four
NUM_KEY_VALUE_HEADS = 2
NUM_LAYERS = 2
VOCAB_SIZE = 32
BATCH_SIZE = 2
SEQUENCE_LENGTH = 11  # unlike any other size of a tiny model, so that scores are told by their shape
MAX_POSITION_EMBEDDINGS = 512
MAX_POSITIONS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len")
