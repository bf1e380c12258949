"""The JSON API: one module per resource. `/openapi.json` describes it, and `/docs` as a page."""
