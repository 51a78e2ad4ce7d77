from transformers import Gemma3TextConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS


yarn = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 1024}
parameters = {"full_attention": yarn | {"truncate": False}, "sliding_attention": dict(yarn)}
config = Gemma3TextConfig(rope_parameters=parameters, layer_types=list(parameters), num_hidden_layers=2)
tables = [ROPE_INIT_FUNCTIONS["yarn"](config, layer_type=name)[0] for name in parameters]
differ = int((tables[0] != tables[1]).sum())
print("frequencies that `truncate: False` changes:", differ)
assert differ > 0
