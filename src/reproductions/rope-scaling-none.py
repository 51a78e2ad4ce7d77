from transformers import ApertusConfig


config = ApertusConfig(rope_scaling=None)
print("rope_scaling=None gives", config.rope_parameters)
assert config.rope_parameters["rope_type"] == "default"
