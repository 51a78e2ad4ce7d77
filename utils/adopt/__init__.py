"""What a release of upstream that is not pinned yet means for the edits, and its pin and locks if they apply."""
