import asyncio
import os
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.templatetags.static import static


async def index(request):
    return HttpResponse(
        f'<link rel="stylesheet" href="{static("chat/site.css")}">{request.scheme} {request.get_port()} '
        f"{os.environ.get('CHAT_HOOK')}"
    )


async def slow(request):
    print("slow request began", flush=True)
    await asyncio.sleep(2)
    return HttpResponse("slow")


async def stream(request):
    async def pieces():
        for number in range(3):
            yield f"{number}\n"
            await asyncio.sleep(0)
            if not number and (gate := request.GET.get("gate")):
                await asyncio.to_thread(Path(gate).read_bytes)

    return StreamingHttpResponse(pieces(), content_type="text/plain")
