from typing import Any

import torch


class GlmImageForConditionalGeneration:
    def _expand_inputs_for_generation(
        self,
        expand_size: int = 1,
        is_encoder_decoder: bool = False,
        input_ids: torch.LongTensor | None = None,
        **model_kwargs,
    ) -> tuple[torch.LongTensor, dict[str, Any]]:
        """
        Repeat rows for several answers or beams, and the sizes of the images of a row as a group.
        """
        image_grid_thw = model_kwargs.pop("image_grid_thw", None)
        images_per_sample = model_kwargs.get("images_per_sample")
        input_ids, model_kwargs = super()._expand_inputs_for_generation(
            expand_size, is_encoder_decoder, input_ids, **model_kwargs
        )
        if image_grid_thw is not None:
            if images_per_sample is not None:  # without it, every row has all images
                rows = image_grid_thw.split(images_per_sample.tolist())
                image_grid_thw = torch.cat([row for row in rows for _ in range(expand_size)])
            model_kwargs["image_grid_thw"] = image_grid_thw
        return input_ids, model_kwargs
