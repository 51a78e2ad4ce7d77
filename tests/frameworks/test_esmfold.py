"""ESMFold, which is built on ESM, has the same outputs on the fork and on upstream, bit for bit.

It folds two rows, and one of them is padded."""

import os
import subprocess
import sys
from pathlib import Path

import torch


UPSTREAM = Path(__file__).resolve().parents[2] / "build" / "upstream" / "4.57.6"
STRUCTURE = {
    "sequence_dim": 32,
    "pairwise_dim": 16,
    "ipa_dim": 4,
    "resnet_dim": 8,
    "num_heads_ipa": 2,
    "num_blocks": 2,
}
POINTS = {"num_qk_points": 2, "num_v_points": 2, "num_transition_layers": 1, "num_resnet_blocks": 1, "num_angles": 7}
TRUNK = {
    "num_blocks": 2, "sequence_state_dim": 32, "pairwise_state_dim": 16, "sequence_head_width": 8,
    "pairwise_head_width": 8, "position_bins": 4, "max_recycles": 2, "structure_module": STRUCTURE | POINTS,
}  # fmt: skip


def fold() -> dict[str, torch.Tensor]:
    """The outputs of the installed Transformers for two sequences, with random weights."""
    from transformers.models.esm.configuration_esm import get_default_vocab_list

    from transformers import EsmConfig, EsmForProteinFolding

    config = EsmConfig(
        vocab_size=33, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32,
        position_embedding_type="rotary", pad_token_id=1, mask_token_id=32, is_folding_model=True,
        vocab_list=get_default_vocab_list(),
        esmfold_config={"trunk": TRUNK, "fp16_esm": False, "lddt_head_hid_dim": 8},
    )  # fmt: skip
    torch.manual_seed(0)
    model = EsmForProteinFolding(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:  # some of upstream's initial weights are 0
                weight.copy_(torch.randn_like(weight) * 0.3)
        ids = torch.tensor([[3, 5, 7, 9, 4, 6, 8], [5, 5, 2, 1, 0, 0, 0]])
        mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
        found = model(ids, attention_mask=mask)
    return {name: found[name] for name in ("positions", "s_s", "s_z", "plddt")}


def test_outputs_are_those_of_upstream(tmp_path):
    import transformers

    assert not Path(transformers.__file__).is_relative_to(UPSTREAM), "upstream is tested instead of the fork"
    paths = [str(UPSTREAM), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = tmp_path / "upstream.pt"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run([sys.executable, __file__, kept], env=environment, check=True)
    before, after = torch.load(kept), fold()
    assert before.pop("transformers").startswith(str(UPSTREAM))
    assert before.keys() == after.keys()
    for name, tensor in after.items():
        assert torch.isfinite(tensor).all() and tensor.any(), name
        assert torch.equal(tensor, before[name]), name


if __name__ == "__main__":
    import transformers

    torch.save(fold() | {"transformers": transformers.__file__}, sys.argv[1])
