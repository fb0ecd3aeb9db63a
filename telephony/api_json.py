"""What comes into the HTTP interface and goes out of it: bodies as models, answers as JSON."""

from __future__ import annotations

import json
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)


async def body_as(request: web.Request, model: type[T]) -> T:
    """The body as this model. Errors: HTTPBadRequest in words; HTTPRequestEntityTooLarge."""
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        told = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
        raise web.HTTPBadRequest(text="; ".join(told)) from None


def as_json(content: object, status_code: int = 200) -> web.Response:
    return web.Response(
        text=json.dumps(content, ensure_ascii=False), status=status_code, content_type="application/json"
    )
