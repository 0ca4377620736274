"""How a body is read: of whoever may send it, and so that it says one thing."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from typing_extensions import override

from ostiary.credential.jsonfile import read_object
from ostiary.web.desk.api.caller import Admission
from ostiary.web.desk.api.guard import MOST_JSON_BYTES


class _Strict(Request):
    """A request whose body is one JSON object in UTF-8, with each member once.

    Of doubled ones a parser takes the first, another the last (RFC 8259, section 4):
    what stands before a desk and looks at bodies could see another order than it.
    """

    @override
    async def json(self) -> dict[str, object]:
        """The object.

        Raises:
            TrustListError: it is none; FastAPI makes it a body that cannot be read.
        """
        return read_object(await self.body(), MOST_JSON_BYTES).left


class StrictRoute(APIRoute):
    """A route that reads bodies so, once whoever sent them was let in.

    FastAPI reads them before it asks what a route depends on.
    """

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        asked = [each.call for each in self.dependant.dependencies]
        admissions = [each for each in asked if isinstance(each, Admission)]

        async def strictly(request: Request) -> Response:
            for admission in admissions:
                await admission.let_in(request)
            return await handle(_Strict(request.scope, request.receive))

        return strictly
