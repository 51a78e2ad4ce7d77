from transformers import Glm4vConfig


config = Glm4vConfig(rope_theta=5000.0, partial_rotary_factor=0.25)
print("rope_theta=5000.0 and partial_rotary_factor=0.25 give", config.text_config.rope_parameters)
assert config.text_config.rope_parameters["rope_theta"] == 5000.0
assert config.text_config.rope_parameters["partial_rotary_factor"] == 0.25
