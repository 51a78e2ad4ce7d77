"""The confirmations of `src/exempt.yml`: each test is run on the entries that name it.

Upstream's definitions are run apart from their package, from the text of the pristine tree: what tests import is the
fork.
"""

import ast
import inspect
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from discovery.code import CUTS, JOINS, bare
from overlay.layout import REPOSITORY
from tests.utils.exempt_entries import EXEMPTIONS, ExemptDefinition, ReleaseExemption, generated_from, on_its_entries
from tests.utils.upstream_rope import explanations, fork, load, rotated, tree


WIDTHS = ((2, 2), (4, 4), (8, 8), (2, 3), (4, 7), (6, 8))  # of the table, and of the head


def called(nodes: list[ast.AST]) -> set[str]:
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


# --- rotations and applications -------------------------------------------------------------------------------------


@on_its_entries
def test_it_turns_whole_pairs_by_a_quarter(entry: ReleaseExemption):
    """Twice it negates, and every channel goes to its partner in a half-split or interleaved pair."""
    for definition in entry.runnable:
        turn = definition.load()
        for width in (2, 4, 6, 8):
            x = torch.randn(3, 2, 5, width, dtype=torch.float64)
            turned = turn(x)
            assert torch.equal(turn(turned), -x), definition.label
            partners = (x.roll(width // 2, -1), x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2))
            assert any(torch.equal(turned.abs(), partner.abs()) for partner in partners), definition.label


@on_its_entries
def test_its_matrices_turn_by_the_angles_of_the_table(entry: ReleaseExemption):
    """`[[cos, -sin], [sin, cos]]` of each pair, of tables of any width."""
    for definition in entry.runnable:
        for pairs in range(5):
            angles = torch.randn(2, 3, pairs, dtype=torch.float64)
            matrices = definition.load()(angles.repeat(1, 1, 2).cos(), angles.repeat(1, 1, 2).sin())
            x = torch.randn(2, 3, 2 * pairs, dtype=torch.float64)
            turned = (matrices @ x.unflatten(-1, (pairs, 2))[..., None]).flatten(-3)
            assert torch.allclose(turned, rotated(x, angles, "interleaved"), atol=1e-14), definition.label


def apply_once(function: Callable, form: tuple, width: int, head: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What an application makes of random q and k, each beside what the reference makes of it."""
    layout, repeat, shape, direction, trailing = form
    angles = torch.randn(1, 5, width // 2, dtype=torch.float64) * 3
    table = {
        "halves": angles.repeat(1, 1, 2),
        "neighbours": angles.repeat_interleave(2, -1),
        "half width": angles,
    }[repeat]
    q, k = torch.randn(1, 4, 5, head, dtype=torch.float64), torch.randn(1, 2, 5, head, dtype=torch.float64)
    single = "k" not in inspect.signature(function).parameters
    given = [q] if single else [q, k]
    expected = []
    for x in given:
        x = x.roll(width, -1) if trailing else x
        x = rotated(x, direction * angles[:, None], layout)
        expected.append(x.roll(-width, -1) if trailing else x)
    cos, sin = table.cos(), table.sin()
    if shape == "positions first":
        made = function(*(x[0].transpose(0, 1) for x in given), cos[0], sin[0])
        made = [x.transpose(0, 1)[None] for x in ([made] if single else made)]
    elif shape == "no batch in the table":
        made = function(*given, cos[0], sin[0])
    else:
        made = function(*given, cos, sin)
    return list(zip([made] if isinstance(made, torch.Tensor) else made, expected, strict=True))


FORMS = tuple(
    itertools.product(
        ("half-split", "interleaved"),
        ("halves", "neighbours", "half width"),
        ("batched", "positions first", "no batch in the table"),
        (1, -1),
        (False, True),
    )
)


def is_right(function: Callable, form: tuple, widths: tuple) -> bool:
    for width, head in widths:
        try:
            pairs = apply_once(function, form, width, head)
        except (RuntimeError, TypeError, IndexError, ValueError):
            return False
        for made, expected in pairs:
            if made.shape != expected.shape or not torch.allclose(made.double(), expected, atol=1e-5):
                return False
    return True


@on_its_entries
def test_it_turns_pairs_on_an_axis_of_their_own(entry: ReleaseExemption):
    """As above, of pairs that a last axis of two holds."""
    for definition in entry.runnable:
        turn = definition.load()
        pairs = torch.randn(3, 5, 4, 2)
        assert torch.equal(turn(turn(pairs)), -pairs) and torch.equal(turn(pairs).abs(), pairs.flip(-1).abs())


@on_its_entries
def test_it_rotates_as_wide_as_the_table(entry: ReleaseExemption):
    """A table of whole pairs, as wide as the head or narrower, against a rotation in float64."""
    for definition in entry.runnable:
        function = definition.load()
        assert any(is_right(function, form, WIDTHS) for form in FORMS), definition.label


# --- tables ---------------------------------------------------------------------------------------------------------


class Sections(tuple):
    """Entries an axis, the same for every type of layer."""

    def __getitem__(self, key):
        return self if isinstance(key, str) else super().__getitem__(key)


class Embedding:
    """Stands for an instance of a rotary class: its own methods, as edits leave them, and frequencies under whatever
    name it asks for. Axes share out its pairs."""

    def __init__(self, definition: ExemptDefinition, inv_freq: torch.Tensor):
        self._definition = definition
        self._inv_freq = inv_freq
        self.attention_scaling = 1.0
        pairs = inv_freq.numel()
        self.mrope_section = Sections((pairs // 3, pairs // 3, pairs - 2 * (pairs // 3)))
        self.config = SimpleNamespace(rope_parameters={"rope_type": "default"})
        self.alpha = torch.zeros(())  # what is learned, before it is

    def rope_init_fn(self, config: object) -> tuple[torch.Tensor, float]:
        return self._inv_freq, 1.0

    def projector(self, positions: torch.Tensor) -> torch.Tensor:
        return positions[..., :1] * self._inv_freq

    def __getattr__(self, name: str) -> object:
        if name.endswith("inv_freq"):
            return self._inv_freq
        if name.endswith("attention_scaling"):
            return 1.0
        method = load(self._definition.file, f"{self._definition.owner}.{name}", fork(self._definition.release))
        return lambda *args: method(self, *args)


POSITIONS = {
    "one axis": torch.tensor([[0, 1, 7, 40]]),
    "three axes": torch.tensor([[[0, 1, 7, 40]], [[3, 2, 9, 4]], [[5, 6, 8, 11]]]),
    "two axes": torch.tensor([[[0, 1, 7, 40]], [[3, 2, 9, 4]]]),
    "rows and columns": torch.tensor([[0, 3], [1, 2], [7, 9], [40, 4]]),
    "batched rows and columns": torch.tensor([[[0, 3], [1, 2], [7, 9], [40, 4]]]),
    "time, rows and columns": torch.tensor([[0, 3, 5], [1, 2, 6], [7, 9, 8], [40, 4, 11]]),
}


def columns_of(definition: ExemptDefinition, positions: torch.Tensor, inv_freq: torch.Tensor) -> list[int] | None:
    """Which frequency, of which axis, each column of a class's table belongs to; None for what is no such table."""
    pairs = inv_freq.numel()
    forward = definition.member("forward")
    arguments = [Embedding(definition, inv_freq), torch.zeros(1, dtype=torch.float32), positions]
    if "layer_type" in inspect.signature(forward).parameters:
        arguments.append("full_attention")
    try:
        table = forward(*arguments)
    except (RuntimeError, IndexError, TypeError, ValueError, AttributeError, KeyError):
        return None
    cos, sin = (table.real, table.imag) if isinstance(table, torch.Tensor) else table
    cos, sin = cos.squeeze(0), sin.squeeze(0)
    if cos.shape != sin.shape or cos.ndim != 2 or len(cos) != 4:
        return None
    axes = positions.reshape(-1, 4).T if positions.shape[-1] == 4 else positions.reshape(4, -1)
    angles = axes[:, :, None] * inv_freq  # [positions, axes, pairs]
    columns = []
    for column in range(cos.shape[-1]):
        same = (cos[:, column, None, None] - angles.cos()).abs().amax(0) + (
            sin[:, column, None, None] - angles.sin()
        ).abs().amax(0)
        if same.min() > 1e-4:
            return None
        columns.append(int(same.argmin()))
    return columns if {column % pairs for column in columns} == set(range(pairs)) else None


def holds_whole_pairs(definition: ExemptDefinition, positions: torch.Tensor, pairs: int) -> bool:
    columns = columns_of(definition, positions, torch.logspace(0, -2, pairs))
    return columns is not None and (is_paired(columns) or is_half_width(definition, columns))


def is_paired(columns: list[int]) -> bool:
    """Whether every angle stands in both channels of a pair: in halves, in neighbours, or in the halves of each of two
    blocks that rotate apart."""
    half, quarter = len(columns) // 2, len(columns) // 4
    halves = columns[:half] == columns[half:]
    neighbours = columns[0::2] == columns[1::2]
    blocks = columns[:quarter] == columns[quarter:half] and columns[half:-quarter] == columns[-quarter:]
    return halves or neighbours or blocks


def is_half_width(definition: ExemptDefinition, columns: list[int]) -> bool:
    """Whether every angle stands once, for an application that turns pairs by one angle: it multiplies complex numbers
    or is handed a table half as wide as what it rotates."""
    if len(columns) > len(set(columns)):
        return False
    if "view_as_complex" in tree(definition.release).files[definition.file]:
        return True
    found = {
        one
        for explanation in explanations(definition.release)
        for one in explanation.copies
        if one.file == definition.file
    }
    applications = [definition.load(one.name) for one in found if "application" in one.kinds]
    forms = [form for form in FORMS if "half width" in form]
    return any(is_right(apply, form, ((2, 2), (4, 4), (8, 8))) for apply in applications for form in forms)


@on_its_entries
def test_its_table_holds_whole_pairs(entry: ReleaseExemption):
    """As many pairs as there are frequencies, an odd number too; a pair's channels have the same angle."""
    for definition in entry.runnable:
        member, forward = definition.name.rpartition(".")[2], replace(definition, name=f"{definition.owner}.forward")
        assert member == "forward" or member in called(forward.nodes), "it has no part in the table"
        assert any(
            all(holds_whole_pairs(definition, positions, pairs) for pairs in (3, 6, 7))
            for positions in POSITIONS.values()
        ), definition.label


class Parts(SimpleNamespace):
    """Stands for a module: the parts that a definition asks it for."""


def patches(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(config=Parts(patch_size=4), inv_freq=inv_freq, training=False)
    return definition.load()(module, torch.zeros(1, 3, 8, 12))


def keypoints(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(projector=lambda points: points[..., :1] * inv_freq)
    return definition.load()(module, torch.rand(1, 5, 2))[0]


def windows_and_times(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(inv_freq=inv_freq, max_seq_len_cached=8, config=Parts(audio_frame_step=0.01))
    module.position_angles = definition.member("_compute_position_angles")(module, inv_freq)
    return definition.member("forward")(module, torch.rand(2, 5), 5)


def atoms(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A head of as many frequencies as are given for each of two kinds of axes, of one more that is idle, and of a
    channel without a partner."""
    module, pairs = Parts(), inv_freq.numel()
    given = {"num_spatial_rope_pairs_per_axis": pairs, "num_uid_rope_pairs": pairs, "head_dim": 8 * pairs + 3}
    given |= {"spatial_rope_base_frequency": 20.0, "uid_rope_base_frequency": 100.0}
    definition.member("__init__")(module, Parts(**given))
    positions = torch.rand(1, 5, 3), torch.arange(5)[None]
    cos, sin = definition.member("forward")(module, *positions, torch.float32)
    assert cos.shape[-1] == given["head_dim"] - 1 and (cos[..., 4 * pairs] == 1).all()
    return cos, sin


def rows_and_columns(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    width = 4 * inv_freq.numel()
    config = Parts(hidden_size=width, q_aggregation_kernel_size=1, q_aggregation_stride=1)
    module, forward = Parts(inv_freq=inv_freq, config=config), definition.load("EfficientLoFTRRotaryEmbedding.forward")
    if definition.name.endswith("__init__"):
        module.inv_freq, config.rope_scaling = None, {"rope_type": "default"}
        module.register_buffer = lambda name, table, persistent: setattr(module, name, table)
        construct = definition.load()
        construct.__globals__["ROPE_INIT_FUNCTIONS"] = {"default": lambda config, device: (inv_freq, 1.0)}
        construct(module, config)
    cos, sin = forward(module, torch.zeros(1, width, 3, 2))
    assert cos.shape == (1, 3, 2, width)
    return cos, sin


def tokens_and_patches(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a class token learns stands before the table of patches."""
    forward, given = definition.load(), {}
    forward.__globals__["BaseModelOutputWithPooling"] = Parts
    angles = torch.rand(4, inv_freq.numel()).repeat(1, 2)
    module = Parts(config=Parts(patch_size=4), class_pos_emb=inv_freq[None])
    module.embeddings = module.pre_layrnorm = module.post_layernorm = lambda x: x
    module.vision_rotary_embedding = lambda hidden_states, positions: (angles.cos(), angles.sin())
    module.encoder = lambda **arguments: given.update(arguments) or [torch.zeros(1, 5, 8)]
    forward(module, torch.zeros(1, 3, 8, 8))
    return given["position_embeddings"]


def class_token_and_patches(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The same of angles, which are not yet a table."""
    angles = torch.rand(4, inv_freq.numel())
    module = Parts(config=Parts(patch_size=4), class_pos_emb=inv_freq[None], encoder=caught)
    module.embeddings = module.pre_layrnorm = lambda x: x
    module.vision_rotary_embedding = lambda height, width: angles
    table = catch(definition.load(), module, torch.zeros(1, 3, 8, 8), False, False, True)
    return of_angles(table, torch.cat((inv_freq[None], angles)))


class Caught(Exception):
    """A table on its way to a layer."""


def caught(*args: object, position_embeddings: tuple[torch.Tensor, torch.Tensor], **kwargs: object) -> None:
    raise Caught(position_embeddings)


def catch(forward: Callable, *arguments: object) -> tuple[torch.Tensor, torch.Tensor]:
    """The table that the forward of a model gives its first layer."""
    forward.__globals__["F"] = torch.nn.functional
    with pytest.raises(Caught) as found:
        forward(*arguments)
    return found.value.args[0]


def of_angles(table: tuple[torch.Tensor, torch.Tensor], angles: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A table in halves, whose angles are those that were given."""
    cos, sin = table
    pairs = angles.shape[-1]
    assert torch.allclose(cos[..., :pairs], angles.cos()) and torch.allclose(sin[..., :pairs], angles.sin())
    return table


def images(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of a row and a column for every patch."""
    angles = torch.rand(4, 2 * inv_freq.numel())
    from_grid = definition.file.partition("/")[2].startswith("glm4v")  # with the places of the patches
    module = Parts(blocks=[caught], spatial_merge_unit=1, fullatt_block_indexes=(), gradient_checkpointing=False)
    module.rot_pos_emb = lambda grid: (angles, torch.zeros(4, 2, dtype=torch.int64)) if from_grid else angles
    module.patch_embed = module.post_conv_layernorm = lambda x: x
    module.embeddings = lambda x, *places: x
    module.fast_pos_embed_interpolate = lambda grid: 0.0
    module.get_window_index = lambda grid: (torch.arange(4), [0, 4])
    return of_angles(catch(definition.load(), module, torch.zeros(4, 8), torch.tensor([[1, 2, 2]])), angles)


def axis_by_axis(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A table an axis, of which the application takes its sections."""
    positions = POSITIONS["three axes"]
    table = definition.load()(Parts(inv_freq=inv_freq, attention_scaling=1.0), torch.zeros(1), positions)
    return of_angles(table, positions[..., None] * inv_freq)


def stretched(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions are divided, and what is inherited makes the table."""
    module, positions = Parts(inv_freq=inv_freq, scaling_factor=2.0), POSITIONS["one axis"]
    forward = definition.load()
    inherited = partial(definition.load("ChameleonRotaryEmbedding.forward"), module)
    forward.__globals__["super"] = lambda: Parts(forward=inherited)
    return of_angles(forward(module, torch.zeros(1), positions), positions[..., None] / 2 * inv_freq)


def counted(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As many positions as are asked for, in a table that is kept."""
    member, module = (
        definition.name.rpartition(".")[2],
        Parts(inv_freq=inv_freq, max_seq_len_cached=0, scaling_factor=1.0),
    )
    module.dim, module.max_position_embeddings = 2 * inv_freq.numel(), 5
    module.register_buffer = lambda name, table, persistent: setattr(module, name, table)
    module._set_cos_sin_cache = partial(definition.member("_set_cos_sin_cache"), module)
    if member == "__init__":
        definition.load()(module, module.dim, scaling_factor=2.0)
        assert module.scaling_factor == 2.0
    if member == "forward":
        table = definition.load()(module, torch.zeros(1), seq_len=5)
    else:
        module._set_cos_sin_cache(seq_len=5, device=None, dtype=torch.float32)
        table = module.cos_cached, module.sin_cached
    positions = torch.arange(5) / (module.scaling_factor if "Linear" in definition.owner else 1)
    return of_angles(table, positions[:, None] * inv_freq)


def counted_in_a_row(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As many positions as the row has, in a table that is kept."""
    table = definition.load()(Parts(inv_freq=inv_freq, _seq_len_cached=None), torch.zeros(1, 2, 5, 1))
    return of_angles(table, torch.arange(5)[:, None] * inv_freq)


def counted_by_attention(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(config=Parts(rope_scaling=None), rope_init_fn=lambda *given: (inv_freq, 1.0))
    return of_angles(definition.load()(module, torch.zeros(1), 5), torch.arange(5)[:, None] * inv_freq)


def frames(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """In neighbours, of a row of frames."""
    cos, sin = definition.load()(Parts(inv_freq=inv_freq), torch.zeros(2, 5, 1))
    of_angles((cos[..., 0::2], sin[..., 0::2]), torch.arange(5)[:, None] * inv_freq)
    return cos, sin


def kept_rows(definition: ExemptDefinition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows, of a table of angles, that patches have."""
    angles, patches = torch.rand(9, inv_freq.numel()), torch.tensor([4, 0, 7])
    table = definition.load()(Parts(inv_freq=angles.repeat(1, 2)), torch.zeros(1), patches)
    return of_angles(table, angles[patches])


TABLES = {
    "DINOv3ViTRopePositionEmbedding": patches,
    "LightGluePositionalEncoder": keypoints,
    "MusicFlamingoRotaryEmbedding": windows_and_times,
    "EsmFold2RotaryEmbedding": atoms,
    "EfficientLoFTRRotaryEmbedding": rows_and_columns,
    "MLCDVisionModel": tokens_and_patches,
    "MLCDVisionTransformer": class_token_and_patches,
    "Qwen2VisionTransformerPretrainedModel": images,
    "Qwen2_5_VisionTransformerPretrainedModel": images,
    "Qwen3VLVisionModel": images,
    "Glm4vVisionModel": images,
    "Qwen2VLRotaryEmbedding": axis_by_axis,
    "ChameleonLinearScalingRotaryEmbedding": stretched,
    "OpenLlamaRotaryEmbedding": counted,
    "IdeficsEmbedding": counted,
    "RotaryEmbedding": counted_in_a_row,
    "PhimoeRotaryEmbedding": counted_by_attention,
    "Qwen2_5OmniDiTRotaryEmbedding": frames,
    "PixtralRotaryEmbedding": kept_rows,
}


@on_its_entries
def test_both_channels_of_its_pairs_have_one_angle(entry: ReleaseExemption):
    """Of tables whose positions are patches, points, times or atoms: pairs in halves or in neighbours, as many as
    there are frequencies, an odd number too."""
    table_of = TABLES[entry.exemption.names[0].rpartition(".")[0]]
    for definition in entry.runnable:
        for pairs in (1, 3, 4):
            cos, sin = table_of(definition, torch.logspace(0, -1, pairs))
            width = cos.shape[-1]
            assert cos.shape == sin.shape and width % 2 == 0 and width >= 2 * pairs
            assert torch.allclose(cos**2 + sin**2, torch.ones(()), atol=1e-6)
            tables = torch.stack((cos, sin))
            in_halves = torch.equal(tables[..., : width // 2], tables[..., width // 2 :])
            assert in_halves or torch.equal(tables[..., 0::2], tables[..., 1::2]), definition.label


@on_its_entries
def test_its_angles_are_positions_times_frequencies(entry: ReleaseExemption):
    """Of positions that are counted along each axis, rows before columns where there are two."""
    for definition in entry.runnable:
        sizes = list(inspect.signature(definition.load()).parameters)[1:]
        for pairs in (1, 3, 4):
            inv_freq = torch.logspace(0, -1, pairs)
            lengths = (5, 3)[: len(sizes)]
            axes = torch.meshgrid(*map(torch.arange, lengths), indexing="ij")
            expected = torch.cat([axis.reshape(-1, 1) * inv_freq for axis in axes], dim=-1)
            assert torch.allclose(definition.load()(Parts(inv_freq=inv_freq), *lengths), expected), definition.label


@on_its_entries
def test_its_complex_table_has_a_number_for_every_whole_pair(entry: ReleaseExemption):
    """On two axes that share the head, whatever its width: half of its half's channels each, and none turns further
    than its position."""
    for definition in entry.runnable:
        for head_dim in range(4, 20):
            module = Parts()
            given = {"image_size": 8, "patch_size": 4, "hidden_size": 2 * head_dim, "num_attention_heads": 2}
            definition.load()(module, Parts(rope_theta=100.0, **given))
            pairs = head_dim // 2 // 2
            places = torch.tensor([[1, 1], [2, 1], [1, 2], [2, 2], [0, 0]])  # the class token's is the last
            angles = places[:, :, None] * 100.0 ** (-2 * torch.arange(pairs) / (head_dim // 2))
            expected = torch.polar(torch.ones(()), angles.flatten(1))
            assert torch.allclose(module.freqs_ci[:, 0], expected, atol=1e-5), definition.label


@on_its_entries
def test_its_sinusoids_are_those_of_whole_pairs(entry: ReleaseExemption):
    """Sines of every pair, then cosines; in an odd width, a sine without a cosine between them."""
    from transformers.models.roformer.modeling_roformer import RoFormerSinusoidalPositionalEmbedding

    for width in range(2, 10):
        embedding, pairs = RoFormerSinusoidalPositionalEmbedding(9, width), width // 2
        embedding.weight.data = embedding.create_weight()
        table = embedding(torch.Size((1, 5)), 2)
        powers = torch.arange(pairs, dtype=torch.float64) * -2 / width
        angles = torch.arange(2, 7)[:, None] * 10000**powers
        assert table.shape == (5, width)
        assert torch.allclose(table[:, :pairs].double(), angles.sin(), atol=1e-6)
        assert torch.allclose(table[:, width - pairs :].double(), angles.cos(), atol=1e-6)


@on_its_entries
def test_it_computes_no_width(entry: ReleaseExemption):
    """It keeps what it is given, and frequencies that others compute: no arithmetic, no constant width."""
    for definition in entry.definitions:
        nodes = definition.nodes
        assert not any(isinstance(node, (ast.BinOp, ast.Slice)) for node in nodes), definition.label
        assert not any(isinstance(node, ast.Constant) and type(node.value) in (int, float) for node in nodes)
        assert not called(nodes) & {"arange", "linspace", "int", "range", "zeros", "ones"}, definition.label


@on_its_entries
def test_it_leaves_all_to_what_it_inherits(entry: ReleaseExemption):
    """A class of flash-attention's, which has no such class where it is not installed: no arithmetic on widths, and no
    table."""
    for definition in entry.definitions:
        (owner,) = [
            node for node in parsed(definition) if isinstance(node, ast.ClassDef) and node.name == definition.owner
        ]
        imported = {
            alias.name: node.module
            for node in parsed(definition)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert imported[owner.bases[0].id] == "flash_attn.layers.rotary", definition.label
        assert not any(isinstance(node, (ast.BinOp, ast.Slice)) for node in definition.nodes), definition.label
        assert not called(definition.nodes) & {"arange", "outer", "cos", "sin", "cat"}, definition.label


def parsed(definition: ExemptDefinition) -> list[ast.AST]:
    return list(ast.walk(ast.parse(tree(definition.release).files[definition.file])))


# --- slices ---------------------------------------------------------------------------------------------------------


@on_its_entries
def test_it_joins_what_it_cuts_in_the_same_order(entry: ReleaseExemption):
    """A head is cut at widths that the config names, and its parts are joined as they lay."""
    for definition in entry.definitions:
        nodes = definition.nodes
        cuts = [
            ([bare_name(part) for part in node.targets[0].elts], bare(node.value))
            for node in nodes
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(bare(node.value), ast.Call)
            and called([bare(node.value)]) & CUTS
        ]
        cuts = [(parts, cut) for parts, cut in cuts if any(is_rotary(part) for part in parts)]
        assert cuts, definition.label
        for _, cut in cuts:
            sizes = [node for argument in cut.args for node in ast.walk(argument) if isinstance(node, ast.List)]
            assert sizes and not any(isinstance(node, ast.Constant) for one in sizes for node in ast.walk(one))
        orders = {tuple(map(is_rotary, parts)) for parts, _ in cuts}
        for join in nodes:
            if (
                isinstance(join, ast.Call)
                and called([join]) & JOINS
                and isinstance(join.args[0], (ast.Tuple, ast.List))
            ):
                order = tuple(is_rotary(bare_name(part)) for part in join.args[0].elts)
                assert order in orders or not any(order), definition.label


@on_its_entries
def test_it_joins_what_it_slices_in_the_same_order(entry: ReleaseExemption):
    """A head is cut in two at one width that the config names; the first part is rotated, and joined in front."""
    for definition in entry.definitions:
        firsts, rests = {}, {}
        for node in definition.nodes:
            cut_off = isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
            if cut_off and isinstance(node.value.slice, ast.Tuple):
                cut, name = node.value.slice.elts[-1], node.targets[0].id
                at = cut.upper if cut.lower is None else cut.lower
                (firsts if cut.lower is None else rests)[name] = (node.value.value.id, ast.unparse(at))
        assert firsts and sorted(firsts.values()) == sorted(rests.values()), definition.label
        assert {width for _, width in firsts.values()} == {"self.rotary_dim"}, definition.label
        joined = [node.args[0] for node in definition.nodes if isinstance(node, ast.Call) and called([node]) & JOINS]
        assert len(joined) == len(firsts), definition.label
        for first, rest in (map(bare_name, join.elts) for join in joined):
            assert firsts[first] == rests[rest], definition.label


def bare_name(node: ast.AST) -> str:
    return getattr(bare(node), "id", "")


def is_rotary(name: str) -> bool:
    return bool(re.search(r"(^|_)(rot|pe|rope|kr|rotary)(_|$)", name))


@on_its_entries
def test_it_mixes_neighbours_by_the_angles_of_their_places_in_a_half(entry: ReleaseExemption):
    """What checkpoints are trained with, exactly: channels are paired with their neighbours, and each is weighed by
    the angle of its own place in its half. Where those two angles differ, this is no rotation. The config's widths of
    the three axes are even, and channels beyond them pass."""
    file, of = entry.exemption.file, fork(entry.release)
    rotate = load(file, "rotate_queries_or_keys", of)
    positions = torch.arange(5.0)
    x = torch.randn(1, 2, 5, 6)
    angles = (positions[:, None] * 10000 ** (-torch.arange(3) / 3.0)).repeat(1, 2)
    neighbour = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)
    made = rotate(x, positions.expand(1, 2, 5))
    assert torch.allclose(made, x * angles.cos() + neighbour * angles.sin(), atol=1e-6)
    assert not torch.allclose(made.norm(dim=-1), x.norm(dim=-1), atol=1e-2)
    pair = x[..., :2]
    assert torch.allclose(rotate(pair, positions.expand(1, 2, 5)).norm(dim=-1), pair.norm(dim=-1))

    deal = load(file, "VJEPA2RopeAttention.apply_rotary_embeddings", of)
    for head in range(6, 20):
        axis = int(2 * ((head // 3) // 2))
        module = Parts(d_dim=axis, h_dim=axis, w_dim=axis, attention_head_size=head)
        x, axes = torch.randn(1, 2, 5, head), [positions.expand(1, 2, 5) * one for one in (1, 2, 3)]
        parts = [rotate(x[..., i * axis : (i + 1) * axis], axes[i]) for i in range(3)]
        assert torch.equal(deal(module, x, axes), torch.cat((*parts, x[..., 3 * axis :]), dim=-1))


# --- what is generated, and what is no RoPE -------------------------------------------------------------------------


@on_its_entries
def test_what_is_generated_from_it_is_explained(entry: ReleaseExemption):
    """A part of a modular file that builds on what it inherits: the whole stands in the generated file."""
    exemption = entry.exemption
    by_definition = {
        one.place: explanation for explanation in explanations(entry.release) for one in explanation.copies
    }
    assert "modular_" in exemption.file
    for name in exemption.names:
        whole = by_definition[generated_from(exemption.file), name]
        assert whole.edits or (whole.exemption and whole.exemption != exemption), name


@on_its_entries
def test_its_powers_are_those_of_an_embedding_that_is_added(entry: ReleaseExemption):
    """Weights are initialized here anew: by the frequencies of classes of the file that rotate nothing."""
    rotary = {one.place for explanation in explanations(entry.release) for one in explanation.copies}
    for definition in entry.definitions:
        file = ast.parse(tree(definition.release).files[definition.file])
        elsewhere = set()
        for owner in (node for node in file.body if isinstance(node, ast.ClassDef)):
            for member in (node for node in owner.body if isinstance(node, ast.FunctionDef)):
                if (definition.file, f"{owner.name}.{member.name}") not in rotary:
                    elsewhere |= powers_of(list(ast.walk(member)))
        here = powers_of(definition.nodes)
        assert here and here <= elsewhere, here - elsewhere


def powers_of(nodes: list[ast.AST]) -> set[str]:
    """The exponentials over sequences, whether they are of `self` or of a module."""
    found = set()
    for node in nodes:
        is_power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) or called([node]) == {"exp"}
        if is_power and called(list(ast.walk(node))) & {"arange"}:
            found.add(re.sub(r"\b(module|self)\.(config\.)?", "", ast.unparse(node)))
    return found


@on_its_entries
def test_it_is_a_function_of_torch(entry: ReleaseExemption):
    """What an exporter writes for a complex function of torch's, which has no positions."""
    signal = torch.randn(3, 8, dtype=torch.complex64)
    cases = {
        "_dft": lambda ours: (ours(signal, None, -1, inverse=False), torch.fft.fft(signal)),
        "_patch_irfft": lambda ours: (ours(None)(signal[:, :5], 8), torch.fft.irfft(signal[:, :5], 8)),
        "_patch_polar": lambda ours: (
            torch.view_as_complex(torch.view_as_real(ours(None)(signal.real.abs(), signal.imag))),
            torch.polar(signal.real.abs(), signal.imag),
        ),
    }
    for definition in entry.definitions:
        made, expected = cases[definition.name](definition.load())
        assert torch.allclose(made, expected, atol=1e-4), definition.label


def test_an_application_that_needs_a_table_as_wide_as_the_head_is_not_confirmed():
    function = load("models/qwen2_vl/modeling_qwen2_vl.py", "apply_rotary_pos_emb_vision")
    assert any(is_right(function, form, ((4, 4), (8, 8))) for form in FORMS)
    assert not any(is_right(function, form, WIDTHS) for form in FORMS)


@pytest.mark.parametrize(
    ("columns", "paired"),
    [
        ([0, 1, 2, 0, 1, 2], True),
        ([0, 0, 1, 1, 2, 2], True),
        ([0, 1, 0, 1, 2, 3, 2, 3], True),
        ([0, 1, 2, 2, 1, 0], False),
        ([0, 1, 2], False),
    ],
)
def test_pairs_are_told_by_their_angles(columns, paired):
    assert is_paired(columns) == paired


def test_every_entry_names_a_test_that_is_run_on_it():
    there = set()
    for folder in ("utils", "frameworks"):
        for node in ast.parse((REPOSITORY / "tests" / folder / "test_exempt.py").read_text()).body:
            if isinstance(node, ast.FunctionDef) and "on_its_entries" in map(ast.unparse, node.decorator_list):
                assert node.name not in there, "a test of this name would be run on the entries of another"
                there.add(node.name)
    assert {one.confirmed_by for one in EXEMPTIONS} == there
