"""Jinja's sandbox, with restrictions for our records too.

What enters: templates of a workspace, which may come from a stranger. What leaves: an environment in which a
template can read only a record's fields and properties. Jinja's own sandbox lets templates call public
methods; pydantic's include `parse_raw`, which unpickles on request, and so runs any code.
"""

from __future__ import annotations

import inspect
from functools import cached_property
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel


class RecordSandbox(ImmutableSandboxedEnvironment):
    """Refuses methods and inner attributes of pydantic models, and every class."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read `obj.attr`."""
        if isinstance(obj, type) or not super().is_safe_attribute(obj, attr, value):
            return False
        return not isinstance(obj, BaseModel) or _is_data(type(obj), attr)


def _is_data(model: type[BaseModel], attr: str) -> bool:
    declared = inspect.getattr_static(model, attr, None)
    is_property = isinstance(declared, property | cached_property) and not hasattr(BaseModel, attr)
    return attr in model.model_fields or is_property
