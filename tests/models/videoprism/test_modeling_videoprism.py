import unittest

import numpy as np
import torch
from transformers.models.videoprism.modeling_videoprism import VideoPrismTextEmbeddings, create_sinusoidal_positions

from transformers import VideoPrismTextConfig
from transformers_conformance.rope.coordinates import powers


class VideoPrismSinusoidTest(unittest.TestCase):
    """Its sinusoids are as wide as tokens, to which they are added; they turn nothing, and no odd width has a use."""

    def test_rotary_ndims_even_sinusoids_are_of_whole_pairs(self):
        for width in range(2, 20, 2):
            angles = np.arange(40)[:, None] * powers(width // 2, width, 10000.0)
            expected = np.concatenate((np.sin(angles), np.cos(angles)), axis=-1)
            found = create_sinusoidal_positions(40, width)
            self.assertEqual(found.dtype, torch.float32)
            np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)

    def test_rotary_ndims_even_sinusoids_are_added(self):
        config = VideoPrismTextConfig(hidden_size=16, vocab_size=8, max_position_embeddings=6)
        embeddings = VideoPrismTextEmbeddings(config)
        tokens = torch.randn(1, 6, 16)
        with torch.no_grad():
            found = embeddings(inputs_embeds=tokens)[:, :6]
        expected = tokens * config.hidden_size**0.5 + create_sinusoidal_positions(6, 16)
        torch.testing.assert_close(found, expected)
