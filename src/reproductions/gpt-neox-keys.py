from transformers import GPTNeoXConfig


config = GPTNeoXConfig(rope_theta=500000.0, partial_rotary_factor=0.5)
print(config.rope_parameters)
assert config.rope_parameters["rope_theta"] == 500000.0
assert config.rope_parameters["partial_rotary_factor"] == 0.5
