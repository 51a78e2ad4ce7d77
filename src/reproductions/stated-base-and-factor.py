from transformers import MoonshineStreamingConfig


config = MoonshineStreamingConfig(rope_theta=5000.0, partial_rotary_factor=0.5)
print(config.rope_parameters)
assert config.rope_parameters["rope_theta"] == 5000.0
assert config.rope_parameters["partial_rotary_factor"] == 0.5
