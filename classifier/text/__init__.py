"""Characters, words and sentences: what is compared, counted and cut."""
