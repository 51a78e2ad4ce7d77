"""Properties, cases, results and expected failures, independent of any topic."""
