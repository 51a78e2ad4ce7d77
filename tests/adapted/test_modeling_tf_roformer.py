import unittest

from tests.adapted.roformer import RoFormerElsewhereTestMixin, TensorFlowRoFormer


class TFRoFormerRotaryTest(RoFormerElsewhereTestMixin, unittest.TestCase):
    framework = TensorFlowRoFormer
