"""`make report`: one HTML page of what every model and property came to, pristine beside fork, and its data as JSON.

`results.py` reads what `./run_tests` wrote, `lineage.py` what upstream's files say of a model's family, `summary.py`
brings both down to a cell a model and property, and `page.py` puts the cells into `page.html`. What a property
requires comes from the suite.
"""
