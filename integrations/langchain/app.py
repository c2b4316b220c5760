"""LangChain, recorded: its models make the SDKs' own clients, and ``thence.install()`` records every one of these."""

import thence

thence.install()

from langchain_anthropic import ChatAnthropic  # noqa: E402
from langchain_core.prompts import ChatPromptTemplate  # noqa: E402
from langchain_openai import ChatOpenAI, OpenAIEmbeddings  # noqa: E402

prompt = ChatPromptTemplate.from_messages([("system", "You are terse."), ("user", "{question}")])
chain = prompt | ChatOpenAI(model="gpt-4o-mini", temperature=0.2)
print(chain.invoke({"question": "whole"}).content)

with thence.session(params={"top_p": 0.9}, tags=["streamed"]):
    print("".join(chunk.text for chunk in chain.stream({"question": "streamed"})))

claude = ChatAnthropic(model="claude-sonnet-4-5", max_tokens=64, temperature=0.5)
print(claude.invoke("from Anthropic").content)
print(len(OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False).embed_query("a vector")))
