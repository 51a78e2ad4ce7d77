"""The table of properties says what the checks and the controls say."""

from write_table import FILE, table


def test_the_table_of_properties_is_up_to_date():
    assert FILE.read_text() == table(), "stale: run python conformance/tests/write_table.py"
