class PreTrainedModel:
    def _apply(self, fn, recurse=True):
        """
        What `to`, `half` and their kin do to every tensor. A table of rotary frequencies follows to another device,
        but not to a type narrower than its own: what a frequency is off by, an angle is off by a position's number of
        times. Nor does a complex table follow to a real type, which would leave it without sines.
        """
        tables = [
            (module, name, table)
            for module in self.modules()
            if any(word in module.__class__.__name__ for word in ("Rotary", "Rope"))
            for name, table in module.named_buffers(recurse=False)
            if table.is_complex() or (name.endswith("inv_freq") and table.is_floating_point())
        ]
        super()._apply(fn, recurse)
        for module, name, table in tables:
            cast = getattr(module, name)
            narrower = torch.finfo(cast.dtype).bits < torch.finfo(table.dtype).bits
            if narrower or cast.is_complex() != table.is_complex():
                setattr(module, name, table.to(cast.device))
        return self
