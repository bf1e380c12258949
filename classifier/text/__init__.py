"""Text as strings: normalises characters, compares words, and splits sentences."""
