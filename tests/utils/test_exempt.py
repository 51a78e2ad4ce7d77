"""The confirmations of `src/exempt.yml`: each test is run on the entries that name it.

Upstream's definitions are run apart from their package, from the text of the pristine tree: what tests import is the
fork.
"""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from discovery.exempt import Exemption, load_exemptions
from discovery.recognise import CUTS, JOINS, bare
from discovery.scan import Definition, text_of
from overlay.layout import DEFAULT_RELEASE
from tests.utils.upstream_rope import LAYOUT, fork, load, rotated, tree, verdicts


EXEMPTIONS = [one for one in load_exemptions(LAYOUT.exempt) if DEFAULT_RELEASE in one.covers]
WIDTHS = ((2, 2), (4, 4), (8, 8), (2, 3), (4, 7), (6, 8))  # of the table, and of the head


def on_its_entries(test: Callable) -> Callable:
    """Run a test on the entries that name it, each with the verdicts on upstream."""
    entries = [one for one in EXEMPTIONS if one.confirmed_by == test.__name__]
    return pytest.mark.parametrize("exemption", entries, ids=lambda one: one.label)(test)


def covered(exemption: Exemption) -> list[Definition]:
    """The definitions that an entry covers."""
    return [one for verdict in verdicts() if verdict.exemption == exemption for one in verdict.copies]


def runnable(exemption: Exemption) -> list[Definition]:
    """Those that can run: what stands in a modular file lacks what it inherits, and its copy in the generated file has
    it."""
    found = [one for one in covered(exemption) if generated_from(one.file) == one.file]
    assert found, "an entry on modular files alone cannot be run"
    return found


def generated_from(file: str) -> str:
    return file.replace("modular_", "modeling_")


def syntax(definition: Definition) -> list[ast.AST]:
    return list(ast.walk(ast.parse(textwrap.dedent(text_of(definition, tree())))))


def called(nodes: list[ast.AST]) -> set[str]:
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


# --- rotations and applications -------------------------------------------------------------------------------------


@on_its_entries
def test_it_turns_whole_pairs_by_a_quarter(exemption: Exemption):
    """Twice it negates, and every channel goes to its partner in a half-split or interleaved pair."""
    for definition in runnable(exemption):
        turn = load(definition.file, definition.name)
        for width in (2, 4, 6, 8):
            x = torch.randn(3, 2, 5, width, dtype=torch.float64)
            turned = turn(x)
            assert torch.equal(turn(turned), -x), definition.label
            partners = (x.roll(width // 2, -1), x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2))
            assert any(torch.equal(turned.abs(), partner.abs()) for partner in partners), definition.label


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
def test_it_turns_pairs_on_an_axis_of_their_own(exemption: Exemption):
    """As above, of pairs that a last axis of two holds."""
    for definition in runnable(exemption):
        turn = load(definition.file, definition.name)
        pairs = torch.randn(3, 5, 4, 2)
        assert torch.equal(turn(turn(pairs)), -pairs) and torch.equal(turn(pairs).abs(), pairs.flip(-1).abs())


@on_its_entries
def test_it_rotates_as_wide_as_the_table(exemption: Exemption):
    """A table of whole pairs, as wide as the head or narrower, against a rotation in float64."""
    for definition in runnable(exemption):
        function = load(definition.file, definition.name)
        assert any(is_right(function, form, WIDTHS) for form in FORMS), definition.label


# --- tables ---------------------------------------------------------------------------------------------------------


class Sections(tuple):
    """Entries an axis, the same for every type of layer."""

    def __getitem__(self, key):
        return self if isinstance(key, str) else super().__getitem__(key)


class Embedding:
    """Stands for an instance of a rotary class: its own methods, as edits leave them, and frequencies under whatever
    name it asks for. Without `sections`, axes share out its pairs."""

    def __init__(self, definition: Definition, inv_freq: torch.Tensor, sections: tuple[int, ...] | None = None):
        self._file, self._class = definition.file, definition.name.rpartition(".")[0]
        self._inv_freq = inv_freq
        self.attention_scaling = 1.0
        pairs = inv_freq.numel()
        self.mrope_section = Sections(sections or (pairs // 3, pairs // 3, pairs - 2 * (pairs // 3)))
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
        method = load(self._file, f"{self._class}.{name}", fork())
        return lambda *args: method(self, *args)


POSITIONS = {
    "one axis": torch.tensor([[0, 1, 7, 40]]),
    "three axes": torch.tensor([[[0, 1, 7, 40]], [[3, 2, 9, 4]], [[5, 6, 8, 11]]]),
    "two axes": torch.tensor([[[0, 1, 7, 40]], [[3, 2, 9, 4]]]),
    "rows and columns": torch.tensor([[0, 3], [1, 2], [7, 9], [40, 4]]),
    "batched rows and columns": torch.tensor([[[0, 3], [1, 2], [7, 9], [40, 4]]]),
    "time, rows and columns": torch.tensor([[0, 3, 5], [1, 2, 6], [7, 9, 8], [40, 4, 11]]),
}


def columns_of(
    definition: Definition, positions: torch.Tensor, inv_freq: torch.Tensor, sections: tuple[int, ...] | None = None
) -> list[int] | None:
    """Which frequency, of which axis, each column of a class's table belongs to; None for what is no such table."""
    pairs = inv_freq.numel()
    forward = load(definition.file, f"{definition.name.rpartition('.')[0]}.forward")
    arguments = [Embedding(definition, inv_freq, sections), torch.zeros(1, dtype=torch.float32), positions]
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


def holds_whole_pairs(
    definition: Definition, positions: torch.Tensor, pairs: int, sections: tuple[int, ...] | None = None
) -> bool:
    columns = columns_of(definition, positions, torch.logspace(0, -2, pairs), sections)
    return columns is not None and (is_paired(columns) or is_half_width(definition, columns))


def is_paired(columns: list[int]) -> bool:
    """Whether every angle stands in both channels of a pair: in halves, in neighbours, or in the halves of each of two
    blocks that rotate apart."""
    half, quarter = len(columns) // 2, len(columns) // 4
    halves = columns[:half] == columns[half:]
    neighbours = columns[0::2] == columns[1::2]
    blocks = columns[:quarter] == columns[quarter:half] and columns[half:-quarter] == columns[-quarter:]
    return halves or neighbours or blocks


def is_half_width(definition: Definition, columns: list[int]) -> bool:
    """Whether every angle stands once, for an application that turns pairs by one angle: it multiplies complex numbers
    or is handed a table half as wide as what it rotates."""
    if len(columns) > len(set(columns)):
        return False
    if "view_as_complex" in tree().files[definition.file]:
        return True
    found = {one for verdict in verdicts() for one in verdict.copies if one.file == definition.file}
    applications = [load(one.file, one.name) for one in found if "application" in one.kinds]
    forms = [form for form in FORMS if "half width" in form]
    return any(is_right(apply, form, ((2, 2), (4, 4), (8, 8))) for apply in applications for form in forms)


@on_its_entries
def test_its_table_holds_whole_pairs(exemption: Exemption):
    """As many pairs as there are frequencies, an odd number too; a pair's channels have the same angle."""
    for definition in runnable(exemption):
        owner, _, member = definition.name.rpartition(".")
        forward = Definition(definition.file, f"{owner}.forward", ())
        assert member == "forward" or member in called(syntax(forward)), "it has no part in the table"
        assert any(
            all(holds_whole_pairs(definition, positions, pairs) for pairs in (3, 6, 7))
            for positions in POSITIONS.values()
        ), definition.label


@on_its_entries
def test_its_sections_give_every_pair_an_axis(exemption: Exemption):
    """Axes take turns as far as the sections that it falls back on go, and what is left over is one axis's: a table of
    whole pairs at any width."""
    for definition in runnable(exemption):
        literals = [node for node in syntax(definition) if isinstance(node, ast.List)]
        (sections,) = [ast.literal_eval(node) for node in literals if len(node.elts) == 3]
        for pairs in (1, 2, 3, 16, 64, 80):
            assert holds_whole_pairs(definition, POSITIONS["three axes"], pairs, tuple(sections)), definition.label


class Parts(SimpleNamespace):
    """Stands for a module: the parts that a definition asks it for."""


def patches(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(config=Parts(patch_size=4), inv_freq=inv_freq, training=False)
    return load(definition.file, definition.name)(module, torch.zeros(1, 3, 8, 12))


def keypoints(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    module = Parts(projector=lambda points: points[..., :1] * inv_freq)
    return load(definition.file, definition.name)(module, torch.rand(1, 5, 2))[0]


def windows_and_times(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    owner = definition.name.rpartition(".")[0]
    module = Parts(inv_freq=inv_freq, max_seq_len_cached=8, config=Parts(audio_frame_step=0.01))
    module.position_angles = load(definition.file, f"{owner}._compute_position_angles")(module, inv_freq)
    return load(definition.file, f"{owner}.forward")(module, torch.rand(2, 5), 5)


def atoms(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A head of as many frequencies as are given for each of two kinds of axes, of one more that is idle, and of a
    channel without a partner."""
    owner, module, pairs = definition.name.rpartition(".")[0], Parts(), inv_freq.numel()
    given = {"num_spatial_rope_pairs_per_axis": pairs, "num_uid_rope_pairs": pairs, "head_dim": 8 * pairs + 3}
    given |= {"spatial_rope_base_frequency": 20.0, "uid_rope_base_frequency": 100.0}
    load(definition.file, f"{owner}.__init__")(module, Parts(**given))
    positions = torch.rand(1, 5, 3), torch.arange(5)[None]
    cos, sin = load(definition.file, f"{owner}.forward")(module, *positions, torch.float32)
    assert cos.shape[-1] == given["head_dim"] - 1 and (cos[..., 4 * pairs] == 1).all()
    return cos, sin


def rows_and_columns(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    width = 4 * inv_freq.numel()
    config = Parts(hidden_size=width, q_aggregation_kernel_size=1, q_aggregation_stride=1)
    forward = load(definition.file, "EfficientLoFTRRotaryEmbedding.forward")
    cos, sin = forward(Parts(inv_freq=inv_freq, config=config), torch.zeros(1, width, 3, 2))
    assert cos.shape == (1, 3, 2, width)
    return cos, sin


def tokens_and_patches(definition: Definition, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a class token learns stands before the table of patches."""
    forward, given = load(definition.file, definition.name), {}
    forward.__globals__["BaseModelOutputWithPooling"] = Parts
    angles = torch.rand(4, inv_freq.numel()).repeat(1, 2)
    module = Parts(config=Parts(patch_size=4), class_pos_emb=inv_freq[None])
    module.embeddings = module.pre_layrnorm = module.post_layernorm = lambda x: x
    module.vision_rotary_embedding = lambda hidden_states, positions: (angles.cos(), angles.sin())
    module.encoder = lambda **arguments: given.update(arguments) or [torch.zeros(1, 5, 8)]
    forward(module, torch.zeros(1, 3, 8, 8))
    return given["position_embeddings"]


TABLES = {
    "DINOv3ViTRopePositionEmbedding": patches,
    "LightGluePositionalEncoder": keypoints,
    "MusicFlamingoRotaryEmbedding": windows_and_times,
    "EsmFold2RotaryEmbedding": atoms,
    "EfficientLoFTRRotaryEmbedding": rows_and_columns,
    "MLCDVisionModel": tokens_and_patches,
}


@on_its_entries
def test_both_channels_of_its_pairs_have_one_angle(exemption: Exemption):
    """Of tables whose positions are patches, points, times or atoms: pairs in halves or in neighbours, as many as
    there are frequencies, an odd number too."""
    table_of = TABLES[exemption.names[0].rpartition(".")[0]]
    for definition in runnable(exemption):
        for pairs in (1, 3, 4):
            cos, sin = table_of(definition, torch.logspace(0, -1, pairs))
            width = cos.shape[-1]
            assert cos.shape == sin.shape and width % 2 == 0 and width >= 2 * pairs
            assert torch.allclose(cos**2 + sin**2, torch.ones(()), atol=1e-6)
            tables = torch.stack((cos, sin))
            in_halves = torch.equal(tables[..., : width // 2], tables[..., width // 2 :])
            assert in_halves or torch.equal(tables[..., 0::2], tables[..., 1::2]), definition.label


@on_its_entries
def test_its_sinusoids_are_those_of_whole_pairs(exemption: Exemption):
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
def test_it_computes_no_width(exemption: Exemption):
    """It keeps what it is given, and frequencies that others compute: no arithmetic, no constant width."""
    for definition in covered(exemption):
        nodes = syntax(definition)
        assert not any(isinstance(node, (ast.BinOp, ast.Slice)) for node in nodes), definition.label
        assert not any(isinstance(node, ast.Constant) and type(node.value) in (int, float) for node in nodes)
        assert not called(nodes) & {"arange", "linspace", "int", "range", "zeros", "ones"}, definition.label


# --- slices ---------------------------------------------------------------------------------------------------------


@on_its_entries
def test_it_joins_what_it_cuts_in_the_same_order(exemption: Exemption):
    """A head is cut at widths that the config names, and its parts are joined as they lay."""
    for definition in covered(exemption):
        nodes = syntax(definition)
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


def bare_name(node: ast.AST) -> str:
    return getattr(bare(node), "id", "")


def is_rotary(name: str) -> bool:
    return bool(re.search(r"(^|_)(rot|pe|rope|kr|rotary)(_|$)", name))


@on_its_entries
def test_it_mixes_neighbours_by_the_angles_of_their_places_in_a_half(exemption: Exemption):
    """What checkpoints are trained with, exactly: channels are paired with their neighbours, and each is weighed by
    the angle of its own place in its half. Where those two angles differ, this is no rotation. The config's widths of
    the three axes are even, and channels beyond them pass."""
    rotate = load(exemption.file, "rotate_queries_or_keys")
    positions = torch.arange(5.0)
    x = torch.randn(1, 2, 5, 6)
    angles = (positions[:, None] * 10000 ** (-torch.arange(3) / 3.0)).repeat(1, 2)
    neighbour = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)
    made = rotate(x, positions.expand(1, 2, 5))
    assert torch.allclose(made, x * angles.cos() + neighbour * angles.sin(), atol=1e-6)
    assert not torch.allclose(made.norm(dim=-1), x.norm(dim=-1), atol=1e-2)
    pair = x[..., :2]
    assert torch.allclose(rotate(pair, positions.expand(1, 2, 5)).norm(dim=-1), pair.norm(dim=-1))

    deal = load(exemption.file, "VJEPA2RopeAttention.apply_rotary_embeddings")
    for head in range(6, 20):
        axis = int(2 * ((head // 3) // 2))
        module = Parts(d_dim=axis, h_dim=axis, w_dim=axis, attention_head_size=head)
        x, axes = torch.randn(1, 2, 5, head), [positions.expand(1, 2, 5) * one for one in (1, 2, 3)]
        parts = [rotate(x[..., i * axis : (i + 1) * axis], axes[i]) for i in range(3)]
        assert torch.equal(deal(module, x, axes), torch.cat((*parts, x[..., 3 * axis :]), dim=-1))


# --- what is generated, and what is no RoPE -------------------------------------------------------------------------


@on_its_entries
def test_what_is_generated_from_it_is_explained(exemption: Exemption):
    """A part of a modular file that builds on what it inherits: the whole stands in the generated file."""
    by_place = {one.place: verdict for verdict in verdicts() for one in verdict.copies}
    assert "modular_" in exemption.file
    for name in exemption.names:
        whole = by_place[generated_from(exemption.file), name]
        assert whole.edits or (whole.exemption and whole.exemption != exemption), name


@on_its_entries
def test_its_powers_are_those_of_an_embedding_that_is_added(exemption: Exemption):
    """Weights are initialized here anew: by the frequencies of classes of the file that rotate nothing."""
    rotary = {one.place for verdict in verdicts() for one in verdict.copies}
    for definition in covered(exemption):
        file = ast.parse(tree().files[definition.file])
        elsewhere = set()
        for owner in (node for node in file.body if isinstance(node, ast.ClassDef)):
            for member in (node for node in owner.body if isinstance(node, ast.FunctionDef)):
                if (definition.file, f"{owner.name}.{member.name}") not in rotary:
                    elsewhere |= powers_of(list(ast.walk(member)))
        here = powers_of(syntax(definition))
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
def test_it_is_a_function_of_torch(exemption: Exemption):
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
    for name in exemption.names:
        made, expected = cases[name](load(exemption.file, name))
        assert torch.allclose(made, expected, atol=1e-4), name


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


def test_every_entry_names_a_test_of_this_file():
    here = {name for name, value in globals().items() if name.startswith("test_") and hasattr(value, "pytestmark")}
    assert {one.confirmed_by for one in EXEMPTIONS} <= here
