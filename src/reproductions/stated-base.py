from transformers import ApertusConfig


config = ApertusConfig(rope_theta=5000.0)
print("rope_theta=5000.0 gives", config.rope_parameters["rope_theta"])
assert config.rope_parameters["rope_theta"] == 5000.0
