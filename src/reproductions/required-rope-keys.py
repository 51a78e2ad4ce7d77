import logging

from transformers import LlamaConfig
from transformers.utils import logging as transformers_logging


warnings = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
transformers_logging.add_handler(handler)
transformers_logging.set_verbosity_warning()
rope = {"rope_type": "llama3", "factor": 16.0, "original_max_position_embeddings": 8192}
rope |= {"low_freq_factor": 1.0, "high_freq_factor": 1.0}  # as Llama 4 Scout has them
LlamaConfig(max_position_embeddings=131072, rope_parameters=rope)
print("warnings:", warnings)
assert not any("high_freq_factor" in warning for warning in warnings)
