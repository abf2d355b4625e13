"""Predictions: who will do something, what they are worth, which class they will be in; learned in the stream."""

__all__: list[str] = []  # names are imported from their modules: those that learn load River, for seconds
