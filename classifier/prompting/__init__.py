"""Document -> excerpt -> prompt: what a model is shown."""
