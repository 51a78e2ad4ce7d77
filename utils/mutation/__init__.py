"""Mutation testing of the fork's rotary code: small errors are put into it one at a time, and the suite must see each.

cosmic-ray makes the mutants, and its session database keeps what came of them (`cr-report` reads it). They are judged
by the conformance checks, without pytest, in processes forked from one that has imported all that a mutant cannot
change: a mutant is an import and the checks up to the first that fails, not half a minute. No file is written: the
mutated source goes to the import system from memory.
"""
