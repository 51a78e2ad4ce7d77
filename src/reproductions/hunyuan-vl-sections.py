from transformers import HunYuanVLTextConfig


rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5, "mrope_section": [2, 2, 2, 2]}
config = HunYuanVLTextConfig(head_dim=32, rope_parameters=rope)
print("8 of 16 pairs rotate, in the sections", config.rope_parameters["mrope_section"])
