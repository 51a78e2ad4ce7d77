import unittest

from tests.adapted.roformer import FlaxRoFormer, RoFormerElsewhereTestMixin


class FlaxRoFormerRotaryTest(RoFormerElsewhereTestMixin, unittest.TestCase):
    framework = FlaxRoFormer
