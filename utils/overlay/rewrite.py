"""ast-grep rules applied to the text of one definition."""

import re
import textwrap

from ast_grep_py import SgNode, SgRoot


def apply_rule(text: str, rule: dict, constraints: dict | None, fix: str) -> tuple[str, int]:
    """Rewrite every match of an ast-grep `rule` in `text`, the lines of one definition.

    Args:
        rule, constraints: as in ast-grep's YAML; the language is Python.
        fix: the new text. `$NAME` and `$$$NAME` stand for what the rule matched. The lines of the new text get the
            indentation of the line on which the match begins. An empty fix removes the match.

    Returns:
        The new text, and how many matches it replaced.
    """
    margin = re.match(r"[ \t]*", text).group()
    source = textwrap.dedent(text)
    root = SgRoot(source, "python").root()
    config = {"rule": rule} | ({"constraints": constraints} if constraints else {})
    matches = root.find_all(config)
    lines = source.splitlines()
    edits = [match.replace(_expand(fix, match, lines[match.range().start.line])) for match in matches]
    if not edits:
        return text, 0
    new = root.commit_edits(edits)
    if not fix.strip():
        new = re.sub(r"^[ \t]+\n", "", new, flags=re.MULTILINE)  # the indentation of what was removed
        new = re.sub(r"\n\n\n+", "\n\n", new)  # the empty lines around what was removed
        new = re.sub(r"\n\n+\Z", "\n", new)  # the empty lines at the end, if the last statement was removed
    return textwrap.indent(new, margin, lambda line: line.strip()), len(edits)


def _expand(fix: str, match: SgNode, line: str) -> str:
    column = re.match(r"[ \t]*", line).group()

    def value(found: re.Match) -> str:
        if found.group(1):
            nodes = match.get_multiple_matches(found.group(1))
            return "".join(node.text() + (" " if node.kind() == "," else "") for node in nodes)
        # The code below indents the further lines of the match, as it does with those of the fix
        return match.get_match(found.group(2)).text().replace(f"\n{column}", "\n")

    new = re.sub(r"\$\$\$([A-Z_]+)|\$([A-Z_]+)", value, fix.rstrip("\n"))
    first, *rest = new.split("\n")
    return "\n".join([first, *(column + line if line.strip() else line for line in rest)])
