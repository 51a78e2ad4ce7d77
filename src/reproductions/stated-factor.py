from transformers import BambaConfig


config = BambaConfig(partial_rotary_factor=0.25)
print("partial_rotary_factor=0.25 gives", config.rope_parameters["partial_rotary_factor"])
assert config.rope_parameters["partial_rotary_factor"] == 0.25
assert BambaConfig().rope_parameters["partial_rotary_factor"] == 0.5
