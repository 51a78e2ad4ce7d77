from contextlib import contextmanager

import torch


@contextmanager
def parameters_on_meta_device():
    """
    Build modules whose parameters take no memory, but whose buffers and other computed tensors are real.
    """
    original = torch.nn.Module.register_parameter

    def register_parameter(module, name, param):
        if param is not None and not param.is_meta:
            param = torch.nn.Parameter(param.detach().to("meta"), requires_grad=param.requires_grad)
        original(module, name, param)

    try:
        torch.nn.Module.register_parameter = register_parameter
        yield
    finally:
        torch.nn.Module.register_parameter = original
