"""What the search for RoPE definitions finds, leaves, and says of it: on snippets of our own, and on upstream."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

import discovery.rules
from discovery.__main__ import line_of, totals_of
from discovery.coverage import check, explain
from discovery.exempt import load_exemptions
from discovery.rules.rope import ROPE
from discovery.scan import find
from discovery.topic import Rule, SearchTopic
from overlay import lockfile
from overlay.edits import load_overlay
from overlay.engine import Tree
from overlay.errors import OverlayError
from overlay.index import Index
from overlay.layout import DEFAULT_RELEASE
from overlay.upstream import known_releases
from tests.utils.upstream_rope import LAYOUT, explanations, reason_to_skip, tree


MACHINERY = re.compile(
    r"configuration_\w+\.py::|::\w+Config(\.|$)|::RotaryEmbeddingConfigMixin\.|::dynamic_rope_update|::RotaryEmbeddingMixin$"
    r"|::class |::\w+(Attention|Model)\.__init__|::apply_multidimensional_rope"
)
# Pull requests on how tables are loaded, and on which positions a model counts.
NO_ROTATION = {
    "non-persistent-buffers", "position-gaps", "video-positions", "masked-mrope-steps", "packed-mrope-rows",
    "rope-deltas", "glm-image-positions", "glm-image-answers", "hunyuan-vl-positions", "mask-forms", "flex-masks",
}  # fmt: skip
# The code of a file names the topic; the functions of the snippets do not.
NAMED = "\nrope_type = 'default'\n"
# A rotation and its use
TURNING = f"""{NAMED}
def swap(x):
    a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return torch.cat((-b, a), dim=-1)

def place(x, cos, sin):
    return x * cos + swap(x) * sin
"""
TABLE = """
class Angles(nn.Module):
    def setup(self, dim, base):
        return 1.0 / base ** (torch.arange(0, dim, 2) / dim)

    def forward(self, p):
        angles = torch.outer(p, self.setup(8, 100.0))
        return angles.cos(), angles.sin()
"""


MATRICES = """
def turns(c, s):
    return torch.stack((c, -s, s, c), dim=-1).unflatten(-1, (2, 2))

def mine(rope, x, c, s):
    matrices = turns(c, s).unsqueeze(1)
    pairs = x.unflatten(-1, (-1, 2))[..., None]
"""


def tree_of(files: dict[str, str]) -> Tree:
    files = {file: textwrap.dedent(text) for file, text in files.items()}
    return Tree(files, Index(Path("/nonexistent/index.json")), "snippets")


def kinds_in(text: str, name: str = "mine") -> tuple[str, ...]:
    found = {one.name: one.kinds for one in find(tree_of({"modeling_mine.py": text}), ROPE)}
    return found.get(name, ())


FOUND = {
    "rotation, half-split": ("rotation", TURNING, "swap"),
    "rotation, interleaved": (
        "rotation",
        """
        def mine(x):
            pairs = x.unflatten(-1, (-1, 2))
            even, odd = pairs.unbind(-1)
            return torch.stack((-odd, even), dim=-1).flatten(-2)

        def use(x, c, s):
            return x * c + mine(x) * s
        """,
        "mine",
    ),
    "rotation, the other way": (
        "rotation",
        """
        def mine(x):
            a, b = x.chunk(2, dim=-1)
            return torch.cat([b, a.neg()], dim=-1)

        def use(x, c, s):
            return (x * c).add_(mine(x) * s)
        """,
        "mine",
    ),
    "application of a rotation": ("application", TURNING, "place"),
    "application by rows": (
        "application",
        TURNING
        + """
def mine(x, y, cos, sin):
    return torch.cat((x * cos - y * sin, y * cos + x * sin), -1)
""",
        "mine",
    ),
    "application by complex numbers": (
        "application",
        """
        def mine(x, rope):
            pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
            return torch.view_as_real(pairs * rope).flatten(-2)
        """,
        "mine",
    ),
    "rotation by matrices": (
        "rotation",
        """
        def mine(rope, c, s):
            return torch.stack((c, -s, s, c), dim=-1).unflatten(-1, (2, 2))
        """,
        "mine",
    ),
    "rotation by the rows of matrices": (
        "rotation",
        """
        def mine(rope, c, s):
            return torch.stack([torch.stack([c, s], -1), torch.stack([-s, c], -1)], dim=-1)
        """,
        "mine",
    ),
    "application of matrices, summed": ("application", MATRICES + "    return (pairs * matrices).sum(-1)", "mine"),
    "application of matrices, by a product": ("application", MATRICES + "    return matrices @ pairs", "mine"),
    "application of matrices, by torch": ("application", MATRICES + "    return matrices.matmul(pairs)", "mine"),
    "frequencies by a power": ("frequencies", TURNING + TABLE, "Angles.setup"),
    "frequencies by an exponential": (
        "frequencies",
        TURNING
        + """
def mine(n, base):
    steps = torch.arange(n).float()
    return torch.exp(-math.log(base) * steps / n)
""",
        "mine",
    ),
    "frequencies by a call of pow": (
        "frequencies",
        TURNING
        + """
def mine(n, base):
    return torch.pow(base, -torch.arange(0, n, 2) / n)
""",
        "mine",
    ),
    "frequencies of a buffer": (
        "frequencies",
        TURNING
        + """
class Thing(nn.Module):
    def __init__(self, dim):
        exponents = torch.arange(0, dim, 2) / dim
        self.register_buffer("steps", 10000 ** -exponents)
""",
        "Thing.__init__",
    ),
    "table": ("table", TURNING + TABLE, "Angles.forward"),
    "table of complex numbers": (
        "table",
        """
        def mine(angles, rope):
            return torch.polar(torch.ones_like(angles), angles)
        """,
        "mine",
    ),
    "table of sines and cosines in one tensor, cut apart to rotate": (
        "table",
        TURNING
        + """
def mine(n, d):
    angles = torch.outer(torch.arange(n), 1 / 10000 ** (torch.arange(0, d, 2) / d))
    return torch.cat((torch.sin(angles), torch.cos(angles)), dim=1)

def use(x, table):
    sin, cos = table.chunk(2, dim=-1)
    return place(x, cos, sin)
""",
        "mine",
    ),
    "sections by a loop": (
        "sections",
        TURNING
        + TABLE
        + """
    def mine(self, f):
        return torch.cat([part[i % 3] for i, part in enumerate(f.split(self.sizes, dim=-1))], dim=-1)
""",
        "Angles.mine",
    ),
    "sections of two axes": (
        "sections",
        TURNING
        + TABLE
        + """
    def mine(self, f):
        rows, columns = f[:, 0], f[:, 1]
        return torch.cat([rows, columns], dim=-1)
""",
        "Angles.mine",
    ),
    "sections by strides": (
        "sections",
        TURNING
        + """
def mine(f, rows, columns):
    out = torch.zeros(8, 8)
    out[:, 0::2] = rows * f
    out[:, 1::2] = columns * f
    return out
""",
        "mine",
    ),
    "slice at a count": (
        "slice",
        TURNING
        + """
def mine(x, c, s, n):
    head, tail = x[..., :n], x[..., n:]
    head = place(head, c, s)
    return torch.cat((head, tail), dim=-1)
""",
        "mine",
    ),
    "slice of latent attention": (
        "slice",
        TURNING
        + """
def mine(self, x, c, s):
    nope, pe = torch.split(x, [self.nope_dim, self.rope_dim], dim=-1)
    pe = place(pe, c, s)
    return torch.cat([nope, pe], dim=-1)
""",
        "mine",
    ),
    "member of a class that makes tables": (
        "member",
        TURNING + TABLE + "\n    def __init__(self, config):\n        self.config = config\n",
        "Angles.__init__",
    ),
}
LEFT = {
    "a join with a negated tensor that is no part of the other": (
        TURNING + "\ndef mine(a, b):\n    return torch.cat((-a, b), dim=-1)\n"
    ),
    "an exchange of coordinates, in a file that rotates no head": """
        def mine(edges):
            return np.stack([-edges[:, 1], edges[:, 0]], axis=1)
    """,
    "a join of four that is no matrix that turns": (
        TURNING + "\ndef mine(a, b):\n    return torch.stack((a, -b, a, b), -1), torch.stack((a, b, b, -a), -1)\n"
    ),
    "a product of matrices of weights": MATRICES.replace("= turns", "= learned") + "    return matrices @ pairs\n",
    "a gate": "def mine(x, gate):\n    return x * gate + mlp(x) * (1 - gate)\n",
    "a product of complex numbers with no view of a head": (
        TURNING + "\ndef mine(x, w):\n    return torch.fft.irfft(torch.fft.rfft(x) * w)\n"
    ),
    "a wave of some magnitude": TURNING + "\ndef mine(m, p):\n    return torch.fft.irfft(torch.polar(m, p))\n",
    "learned positions": TURNING + "\ndef mine(self, x):\n    return x + self.positions(torch.arange(x.shape[1]))\n",
    "powers of two": TURNING + "\ndef mine(n):\n    return 2 ** torch.arange(n)\n",
    "sinusoids that are added": (
        TURNING
        + """
def mine(n, d):
    angles = torch.outer(torch.arange(n), 1 / 10000 ** (torch.arange(0, d, 2) / d))
    return torch.cat((torch.sin(angles), torch.cos(angles)), dim=1)
"""
    ),
    "sinusoids that are added, written in place": (
        TURNING
        + """
def mine(n, d):
    angles = torch.outer(torch.arange(n), torch.exp(torch.arange(0, d, 2) * -(math.log(10000.0) / d)))
    table = torch.zeros(n, d)
    table[:, 0::2] = torch.sin(angles)
    table[:, 1::2] = torch.cos(angles)
    return table
"""
    ),
    "a timestep of a diffusion": (
        TURNING
        + """
def mine(t, half):
    scale = torch.exp(torch.arange(half) * -(math.log(10000) / half))
    arguments = t[:, None] * scale
    return torch.stack([arguments.cos(), arguments.sin()], dim=-1).flatten(-2)
"""
    ),
    "a decay of a state": TURNING + "\ndef mine(g, n):\n    return torch.exp(torch.cumsum(g, -1) / torch.arange(n))\n",
    "a layer of a model that hands a table on": (
        TURNING
        + """
def mine(self, x, c, s):
    q, k = self.qkv(x).chunk(2, -1)
    return self.attend(place(q, c, s), k)
"""
    ),
    "a split whose parts are not joined again": (
        TURNING + "\ndef mine(x, c, s):\n    a, b = x.chunk(2, -1)\n    a = place(a, c, s)\n    return a, b\n"
    ),
}


@pytest.mark.parametrize(("kind", "text", "name"), FOUND.values(), ids=FOUND)
def test_it_is_found_under_any_name(kind, text, name):
    assert kind in kinds_in(NAMED + textwrap.dedent(text), name)


def test_each_rule_has_a_snippet():
    trees = [tree_of({"modeling_mine.py": NAMED + textwrap.dedent(text)}) for _, text, _ in FOUND.values()]
    rules = {rule for tree in trees for one in find(tree, ROPE) for rule in one.rules}
    assert rules == {rule.name for rule in ROPE.rules([])}


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_a_near_miss_is_left(text):
    assert kinds_in(text) == ()


# --- another topic --------------------------------------------------------------------------------------------------

SOFT_CAPS = SearchTopic(
    name="soft caps",
    words=re.compile("softcap"),
    signs={
        "squashes": lambda code: "tanh" in code.calls,
        "divides": lambda code: any(isinstance(node, ast.Div) for node in code.nodes),
    },
    rules=lambda functions: [
        Rule("squashes a quotient", "cap", lambda f: f.shows("squashes") and f.shows("divides")),
        Rule("lies in such a file", "neighbour", lambda f: any(g.shows("squashes") for g in functions), alone=True),
    ],
)


def test_a_second_topic_needs_no_change_of_the_search():
    limit = "def limit(x, c):\n    return c * (x / c).tanh()\n"
    files = {
        "modeling_one.py": "softcap = 30.0\ndef other(x):\n    return x\n" + limit,
        "modeling_two.py": limit + "# softcap\n",
        "modeling_three.py": TURNING,
    }
    found = find(tree_of(files), SOFT_CAPS)
    assert {(one.label, one.kinds) for one in found} == {
        ("modeling_one.py::limit", ("cap",)),
        ("modeling_one.py::other", ("neighbour",)),
    }
    assert {one.file for one in find(tree_of(files), ROPE)} == {"modeling_three.py"}


def test_the_search_knows_no_topic():
    rules = Path(discovery.rules.__file__).parent
    topics = {path.stem for path in rules.glob("*.py")} - {"__init__"}
    for module in ("code.py", "topic.py", "scan.py", "variants.py"):
        code = (rules.parent / module).read_text()
        assert not re.search(rf"\b(rules\.|rules import|{'|'.join(topics)})\b", code, re.IGNORECASE), module


# --- what is said of it ---------------------------------------------------------------------------------------------

FILES = {
    "models/one/modeling_one.py": TURNING,
    "models/two/modeling_two.py": TURNING.replace("(x", "(x: Tensor", 1),
    "models/three/modeling_three.py": TURNING.replace("-b, a", "b, -a"),
}
ENTRY = """\
- file: models/one/modeling_one.py
  definition: swap
  releases: ">=5"
  reason: it takes the table's width
  confirmed_by: test_it_does
"""
ANOTHER = "  also_edited_by: [another]\n  reason"


@pytest.fixture
def exemptions(tmp_path):
    def load(text: str = ENTRY):
        path = tmp_path / "exempt.yml"
        path.write_text(text)
        return load_exemptions(path)

    return load


def lock(*names: str) -> dict:
    reaches = {file: list(names) for file in FILES}
    return {"models/one/modeling_one.py::place::the table decides": {"fingerprints": [], "reaches": reaches}}


def explanations_of(lock: dict, exemptions: list) -> list:
    tree = tree_of(FILES)
    return explain(find(tree, ROPE), tree, lock, exemptions, DEFAULT_RELEASE)


def test_each_variant_is_reached_or_exempt_or_unexplained(exemptions):
    explanations = explanations_of(lock("place"), exemptions())
    said = {(one.root.label, len(one.copies), one.status) for one in explanations}
    assert said == {
        ("models/one/modeling_one.py::swap", 2, "exempt"),
        ("models/three/modeling_three.py::swap", 1, "unexplained"),
        ("models/one/modeling_one.py::place", 3, "edit"),
    }
    lines = {line_of(one) for one in explanations}
    assert (
        "models/one/modeling_one.py::place [application] 3 in modeling_one, modeling_three, modeling_two"
        " -- edit: the table decides" in lines
    )
    assert totals_of(explanations) == ("6 definitions in 3 variants: 3 reached by edits, 2 exempt, 1 unexplained")
    with pytest.raises(OverlayError, match="1 RoPE definitions in 1 variants that are neither") as caught:
        check(explanations, DEFAULT_RELEASE)
    assert "models/three/modeling_three.py::swap" in str(caught.value)
    assert "what to do: write an edit" in str(caught.value)


def test_nothing_is_wrong_where_all_is_explained():
    check(explanations_of(lock("place", "swap"), []), DEFAULT_RELEASE)


@pytest.mark.parametrize(
    ("lock", "old", "new", "problem"),
    [
        (lock("place"), "definition: swap", "definition: gone", "is no RoPE definition of this release"),
        (lock("swap"), "", "", "is exempt, and the edits that reach it or a copy are: the table decides"),
        (lock("place"), ENTRY, ENTRY + ENTRY.replace("takes", "has"), r"is exempt twice"),
        (
            lock("place"),
            "  reason",
            ANOTHER,
            "is exempt, also edited by another, and .* are: none",
        ),
        (
            lock("swap"),
            "  reason",
            ANOTHER,
            "also edited by another, and .* are: the table decides",
        ),
    ],
)
def test_an_entry_that_is_out_of_date_is_refused(exemptions, lock, old, new, problem):
    with pytest.raises(OverlayError, match=problem) as caught:
        explanations_of(lock, exemptions(ENTRY.replace(old, new)))
    assert "exempt.yml" in str(caught.value)


def test_an_entry_may_name_the_edits_that_reach_it_all_the_same(exemptions):
    entry = ENTRY.replace("  reason", "  also_edited_by: [the table decides]\n  reason")
    (explanation,) = [one for one in explanations_of(lock("swap"), exemptions(entry)) if one.exemption]
    assert (explanation.status, len(explanation.copies)) == ("exempt", 2)


def test_an_entry_of_another_release_covers_nothing_here(exemptions):
    assert not any(one.exemption for one in explanations_of({}, exemptions(ENTRY.replace(">=5", "<5"))))


def test_a_definition_may_have_an_entry_in_each_release(exemptions):
    other = ENTRY.replace(">=5", "<5").replace("takes", "once took")
    (exempt,) = [one.exemption for one in explanations_of(lock("place"), exemptions(ENTRY + other)) if one.exemption]
    assert exempt.reason == "it takes the table's width"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ENTRY + "  until: later\n", "`until`: Extra inputs are not permitted"),
        (ENTRY.replace("  reason: it takes the table's width\n", ""), "`reason`: Field required"),
        ("- [", "cannot be read"),
        ("file: x", "is not a list"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(exemptions, text, problem):
    with pytest.raises(OverlayError, match=problem) as caught:
        exemptions(text)
    assert "exempt.yml" in str(caught.value)


# --- upstream -------------------------------------------------------------------------------------------------------


def test_every_definition_is_reached_or_exempt():
    check(explanations(), DEFAULT_RELEASE)


@pytest.mark.parametrize("release", known_releases(LAYOUT))
def test_every_entry_holds_on_upstream(release):
    """Judging raises where an entry is out of date; here, that each covers something."""
    if reason := reason_to_skip(release):
        pytest.skip(reason)
    entries = [one for one in load_exemptions(LAYOUT.exempt) if one.releases.contains(release)]
    assert {one.exemption.label for one in explanations(release) if one.exemption} == {one.label for one in entries}


def test_each_rule_finds_what_no_other_rule_finds():
    """Otherwise the rule earns nothing: cut it."""
    releases = [release for release in known_releases(LAYOUT) if not reason_to_skip(release)]
    found = [one for release in releases for one in find(tree(release), ROPE)]
    needed = {one.rules[0] for one in found if len(one.rules) == 1}
    assert needed == {rule.name for rule in ROPE.rules([])}


def test_what_edits_reach_is_recognised():
    """Else it is a config or its validation, the machinery of rope types, a class that only keeps a width, or a
    function that deals channels to axes; or its pull request is of no rotation."""
    found = {one.place for explanation in explanations() for one in explanation.copies}
    elsewhere = {edit.description for edit in load_overlay([LAYOUT.layer("src")]).edits if edit.series in NO_ROTATION}
    reached = {
        (file, name)
        for key, entry in lockfile.read(LAYOUT, DEFAULT_RELEASE).items()
        if key.split("::", 2)[2] not in elsewhere
        for file, names in entry["reaches"].items()
        for name in names
    }
    others = {place for place in reached - found if not MACHINERY.search("::".join(place))}
    assert others == {
        # How models are loaded: rotary keys of GGUF files, and tables that no checkpoint holds
        ("integrations/ggml.py", "add_gguf_rope_parameters"),
        ("integrations/ggml.py", "_read_gguf_rope"),
        ("integrations/ggml.py", "_read_gguf_rope_scaling"),
        ("integrations/gguf/gguf_config_mapping.py", "get_gguf_config"),
        ("modeling_gguf_pytorch_utils.py", "load_gguf_checkpoint"),
        ("modeling_rope_utils.py", "_compute_default_rope_parameters"),
        ("modeling_utils.py", "PreTrainedModel._init_weights"),
        # The width of a head that all tables and checks ask for
        ("modeling_rope_utils.py", "get_rotary_ndims"),
        # What scales queries by their positions
        ("models/ministral3/modular_ministral3.py", "get_llama_4_attn_scale"),
        *((f"models/{x}/modeling_{x}.py", "get_llama_4_attn_scale") for x in ("ministral3", "mistral4")),
        # What a model adds in place, its caller's tensors among them
        *(
            (f"models/{model}/{kind}_{model}.py", f"{name}.forward")
            for model, name in (
                ("moonshine_streaming", "MoonshineStreamingDecoder"),
                ("voxtral_realtime", "VoxtralRealtimeModel"),
            )
            for kind in ("modeling", "modular")
        ),
        # GPT-J's table, which here is added to hidden states
        ("models/videoprism/modeling_videoprism.py", "create_sinusoidal_positions"),
        # Positions that a model counts
        *((f"models/bamba/{kind}_bamba.py", "BambaModel.forward") for kind in ("modeling", "modular")),
        # Neighbours that are brought to two halves before these turn
        *(
            (f"models/qwen2_5_omni/{kind}_qwen2_5_omni.py", name)
            for kind in ("modeling", "modular")
            for name in ("DiTAttention.forward", "deinterleave_head_dim")
        ),
    }
