"""The offline engine: cues, a text model and similarity, joined (see `engine`)."""

from classifier.engines.offline.engine import OfflineEngine

__all__ = ["OfflineEngine"]
