"""What every resumable run needs, whether it labels a list or scores a suite."""
