"""Document -> excerpt -> prompt: the part of a paper that a model sees, and the request made from it."""
