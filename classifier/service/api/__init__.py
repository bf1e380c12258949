"""The JSON API: one module a resource. All of it stands in `/openapi.json`, and in words at `/docs`."""
