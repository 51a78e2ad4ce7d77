import torch


class GlmImageForConditionalGeneration:
    def _expand_inputs_for_generation(self, expand_size=1, is_encoder_decoder=False, input_ids=None, **kwargs):
        """Repeat rows for several answers or beams, and the sizes of the images of a row as a group."""
        image_grid_thw, images_per_sample = kwargs.pop("image_grid_thw", None), kwargs.get("images_per_sample")
        input_ids, kwargs = super()._expand_inputs_for_generation(expand_size, is_encoder_decoder, input_ids, **kwargs)
        if image_grid_thw is not None:
            if images_per_sample is not None:  # without it, every row has all images
                rows = image_grid_thw.split(images_per_sample.tolist())
                image_grid_thw = torch.cat([row for row in rows for _ in range(expand_size)])
            kwargs["image_grid_thw"] = image_grid_thw
        return input_ids, kwargs
