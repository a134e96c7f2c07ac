"""Bodies are read as they are described, strictly: "5" is no number, and every refusal names its field and its rule."""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import Empty

from lms_domain.kernel import Invalid
from lms_entrypoints.http.bodies import TooDeep, is_deep
from lms_entrypoints.rules import problem_of


class StrictRequest(Request[Any, Any, Any]):
    """The app's request_class."""

    async def json(self) -> Any:
        if self._json is Empty:
            data = self.route_handler.parsed_data_field
            body = await self.body()
            self._json = self._connection_state.json = read(body or b"null", Any if data is None else data.annotation)
        return self._json


def read(body: bytes, shape: Any) -> Any:
    if is_deep(body):
        raise TooDeep
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise Invalid(problem_of(error, shape)) from None
    except msgspec.DecodeError as error:
        raise HTTPException(status_code=400, detail=f"The request body is not JSON: {error}") from None
