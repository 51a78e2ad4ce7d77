"""The table of properties agrees with the checks and the wrong models."""

from write_table import FILE, table


def test_the_table_of_properties_is_up_to_date():
    assert FILE.read_text() == table(), "stale: run python conformance/tests/write_table.py"
