import copy
from collections.abc import Callable

from .modeling_rope_utils import drops_values


class PreTrainedModel:
    def _apply(self, fn, recurse=True):
        """
        Apply `to`, `half` or `to_empty`, called on this model or on a module that holds it. `to_empty` drops all
        values. A state dict later brings the values of parameters and persistent buffers. Buffers that no state dict
        holds, such as tables of rotary frequencies, are computed again.
        """
        if not drops_values(fn):
            return super()._apply(fn, recurse)

        def marked(tensor):
            empty = fn(tensor)
            empty._is_placeholder = not empty.is_meta
            return empty

        super()._apply(marked, recurse)
        missing = {name for name, _ in self.named_non_persistent_buffers(recurse=recurse)}
        for name, buffer in self.named_buffers(recurse=recurse):
            if name not in missing:
                buffer._is_placeholder = False
        self._fill_placeholders(lambda: type(self)(copy.deepcopy(self.config)), list, recurse)
        return self

    def _fill_placeholders(
        self, build: Callable[[], "PreTrainedModel"], contexts: Callable[[], list], recurse: bool = True
    ) -> None:
        """
        Give tensors that neither a checkpoint nor `_init_weights` sets the values that they have in a newly built
        model. So every module has the values that its constructor computes.

        Args:
            build: builds this model.
            contexts: gives the contexts in which the model is built; a device among them has no effect.
            recurse: whether submodules are filled, too.
        """

        def is_unset(value):
            placeholder = getattr(value, "_is_placeholder", False)
            return value.is_meta or (placeholder and (value.is_inference() or value._version == 0))

        slots = [
            (name, module, key)
            for name, module in (self.named_modules() if recurse else [("", self)])
            for key, value in [*module._buffers.items(), *vars(module).items()]
            if isinstance(value, torch.Tensor) and is_unset(value)
        ]
        placed = next((tensor.device for tensor in (*self.parameters(), *self.buffers()) if not tensor.is_meta), None)
        if not slots or placed is None:
            return
        real = [context for context in contexts() if not isinstance(context, torch.device)]
        real += [torch.device("cpu"), init.no_init_weights(), init.parameters_on_meta_device()]
        try:
            with torch.random.fork_rng(devices=[]), ContextManagers(real):
                twins = dict(build().named_modules())
        except Exception as error:  # for example, a constructor takes more than a config
            logger.warning(
                f"{type(self).__name__} cannot be built again to fill tensors that no checkpoint holds: {error}"
            )
            twins = {}
        copies = {}  # by source tensor, so that a tensor with two names stays one tensor
        for name, module, key in slots:
            value, source = getattr(module, key), getattr(twins.get(name), key, None)
            if not isinstance(source, torch.Tensor) or source.is_meta or source.shape != value.shape:
                logger.warning(f"`{name}.{key}` is set to 0: no checkpoint holds it, and no constructor makes it")
                source = torch.zeros(value.shape, device="cpu")
            device = placed if value.is_meta else value.device
            # The source is kept alive, so that no other object gets its id
            copies.setdefault(id(source), (source, source.to(device, value.dtype)))
            setattr(module, key, copies[id(source)][1])
