from transformers import Mistral4Config


parameters = {"rope_type": "default", "rope_theta": 10000.0}
Mistral4Config(rope_parameters=parameters)
print("the caller's dict:", parameters)
assert "partial_rotary_factor" not in parameters
