from transformers import DbrxConfig


config = DbrxConfig(attn_config={"rope_theta": 500000.0})
print("attn_config's rope_theta=500000.0 gives", config.rope_parameters["rope_theta"])
assert config.rope_parameters["rope_theta"] == 500000.0
