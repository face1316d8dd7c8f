"""The service: three paths around a model."""

import json
from dataclasses import asdict

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from student_service.body import Body, Refused, problem

#: Limits of a request.
MAX_ROWS, MAX_BYTES = 1000, 2**20


class Answer(JSONResponse):
    """JSON without NaN, in ASCII: half a surrogate pair has no bytes in UTF-8."""

    def render(self, content):
        """Give the bytes."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def make_app(model, *, max_rows=MAX_ROWS, max_bytes=MAX_BYTES):
    """Build the service around a model.

    Parameters
    ----------
    model : object
        With ``columns``, ``task``, ``classes``, ``threshold``, ``quantiles``, ``about``
        and ``predict``, as an OnnxModel has.
    max_rows, max_bytes : int
        Limits of a request.

    Returns
    -------
    FastAPI
        The application.
    """
    body = Body(model.columns, max_rows)
    app = FastAPI(title="Student", default_response_class=Answer)
    document = {"content": {"application/json": {"schema": body.schema}}}

    @app.exception_handler(Refused)
    async def refuse(request: Request, error: Refused):
        return Answer({"detail": error.problems}, error.status)

    @app.get("/health")
    async def health():
        """Say which model is served."""
        return Answer({"status": "ok", "task": model.task, **model.about})

    @app.get("/schema")
    async def schema():
        """List the columns of a row, and what is predicted."""
        columns = [asdict(each) | {"type": each.type} for each in model.columns]
        return Answer(
            {
                "task": model.task,
                "columns": columns,
                "classes": model.classes,
                "threshold": model.threshold,
                "quantiles": model.quantiles,
                "limits": {"rows": max_rows, "bytes": max_bytes},
            }
        )

    @app.post("/predict", openapi_extra={"requestBody": document})
    async def predict(request: Request):
        """Predict rows, all of a request in one call."""
        table = body.read(await _content(request, max_bytes))
        # here, not in a thread: handing rows over takes longer than predicting them
        predictions = model.predict(table)
        return Answer({"predictions": predictions, "warnings": body.warn(table)})

    return app


async def _content(request, max_bytes):
    """Read the bytes of a request as far as the limit."""
    kind, _, options = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() != "application/json" or (
        "charset" in options and "utf-8" not in options
    ):
        message = "Content-Type must be application/json, in UTF-8"
        raise Refused(415, problem(["header", "content-type"], message, "content_type"))
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > max_bytes:
                message = f"The body must have at most {max_bytes} bytes"
                raise Refused(413, problem(["body"], message, "too_large"))
    except ClientDisconnect:  # nobody is left to read this
        raise Refused(400, problem(["body"], "Disconnected", "disconnected")) from None
    return content
