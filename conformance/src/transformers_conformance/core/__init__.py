"""What a property, a case, a result and an expected failure are, whatever the properties are about."""
