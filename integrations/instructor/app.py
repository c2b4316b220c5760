"""instructor, recorded: it patches the client that it is given, which is a wrapped one."""

import anthropic
import instructor
import openai
from pydantic import BaseModel

import thence


class City(BaseModel):
    """What is asked for."""

    name: str
    inhabitants: int


asked = {"response_model": City, "messages": [{"role": "user", "content": "a city"}]}
client = instructor.from_openai(thence.wrap(openai.OpenAI(), params={"top_p": 0.9}))
print(client.chat.completions.create(model="gpt-4o-mini", temperature=0.2, **asked))
print(list(client.chat.completions.create_partial(model="gpt-4o-mini", temperature=0.2, **asked))[-1])
claude = instructor.from_anthropic(thence.wrap(anthropic.Anthropic()))
print(claude.messages.create(model="claude-sonnet-4-5", max_tokens=64, **asked))
