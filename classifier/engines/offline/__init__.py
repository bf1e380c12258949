"""The offline engine: combines cues, a text model and similarity (see `engine`)."""

from classifier.engines.offline.engine import OfflineEngine

__all__ = ["OfflineEngine"]
