"""A FastAPI application whose calls know the request that they were made for. ``uvicorn app:app``."""

import openai
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

import thence

app = FastAPI()
app.add_middleware(thence.asgi.SessionMiddleware, params_from={"x-temperature": "temperature"})
client = thence.wrap(openai.AsyncOpenAI(), params={"top_p": 0.9})
blocking = thence.wrap(openai.OpenAI())


@app.get("/ask/{topic}")
async def ask(topic: str, question: str) -> dict[str, str | None]:
    """An async route."""
    asked = [{"role": "user", "content": f"{topic}: {question}"}]
    answer = await client.chat.completions.create(model="m", messages=asked, user=question)
    return {"answer": answer.choices[0].message.content}


@app.get("/sync/{topic}")
def ask_in_a_thread(topic: str, question: str) -> dict[str, str | None]:
    """A sync route: FastAPI runs it in a thread."""
    asked = [{"role": "user", "content": f"{topic}: {question}"}]
    answer = blocking.chat.completions.create(model="m", messages=asked, user=question)
    return {"answer": answer.choices[0].message.content}


@app.get("/stream/{topic}")
async def stream(topic: str, question: str) -> StreamingResponse:
    """An answer that is passed on as it comes."""
    asked = [{"role": "user", "content": f"{topic}: {question}"}]

    async def parts():  # noqa: ANN202
        async for part in await client.chat.completions.create(model="m", messages=asked, stream=True, user=question):
            if part.choices:
                yield part.choices[0].delta.content or ""

    return StreamingResponse(parts(), media_type="text/plain")
